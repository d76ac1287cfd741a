"""What is advertised rather than notified: decoded and matched; numbers that mean none,
bits, decimal digits."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footsense.devices import Decoder, commands, kinds, load_profile, parse_profile, profile_names
from footsense.devices.reading import Readings
from footsense.errors import PacketError, ProfileError, UsageError
from footsense.types import Decoded

TAGS = [name for name in profile_names() if load_profile(name).broadcasts]


@dataclass
class Heard:
    """An advertisement."""

    local_name: str | None = None
    service_uuids: list[str] = field(default_factory=list)
    manufacturer_data: dict[int, bytes] = field(default_factory=dict)
    service_data: dict[str, bytes] = field(default_factory=dict)


def test_there_are_tags() -> None:
    assert {"ruuvitag-df3", "ruuvitag-df5", "bluecharm-ksensor", "rdl52832", "bthome-v2"} <= set(TAGS)


@pytest.mark.parametrize("name", TAGS)
def test_nothing_is_asked_of_what_only_advertises(name: str) -> None:
    profile = load_profile(name)
    assert not profile.subscribe({})
    assert not profile.required({})
    assert not commands(profile, {})


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        (Heard(manufacturer_data={0x0499: bytes.fromhex("0512fc")}), "ruuvitag-df5"),
        (Heard(manufacturer_data={0x0499: bytes.fromhex("03291a")}), "ruuvitag-df3"),
        (Heard(service_data={"0000feaa-0000-1000-8000-00805f9b34fb": b"\x21\x01"}), "bluecharm-ksensor"),
        (Heard(service_data={"0000feaa-0000-1000-8000-00805f9b34fb": b"\x10\x01"}), None),  # Eddystone's URL
        (Heard(service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x44\x51"}), "bthome-v2"),
        (Heard(service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x41\x51"}), None),  # encrypted
    ],
)
def test_tags_are_told_apart_by_how_their_data_begin(heard: Any, name: str | None) -> None:
    scores = {n: load_profile(n).match_score(heard) for n in profile_names()}
    best = max(scores, key=lambda n: scores[n])
    assert (best if scores[best] else None) == name


def readings(name: str) -> Readings:
    profile = load_profile(name)
    return Readings(profile, {}, profile.char_uuid(next(iter(profile.data.chars))))


def test_what_is_advertised_has_a_name_on_the_command_line() -> None:
    ruuvi, rdl = load_profile("ruuvitag-df5"), load_profile("rdl52832")
    assert ruuvi.char_uuid("manufacturer:0x0499") == ruuvi.char_uuid("data")
    assert rdl.char_uuid("service-data:0x0318") == rdl.char_uuid("data")
    with pytest.raises(UsageError, match="no characteristic"):
        ruuvi.char_uuid("manufacturer:0x0498")


def test_a_number_that_means_none_takes_its_channel_away() -> None:
    packet = bytearray.fromhex("0512fc5394c37c0004fffc040cac364200cdcbb8334c884f")
    packet[9:11] = b"\x80\x00"  # y
    told = readings("ruuvitag-df5").feed(bytes(packet))
    assert "acc_g" not in told
    assert told["sequence"] == 205


@given(st.integers(0, 0x7FE), st.integers(0, 0x1E))
def test_bits_that_share_their_bytes_are_told_apart(volts: int, power: int) -> None:
    packet = bytearray.fromhex("0512fc5394c37c0004fffc040cac364200cdcbb8334c884f")
    packet[13:15] = (volts << 5 | power).to_bytes(2, "big")
    fields: Any = readings("ruuvitag-df5").feed(bytes(packet))["fields"]
    assert fields["battery_v"] == pytest.approx(1.6 + volts / 1000)
    assert fields["tx_power_dbm"] == 2 * power - 40


@given(st.integers(2, 6), st.data())
def test_digits_are_read_as_they_are_written(size: int, data: st.DataObject) -> None:
    kind = f"digits{size}"
    low, high = kinds.limits(kind) or (0, 0)
    value = data.draw(st.integers(low, high))
    packed = kinds.packed(kind, value)
    assert len(packed) == size
    assert kinds.reader(kind)(packed, 0) == value
    assert kinds.written(kind, np.array([float(value)])).tobytes() == packed


@given(st.binary(min_size=4, max_size=4))
def test_bytes_that_are_no_digits_are_no_sample(raw: bytes) -> None:
    payload = b"\x18\x3a\x2f\x33" + raw + bytes(8)
    profile = load_profile("rdl52832")
    try:
        frames = Decoder(profile, {}).feed(profile.char_uuid("data"), payload)
    except PacketError:
        assert raw[0] > 1 or max(raw[2:]) > 9
        return
    assert raw[0] <= 1
    assert max(raw[2:]) <= 9
    assert frames[0].acc_g is not None
    size = raw[1] + raw[2] / 10 + raw[3] / 100
    assert frames[0].acc_g[0, 0] == pytest.approx(-size if raw[0] else size)


OBJECTS = {0x00: 1, 0x01: 1, 0x0C: 2, 0x42: 3, 0x50: 4, 0x51: 2}


def fed(name: str, payload: bytes) -> tuple[list[Decoded], bool]:
    profile = load_profile(name)
    try:
        return Decoder(profile, {}).feed(profile.char_uuid("data"), payload), False
    except PacketError as error:
        return error.frames, True


@given(st.lists(st.sampled_from(sorted(OBJECTS)), min_size=1, max_size=6), st.data())
def test_objects_are_told_apart_by_their_sizes(kept: list[int], data: st.DataObject) -> None:
    parts = [bytes([k]) + data.draw(st.binary(min_size=OBJECTS[k], max_size=OBJECTS[k])) for k in kept]
    parts = [b"\x01\x5d" if p[0] == 1 else p for p in parts]  # a battery is at most 100 %
    payload = b"\x40" + b"".join(parts)
    read = [p for p in parts if p[0] in (0x00, 0x01, 0x51)]
    frames, fault = fed("bthome-v2", payload)
    assert (len(frames), fault) == (len(read), not read)
    cut = data.draw(st.integers(1, len(payload) - 1))
    ends = np.cumsum([1, *map(len, parts)])
    whole = sum(p[0] in (0x00, 0x01, 0x51) for p, end in zip(parts, ends[1:], strict=True) if end <= cut)
    frames, fault = fed("bthome-v2", payload[:cut])
    assert fault == (cut not in ends or not whole)
    assert len(frames) == (0 if fault else whole)


def test_an_object_without_a_size_ends_the_reading_and_is_no_fault() -> None:
    frames, fault = fed("bthome-v2", bytes.fromhex("40 0007 53 02 51 87 56"))
    assert [f.sequence for f in frames] == [7]
    assert not fault


HEAD = """
schema = "footsense.profile/1"
name = "toy"
title = "Toy"
grade = "C"
sources = ["made up"]
[[match]]
name = "Toy"
[streams.a]
char = "data"
rate = "1"
[streams.a.samples]
at = 0
fields = [{ ch = "acc", type = "i16", unit = "mg" }]
"""


ADVERTISED = "expected a service, or a uuid that is advertised"
NOTIFIED = "service = '1234'\nuuid = '1234'\nproperties = ['notify']\n"


@pytest.mark.parametrize(
    ("chars", "said"),
    [
        ("uuid = 'manufacturer:0x0499'\nproperties = ['notify']", ADVERTISED),
        ("uuid = '1234'\nproperties = ['notify']", ADVERTISED),
        (NOTIFIED.replace("notify", "broadcast"), ADVERTISED),
        ("uuid = 'manufacturer:0499'\nproperties = ['broadcast']", "expected a UUID, or what is advertised"),
        (NOTIFIED + "elements = { at = 1, sizes = { xx = 1 } }", "'xx' is no type u8"),
        (NOTIFIED + "elements = { at = 1, inside = { at = 2, inside = { at = 3 } } }", "nested once at most"),
    ],
)
def test_a_place_that_does_not_agree_with_itself_is_refused(chars: str, said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        parse_profile(f"{HEAD}[chars.data]\n{chars}\n", "toy")
