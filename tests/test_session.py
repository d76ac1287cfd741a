"""The whole way with a real profile: what a device sends, live and from its recording."""

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from footsense.cli.replay import command as replay_command
from footsense.devices import Decoder, Encoder, load_profile, profile_names
from footsense.recording import Recorder, open_recording
from footsense.recording.mcap import scan_mcap
from footsense.resources import data_folder
from footsense.session import Pipeline, Session, event_line, inputs_of, replay
from footsense.types import Command, Floats, Gap, RawPacket, Samples, SensorMeta, StreamInfo, Tick

SETTINGS = {"rate_hz": 100}
TEXT = (data_folder("firmware_profiles") / "generic.toml").read_text(encoding="utf-8")
META = SensorMeta("a1b2", TEXT, SETTINGS, "left", "foot")


def movement(seconds: int) -> tuple[Floats, Floats, Floats]:
    """A foot that tilts, holds and comes back, every ten seconds."""
    t_s = np.arange(seconds * 100) / 100
    angle = 0.5 * np.clip(2 * np.sin(2 * np.pi * t_s / 10), 0, 1)
    noise = np.random.default_rng(4).normal(0, 0.004, (len(t_s), 3))
    acc = np.stack([np.sin(angle), 0 * t_s, np.cos(angle)], axis=1) + noise
    gyr = np.stack([0 * t_s, np.degrees(np.gradient(angle, t_s)), 0 * t_s], axis=1) + 50 * noise
    return t_s, acc, gyr


def packets(seconds: int) -> list[RawPacket]:
    encoder = Encoder(load_profile("generic"), SETTINGS)
    t_s, acc, gyr = movement(seconds)
    out = []
    for k in range(0, len(t_s), 5):
        part = slice(k, k + 5)
        host_ns = round((t_s[part][-1] + 0.03) * 1e9)
        sent = encoder.encode(k, t_s[part], acc[part], gyr[part])
        out += [RawPacket("a1b2", char, host_ns, payload) for char, payload in sent]
    return out


def record(path: Path, lost: range) -> list[str]:
    session = Session([META], recorder=Recorder(path, [META]))
    lines = []
    for k, packet in enumerate(packets(30)):
        if k in lost:
            continue
        if k == 100:
            session.process(Command(packet.host_ns, "exercise", {"exercise": "band-flexes", "side": "left"}))
        if k % 5 == 0:
            session.process(Tick(packet.host_ns))
        lines += [event_line(e) for e in session.process(packet)]
    return lines + [event_line(e) for e in session.close()]


def test_the_recording_is_closed_even_if_the_end_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mcap"
    session = Session([META], recorder=Recorder(path, [META]))
    for packet in packets(2):
        session.process(packet)
    monkeypatch.setattr("footsense.engine.Engine.flush", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        session.close()
    assert scan_mcap(path).closed


def test_the_pipeline_gives_back_what_was_measured() -> None:
    pipeline = Pipeline(META)
    items = [i for p in packets(60) for i in pipeline.process(p)] + pipeline.flush()
    info = items[0]
    assert isinstance(info, StreamInfo)
    assert (info.rate_hz, info.has_gyro, info.side, info.placement) == (100, True, "left", "foot")
    parts = [i for i in items if isinstance(i, Samples)]
    t_s, acc, gyr = movement(60)
    assert np.concatenate([p.t_s for p in parts]) == pytest.approx(t_s, abs=1e-5)
    assert np.concatenate([p.acc_g for p in parts]) == pytest.approx(acc, abs=5e-4)
    assert np.concatenate([p.gyr_dps for p in parts if p.gyr_dps is not None]) == pytest.approx(gyr, abs=0.05)


def test_replay_gives_the_same_bytes_as_live(tmp_path: Path) -> None:
    told = record(tmp_path / "a.mcap", range(300, 310))
    assert len(told) >= 2
    for paced in (True, False):
        again = replay(tmp_path / "a.mcap", paced=paced)
        assert [event_line(e) for _, events in again for e in events] == told
    assert len(list(inputs_of(tmp_path / "a.mcap"))) == 30 * 20 - 10 + 118 + 1


def test_the_recordings_items_are_the_live_ones_in_larger_pieces(tmp_path: Path) -> None:
    record(tmp_path / "a.mcap", range(300, 310))
    recording = open_recording(tmp_path / "a.mcap")
    assert recording.closed
    assert recording.damage == ()
    items = list(recording.tracks[0].items())
    kinds = [kind for kind, _ in groupby(type(i) for i in items)]
    assert kinds == [StreamInfo, Samples, Command, Samples, Gap, Samples]
    (said,) = [i for i in items if isinstance(i, Command)]
    assert said.fields["t_s"] == pytest.approx(5.0, abs=0.06)
    assert scan_mcap(tmp_path / "a.mcap").sensors == (META,)


@pytest.mark.parametrize("name", [n for n in profile_names() if not load_profile(n).broadcasts])
def test_every_profile_comes_through_whole(name: str) -> None:
    """No sample of any profile's own packets is lost, doubled or called a gap."""
    profile = load_profile(name)
    settings = profile.settings_for({})
    encoder, decoder = Encoder(profile, settings), Decoder(profile, settings)
    timing, per_packet = decoder.timings[0], next(x.per_packet for x in decoder.layouts if x.timing)
    text = (data_folder("firmware_profiles") / f"{name}.toml").read_text(encoding="utf-8")
    pipeline = Pipeline(SensorMeta("x", text, settings))
    t_s = np.arange(round(10 * timing.rate_hz) // per_packet * per_packet) / timing.rate_hz
    wave = np.stack([np.sin(t_s), np.cos(t_s), np.sin(t_s / 3)], axis=1)
    items = []
    for k in range(0, len(t_s), 4):
        part = slice(k, k + 4)
        host_ns = round((t_s[part][-1] + 0.03) * 1e9)
        sent = encoder.encode(k, t_s[part], wave[part], 50 * wave[part])
        sent += encoder.flush() if k + 4 >= len(t_s) else []
        items += [i for char, payload in sent for i in pipeline.process(RawPacket("x", char, host_ns, payload))]
    items += pipeline.flush()
    assert pipeline.bad_packets == 0
    assert [kind for kind, _ in groupby(type(i) for i in items)] == [StreamInfo, Samples]
    parts = [i for i in items if isinstance(i, Samples)]
    assert np.concatenate([p.acc_g for p in parts]) == pytest.approx(wave, abs=0.02)
    # four samples come at once: without stamps their times are known to 80 ms at the slowest rate here
    assert np.concatenate([p.t_s for p in parts]) == pytest.approx(t_s, abs=4 / timing.rate_hz + 0.02)


def test_replay_tells_of_damage_first(tmp_path: Path) -> None:
    record(tmp_path / "a.mcap", range(0))
    raw = bytearray((tmp_path / "a.mcap").read_bytes())
    raw[raw.index(b"zstd", len(raw) // 3) + 40] ^= 0x10
    (tmp_path / "b.mcap").write_bytes(raw)
    for name, told in (("a.mcap", 0), ("b.mcap", 1)):
        done = CliRunner().invoke(replay_command, [str(tmp_path / name)])
        assert done.exit_code == 0
        assert "holds" in done.stdout
        assert done.stderr.count("b.mcap: the file is damaged in") == done.stderr.count("\n") == told


def test_a_recording_in_upper_case_is_one(tmp_path: Path) -> None:
    told = record(tmp_path / "a.mcap", range(0))
    (tmp_path / "a.mcap").rename(tmp_path / "B.MCAP")
    assert [event_line(e) for _, events in replay(tmp_path / "B.MCAP") for e in events] == told
    assert open_recording(tmp_path / "B.MCAP").has_commands
