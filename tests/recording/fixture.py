"""Keeps a recording as this version writes it, to be read for ever: tests/fixtures/recordings/NAME.mcap

    python -m tests.recording.fixture NAME

Run it when the format has grown, with a new name; what is there is never written again. Beside it stands what
has to come out of it.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from footsense import __version__
from footsense.devices import Encoder, load_profile
from footsense.recording import Recorder
from footsense.simulate import Scenario, simulate
from footsense.types import Command, RawPacket, SensorMeta, Status, Tick

FOLDER = Path(__file__).parent.parent / "fixtures" / "recordings"
SETTINGS = {"rate_hz": 50, "acc_range_g": 4, "samples_per_packet": 5}
SENSOR = "0f9e8d7c6b5a49384756a1b2c3d4e5f6"
WORN = Scenario(motion="ankle-circles", seed=7, reps=4, side="left", rate_hz=50.0, acc_range_g=4.0)


def sent() -> Iterator[RawPacket]:
    """What a sensor of the profile `generic` sends of four circles."""
    made = simulate(WORN)
    assert made.gyr_dps is not None
    encoder = Encoder(load_profile("generic"), SETTINGS)
    for k in range(0, len(made.t_s), 5):
        part = slice(k, k + 5)
        host_ns = 1_700_000_000_000_000_000 + round((made.t_s[part][-1] + 0.03) * 1e9)
        packed = encoder.encode(k, made.t_s[part], made.acc_g[part], made.gyr_dps[part])
        yield from (RawPacket(SENSOR, char, host_ns, payload) for char, payload in packed)


def write(path: Path) -> list[RawPacket]:
    """Record it, and return the notifications."""
    meta = SensorMeta(SENSOR, load_profile("generic").text, SETTINGS, "left", "foot")
    facts = {"simulated": True}
    recorder = Recorder(path, [meta], created_utc="2026-01-02T03:04:05+00:00", facts=facts)
    packets = list(sent())
    marked = {"exercise": "ankle-circles", "side": "left"}
    clocks = {"monotonic_ns": 12_345, "boottime_ns": None, "wall_ns": packets[0].host_ns}
    recorder.status(Status(packets[0].host_ns, "clock", clocks))
    connected = {"sensor": SENSOR, "event": "connected", "mtu": 247, "rssi_dbm": -61}
    recorder.status(Status(packets[0].host_ns, "link", connected))
    for k, packet in enumerate(packets):
        if k == 1:
            recorder.command(Command(packet.host_ns, "exercise", marked))
        if k % 3 == 0:
            recorder.tick(Tick(packet.host_ns))
        recorder.packet(packet)
    recorder.command(Command(packets[-1].host_ns, "end", marked))
    recorder.close()
    return packets


def truth(packets: list[RawPacket]) -> dict[str, object]:
    made = simulate(WORN)
    digest = hashlib.sha256(b"".join(p.payload for p in packets)).hexdigest()
    return {
        "written_by": __version__, "packets": len(packets), "payloads_sha256": digest, "samples": len(made.t_s),
        "first_host_ns": packets[0].host_ns, "last_host_ns": packets[-1].host_ns, "sensor": SENSOR,
        "settings": SETTINGS, "circles": len(made.events),
        "every_50th_acc_g": [[round(float(v), 4) for v in row] for row in made.acc_g[::50]],
    }  # fmt: skip


def main(name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    packets = write(FOLDER / f"{name}.mcap")
    (FOLDER / f"{name}.json").write_text(json.dumps(truth(packets), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
