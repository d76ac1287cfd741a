"""Packets and commands of third parties, through the command line, for each profile that there is."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from footsense.cli import cli
from footsense.devices import Decoder, load_profile, profile_names
from footsense.devices.codecs import CODECS
from footsense.devices.reading import Readings

TO_UNITS = {"acc_mps2": ("acc_g", 1 / 9.80665), "acc_g": ("acc_g", 1.0), "acc_mg": ("acc_g", 1e-3)}
TO_UNITS |= {"gyro_dps": ("gyr_dps", 1.0), "timestamp_ms": ("timestamp_s", 1e-3)}
TO_UNITS |= {"timestamp_raw": ("timestamp_s", 0.008), "timestamp_unwrapped": ("timestamp_s", 0.008)}  # BlueST
TO_UNITS |= {"timestamp_us": ("timestamp_s", 1e-6), "sequence": ("sequence", 1.0)}
TO_UNITS |= {"mag_T": ("mag_ut", 1e6), "battery_pct": ("battery_percent", 1.0)}
SAMPLES = {"acc_mps2", "acc_g", "acc_mg", "gyro_dps", "mag_T", "speed_mps", "battery_pct"}


def vectors(reference: Path) -> list[dict[str, Any]]:
    files = sorted((reference / "vectors").glob("*.json"))
    found = [v for file in files for v in json.loads(file.read_text(encoding="utf-8"))]
    return [v for v in found if v["profile"] in profile_names()]


def options(vector: dict[str, Any]) -> list[str]:
    known = load_profile(vector["profile"]).data.settings
    return [f"--set={key}={value}" for key, value in vector["config"].items() if key in known]


def run(*args: str) -> str:
    return CliRunner().invoke(cli, ["profiles", *args], catch_exceptions=False).stdout


def numbers(value: Any) -> list[float]:
    return [x for part in value for x in numbers(part)] if isinstance(value, list) else [value]


def with_header(vector: dict[str, Any]) -> bytes:
    """Captures without their two bytes of header get one: a reference that is not ours, or a stamp."""
    stripped = vector["config"].get("strip", "")
    header = b"\x02\x63" if "2-byte GSP header" in stripped else b"\x00\x00" if "timestamp" in stripped else b""
    return header + bytes.fromhex(vector["hex"])


def place(vector: dict[str, Any]) -> str:
    """The characteristic, or what is advertised, as the command line is told it."""
    kind, _, number = vector["characteristic"].rpartition(" ")
    return f"{kind.replace(' ', '-')}:{number}" if kind else number


def test_packets_with_samples_decode_within_half_a_count(reference: Path) -> None:
    packets = [v for v in vectors(reference) if v["kind"] != "command" and SAMPLES & set(v["expected"])]
    assert len(packets) >= 3
    for vector in packets:
        char = ["--char", place(vector)]
        told = json.loads(
            run("decode", vector["profile"], "--json", *options(vector), *char, with_header(vector).hex())
        )
        for key, value in vector["expected"].items():
            if value is None:
                assert key not in told.get("fields", {})
                continue
            is_size = key.startswith("acc") and not isinstance(value, list)  # the size of the acceleration
            name, factor = (key, 1.0) if is_size else TO_UNITS.get(key, (key, 1.0))
            got = told[name] if name in told else told["fields"][name]
            expected = [factor * x for x in numbers(value)]
            within = vector.get("tolerance", {}).get("g", 0) if "acc" in key else 0  # what the source states
            assert numbers(got) == pytest.approx(expected, rel=1e-6, abs=max(within, 1e-6)), (vector["id"], key)


def test_packets_with_samples_cut_short_give_none(reference: Path) -> None:
    for vector in vectors(reference):
        if vector["kind"] == "command" or not SAMPLES & set(vector["expected"]):
            continue
        payload = with_header(vector)
        known = load_profile(vector["profile"])
        chosen = {k: v for k, v in vector["config"].items() if k in known.data.settings}
        chosen |= known.found([place(vector)])
        readings = Readings(known, chosen, known.char_uuid(place(vector)))
        for n in range(len(payload)):
            assert list(readings.feed(payload[:n])) == ["error"], (vector["id"], n)
        assert "error" not in readings.feed(payload)


def test_commands_are_among_the_writes(reference: Path) -> None:
    found = [v for v in vectors(reference) if v["kind"] == "command"]
    assert found
    for vector in found:
        writes = json.loads(run("commands", vector["profile"], "--json", *options(vector)))
        mine = [w["hex"] for w in writes if w["char"] == vector["characteristic"]]
        assert vector["expected"]["bytes"] in mine


def test_responses_tell_their_status(reference: Path) -> None:
    responses = [v for v in vectors(reference) if isinstance(v["expected"].get("status"), int)]
    assert responses
    for vector in responses:
        header = b"\x01\x2a" if vector["kind"] == "fragment" else b""
        told = json.loads(
            run("decode", vector["profile"], "--json", (header + bytes.fromhex(vector["hex"])).hex())
        )
        assert told["fields"]["status"] == vector["expected"]["status"]
        assert told["fields"]["reference"] == 42
        assert told["fields"].get("data_hex") == vector["expected"].get("data_hex")


def decoded(vector: dict[str, Any], *packets: str) -> dict[str, Any]:
    char = ["--char", vector["characteristic"]]
    told: dict[str, Any] = json.loads(run("decode", vector["profile"], "--json", *char, *packets))
    return told


def test_polar_frames_hold_the_samples_that_are_told(reference: Path) -> None:
    frames = [v for v in vectors(reference) if {"samples_mg", "samples_dps"} & set(v["expected"])]
    assert len(frames) == 5
    for vector in frames:
        header = "02 0000000000000000 01" if vector["kind"] == "fragment" else ""
        told, expected = decoded(vector, header + vector["hex"]), vector["expected"]
        rows = told["gyr_dps"] if "samples_dps" in expected else told["acc_g"]
        factor = 1.0 if "samples_dps" in expected else 1e-3
        assert len(rows) == expected["n_samples"]
        for i, row in (expected.get("samples_mg") or expected["samples_dps"]).items():
            assert rows[int(i)] == pytest.approx([factor * x for x in row]), vector["id"]
        if "last_sample_timestamp_ns" in expected:
            assert told["timestamp_s"] == pytest.approx(expected["last_sample_timestamp_ns"] * 1e-9)


def test_polar_samples_are_spread_from_the_frame_before(reference: Path) -> None:
    first = b"\x02" + (0).to_bytes(8, "little") + b"\x01" + bytes(6)
    for vector in (v for v in vectors(reference) if v["kind"] == "timestamps"):
        readings = Readings(load_profile("polar-pmd"), {}, vector["characteristic"])
        readings.feed(first)
        config = vector["config"]
        stamp = int(config["frame_timestamp_ns"]).to_bytes(8, "little")
        told = readings.feed(b"\x02" + stamp + b"\x01" + bytes(6 * config["n_samples"]))
        times = told.get("timestamps_s", [told["timestamp_s"]])
        assert times == pytest.approx([t * 1e-9 for t in vector["expected"]["timestamps_ns"]], abs=1e-9)


def test_capture2go_streams_hold_the_samples_and_times_that_are_told(reference: Path) -> None:
    for vector in (v for v in vectors(reference) if v["profile"] == "capture2go" and v["kind"] == "stream"):
        expected = vector["expected"]["packets"]
        told = decoded(vector, *vector["hex"])
        acc = [[x / 9.81 for x in row] for p in expected for row in p["acc_mps2"]]
        gyr = [[math.degrees(x) for x in row] for p in expected for row in p["gyro_rad_s"]]
        assert numbers(told["acc_g"]) == pytest.approx(numbers(acc), abs=1e-6)
        assert numbers(told["gyr_dps"]) == pytest.approx(numbers(gyr), abs=1e-4)
        times = [t * 1e-9 for p in expected for t in p["timestamps_ns"]]
        assert told["timestamps_s"] == pytest.approx(times, rel=1e-12)


def test_polar_answers_and_names_the_chips_of_metawear(reference: Path) -> None:
    by_id = {v["id"]: v for v in vectors(reference)}
    polar = by_id["polar-cp-ok"]
    told = json.loads(run("decode", "polar-pmd", "--json", "--char", polar["characteristic"], polar["hex"]))
    assert told["fields"] == {"opcode": 1, "measurement": 2, "status": 0, "more": 0, "parameters_hex": "ffffff"}
    for name in ("mw-modinfo-acc-bmi160", "mw-modinfo-acc-bmi270"):
        told = json.loads(run("decode", "metawear", "--json", by_id[name]["hex"]))
        expected = by_id[name]["expected"]
        assert told["fields"] == {k: expected[k] for k in ("module", "implementation", "revision")}


SHIMMER_CHANNELS = {"internal_adc_a1": 0x12, "accel_ln_x": 0, "accel_ln_y": 1, "accel_ln_z": 2}
SHIMMER_CHANNELS |= {"gyro_x": 10, "gyro_y": 11, "gyro_z": 12}


def shimmer(vector: dict[str, Any]) -> dict[str, Any]:
    """What `decode` tells of a packet whose channels the inquiry has told."""
    channels = [SHIMMER_CHANNELS[name.partition(":")[0]] for name in vector["config"]["channels"]]
    inquiry = f"02 4000 00000200 {len(channels):02x} 01 {bytes(channels).hex()}"
    hexes = [vector["hex"]] if isinstance(vector["hex"], str) else vector["hex"]
    char = ["--char", vector["characteristic"], "--set", f"inquiry={inquiry}"]
    told: dict[str, Any] = json.loads(run("decode", "shimmer3", "--json", *char, *hexes))
    return told


def test_shimmer_packets_hold_the_counts_that_are_told(reference: Path) -> None:
    by_id = {v["id"]: v for v in vectors(reference)}
    vector = by_id["sh-imu-0"]
    told, expected = shimmer(vector), vector["expected"]
    assert told["timestamp_s"] * 32768 == expected["timestamp_raw"]
    x, y, z = told["acc_g"][0]  # low-noise accelerometer and gyroscope lie as -y, -x, -z
    assert [2253 - 92 * 9.80665 * v for v in (y, x, z)] == pytest.approx(expected["acc_raw"])
    x, y, z = told["gyr_dps"][0]
    assert [-v * 32.8 for v in (y, x, z)] == pytest.approx(expected["gyro_raw"])
    told, expected = shimmer(by_id["sh-data-1"]), by_id["sh-data-1"]["expected"]
    assert told["timestamp_s"] * 32768 == expected["timestamp_raw"]
    assert list(told["fields"].values()) == expected["channels"]


def test_shimmer_byte_stream_and_rate(reference: Path) -> None:
    by_id = {v["id"]: v for v in vectors(reference)}
    rate, stream = by_id["sh-rate"], by_id["sh-stream-2"]
    divisor = rate["hex"][4:]  # an acknowledgement, the answer's number, the divisor as in an inquiry
    decoder = Decoder(load_profile("shimmer3"), {"inquiry": f"02{divisor}0000000003010a0b0c"})
    assert decoder.timings[0].rate_hz == rate["expected"]["sample_rate_hz"]
    decoder = Decoder(load_profile("shimmer3"), {"inquiry": "02400000000000010112"})
    (whole,) = stream["hex"]
    data = bytes.fromhex(whole)
    for step in (1, 5, len(data)):
        parts = [data[i : i + step] for i in range(0, len(data), step)]
        frames = [f for part in parts for f in decoder.feed(stream["characteristic"], part)]
        assert [f.ticks for f in frames] == stream["expected"]["timestamps_raw"]


def test_witmotion_angles_of_a_real_packet(reference: Path) -> None:
    (vector,) = [v for v in vectors(reference) if v["id"] == "wit-real-0"]
    told, angles = decoded(vector, vector["hex"]), vector["expected"]["angle_deg"]
    assert told["fields"]["angle_deg"][:2] == pytest.approx([angles["x"], angles["y"]])
    assert math.hypot(*told["acc_g"][0]) == pytest.approx(1.0, abs=0.01)  # it lay still


def test_rates_and_ranges_that_devices_tell_are_those_of_the_profiles(reference: Path) -> None:
    by_id = {v["id"]: v for v in vectors(reference)}
    polar, movesense = by_id["polar-settings-range"], by_id["mv-acc-info"]
    offered = load_profile("polar-pmd").data.settings
    assert [int(r) for r in offered["gyro_range_dps"].values or {}] == polar["expected"]["range"]
    only = Decoder(load_profile("polar-pmd"), {"gyro": 1}).settings["rate_hz"]
    assert [only] == polar["expected"]["sample_rate_hz"]
    rates = load_profile("movesense-gsp").data.settings["rate_hz"].values or {}
    assert [int(r) for r in rates] == movesense["expected"]["sample_rates_hz"]
    told = json.loads(run("decode", "movesense-gsp", "--json", "012ac800" + movesense["hex"]))
    assert told["fields"]["data_hex"] == movesense["hex"]


def test_polar_reference_sample_of_four_channels(reference: Path) -> None:
    (vector,) = [v for v in vectors(reference) if v["id"] == "polar-ref16x4"]
    config = vector["config"]
    data = bytes.fromhex(vector["hex"])
    read = CODECS["polar_pmd_delta"].reader(config["channels"], config["resolution_bits"], 0, len(data), 4)
    rows = read(data)
    assert rows.tolist() == [vector["expected"]["raw"]["0"]]


SEEN = (
    "command", "timestamps", "polar-cp-ok", "mw-modinfo-acc-bmi160", "mw-modinfo-acc-bmi270", "sh-imu-0",
    "sh-data-1", "sh-rate", "sh-stream-2", "st-uuid-mask", "st-adv-1", "wit-real-0", "polar-settings-range",
    "mv-acc-info", "polar-ref16x4",
)  # fmt: skip


def test_no_vector_is_left_out(reference: Path) -> None:
    """A new vector has to be met by a test: those above and in test_selfdescribed.py look at these."""
    every = [
        v for f in (reference / "vectors").glob("*.json") for v in json.loads(f.read_text(encoding="utf-8"))
    ]
    looked_at = SAMPLES | {"samples_mg", "samples_dps", "status", "packets"}
    left = [
        v["id"] for v in every if not {v["kind"], v["id"]} & set(SEEN) and not looked_at & set(v["expected"])
    ]
    assert left == []
    assert {v["profile"] for v in every} <= set(profile_names())
