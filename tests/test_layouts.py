"""Layouts that no shipped profile may have, but that a profile can describe."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.devices import Decoder, Encoder, Profile, commands, gatt_table, parse_profile
from footsense.devices.matching import Advertised
from footsense.errors import PacketError, ProfileError, UsageError

HEAD = """
schema = "footsense.profile/1"
name = "toy"
title = "A toy"
grade = "C"
sources = ["nobody"]
[[match]]
name_prefix = "toy"
[[match]]
company = 0x1234
data = "01 80"
data_mask = "ff c0"
[chars.data]
service = "180f"
uuid = "2a19"
properties = ["notify"]
[settings.rate_hz]
limits = [1, 100]
default = 50
"""
CHAR = "00002a19-0000-1000-8000-00805f9b34fb"
KINDS = [
    "i8",
    "i12",
    ">i12",
    "i16",
    ">i16",
    "i24",
    ">i24",
    "i32",
    ">i32",
    "i64",
    ">i64",
    "f32",
    ">f32",
    "f64",
    ">f64",
]


def toy(fields: str, stream: str = "", samples: str = "at = 0\ncount = 'fill'\nper_packet = '3'") -> Profile:
    text = f"{HEAD}[streams.a]\nchar = 'data'\n{stream}\n[streams.a.samples]\n{samples}\nfields = [{fields}]"
    return parse_profile(text, "toy")


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_every_type_order_and_layout_makes_the_round_trip(data: st.DataObject) -> None:
    kinds = [data.draw(st.sampled_from(KINDS)) for _ in range(2)]
    scales = [{"i8": "4/128", "i12": "4/2048"}.get(k.lstrip(">"), "4/32768") for k in kinds]
    axes = data.draw(st.sampled_from(["", ', axes = ["y", "x", "-z"]', ', axes = ["-z", "x", "y"]']))
    layout = data.draw(st.sampled_from(["interleaved", "planar"]))
    profile = toy(
        f'{{ ch = "acc", type = "{kinds[0]}", scale = "{scales[0]}", unit = "g"{axes} }},'
        f'{{ ch = "gyr", type = "{kinds[1]}", scale = "{scales[1]}", unit = "rad/s"{axes} }}',
        samples=f"at = 0\ncount = 'fill'\nper_packet = '3'\nlayout = '{layout}'",
    )
    n = data.draw(st.integers(1, 9))
    truth = np.random.default_rng(n).uniform(-3, 3, (n, 3))
    encoder, decoder = Encoder(profile, {}), Decoder(profile, {})
    packets = encoder.encode(0, np.arange(n) / 50, truth, truth) + encoder.flush()
    assert len(packets) == -(-n // 3)
    frames = [f for _, payload in packets for f in decoder.feed(CHAR, payload)]
    for frames_of, channel in zip(("acc_g", "gyr_dps"), decoder.layouts[0].channels, strict=True):
        got = np.concatenate([getattr(f, frames_of) for f in frames])
        assert np.abs(got - truth).max() <= 0.5 * channel.scale * (1 + 1e-6)


def test_axes_say_what_the_numbers_on_the_wire_are() -> None:
    field = '{ ch = "acc", type = "i16", scale = "1", unit = "g", axes = ["y", "-z", "x"] }'
    (frame,) = Decoder(toy(field), {}).feed(CHAR, struct.pack("<3h", 1, 2, 3))
    assert frame.acc_g is not None
    assert frame.acc_g.tolist() == [[3.0, 1.0, -2.0]]


@pytest.mark.parametrize(
    ("kind", "payload", "values"),
    [
        ("u12", "21 43 65 87 09", [0x321, 0x654, 0x987]),
        (">u12", "12 34 56 78 90", [0x123, 0x456, 0x789]),
        ("i12", "ff 0f 80 ff 07", [-1, -0x800, 0x7FF]),
        (">i12", "ff f8 00 7f f0", [-1, -0x800, 0x7FF]),
        ("i24", "ffffff 000080 010000", [-1, -(2**23), 1]),
        (">i24", "ffffff 800000 000001", [-1, -(2**23), 1]),
        ("u24", "ffffff 000080 010000", [2**24 - 1, 2**23, 1]),
        (">u16", "0001 ff00 0000", [1, 0xFF00, 0]),
        ("i8", "ff 80 7f", [-1, -128, 127]),
    ],
)
def test_types_are_read_as_they_say(kind: str, payload: str, values: list[int]) -> None:
    (frame,) = Decoder(toy(f'{{ ch = "raw", type = "{kind}" }}'), {}).feed(CHAR, bytes.fromhex(payload))
    assert frame.fields["raw"] == [values]


@pytest.mark.parametrize("layout", ["interleaved", "planar"])
@pytest.mark.parametrize("bad", [0x7F800001, 0x7FC00000, 0x7F800000, 0xFF800000], ids=hex)
def test_a_measured_value_that_is_no_number_gives_no_sample(bad: int, layout: str) -> None:
    two = '{ ch = "acc", type = "f32", unit = "g" }, { ch = "x", type = "f32", n = 1 }'
    for field in ('{ ch = "acc", type = "f32", unit = "g" }', two):
        decoder = Decoder(toy(field, samples=f"at = 0\ncount = 1\nlayout = '{layout}'"), {})
        size = 16 if field == two else 12
        for at in range(0, size, 4):
            payload = bytearray(size)
            payload[at : at + 4] = bad.to_bytes(4, "little")
            with pytest.raises(PacketError, match="no number"):
                decoder.feed(CHAR, bytes(payload))


def test_a_header_in_any_order_of_bytes_is_read() -> None:
    stream = """header.timestamp = { at = 5, type = ">u24", tick_s = "1/32768" }
header.sequence = { at = 0, type = "u16" }
header.battery_percent = { at = 2, type = "u8", scale = "0.5" }
header.fields.temp_c = { at = 3, type = ">i16", scale = "0.01" }"""
    decoder = Decoder(toy('{ ch = "acc", type = "i8", scale = "1", unit = "mg" }', stream, "at = 8"), {})
    (frame,) = decoder.feed(CHAR, bytes.fromhex("0201 c8 ff9c 010000 01ff00"))
    assert (frame.sequence, frame.battery_percent, frame.ticks) == (0x0102, 100.0, 65536)
    assert frame.fields == {"temp_c": -1.0}
    assert decoder.timings[0].tick_modulus == 2**24
    assert decoder.timings[0].tick_s == 1 / 32768
    with pytest.raises(PacketError, match="battery"):
        decoder.feed(CHAR, bytes.fromhex("0201 c9 ff9c 010000 01ff00"))


def test_padding_must_be_zero_and_of_the_length_that_is_stated() -> None:
    decoder = Decoder(toy('{ ch = "acc", type = "i8", scale = "1", unit = "g" }', "pad_to = [5]", "at = 0"), {})
    assert decoder.feed(CHAR, bytes([1, 2, 3, 0, 0]))
    for payload in (bytes([1, 2, 3]), bytes([1, 2, 3, 0]), bytes([1, 2, 3, 0, 1]), bytes(6)):
        with pytest.raises(PacketError):
            decoder.feed(CHAR, payload)


def test_a_jump_of_the_index_throws_away_what_waits() -> None:
    stream = 'header.sequence = { at = 0, type = "u8", counts = "samples" }'
    profile = toy('{ ch = "acc", type = "i8", scale = "1", unit = "g" }', stream, "at = 1\ncount = 2")
    encoder = Encoder(profile, {})
    one = np.ones((1, 3))
    assert encoder.encode(0, np.zeros(1), one, None) == []
    assert encoder.encode(5, np.zeros(1), 2 * one, None) == []
    assert encoder.encode(6, np.zeros(1), 3 * one, None) == [(CHAR, bytes([5, 2, 2, 2, 3, 3, 3]))]


def test_the_better_match_wins_and_the_mask_counts() -> None:
    profile = toy('{ ch = "acc", type = "i8", scale = "1", unit = "g" }')

    def score(name: str, data: bytes | None) -> int:
        return profile.match_score(Advertised(name, [], {} if data is None else {0x1234: data}))

    assert score("other", None) == 0
    assert score("other", b"\x02\x80") == 0
    assert score("other", b"\x01") == 0
    assert score("toy 7", b"\x01\xbf") > score("toy 7", None) > 0
    assert score("toy 7", b"\x01\xbf") > score("other", b"\x01\x80") > 0


def test_what_a_virtual_device_publishes() -> None:
    profile = toy('{ ch = "acc", type = "i8", scale = "1", unit = "g" }')
    assert gatt_table(profile) == [("0000180f" + CHAR[8:], [(CHAR, ("notify",), b"")])]
    assert commands(profile, {}) == []
    assert profile.mtu_min({}) == 23


def test_a_header_of_two_byte_orders_is_read() -> None:
    stream = """header.timestamp = { at = 2, type = ">u32", unit = "ms" }
header.sequence = { at = 0, type = "u16" }"""
    decoder = Decoder(toy('{ ch = "acc", type = "i8", scale = "1", unit = "mg" }', stream, "at = 6"), {})
    (frame,) = decoder.feed(CHAR, bytes.fromhex("0201 00000304 010000"))
    assert (frame.sequence, frame.ticks) == (0x0102, 0x0304)


def test_a_mask_picks_the_bits_that_tell_a_stream() -> None:
    stream = "when = [{ at = 0, mask = 0x3f, eq = 2 }]"
    decoder = Decoder(toy('{ ch = "acc", type = "i8", scale = "1", unit = "g" }', stream, "at = 1"), {})
    assert decoder.feed(CHAR, bytes.fromhex("c2 010203"))
    for payload in ("c3 010203", ""):
        with pytest.raises(PacketError, match="begins so"):
            decoder.feed(CHAR, bytes.fromhex(payload))


def test_a_setting_is_the_nearest_that_there_is() -> None:
    profile = toy('{ ch = "acc", type = "i8", scale = "1", unit = "g" }')
    text = profile.text.replace(
        "limits = [1, 100]", 'values = { "12.5" = 1, 50 = 2, 100 = 3 }\nchoose = "nearest"'
    )
    offered = parse_profile(text, "toy")
    for asked, given_hz in ((1, 12.5), (40, 50), ("74", 50), (75, 50), (76, 100), (1000, 100)):
        assert offered.settings_for({"rate_hz": asked}) == {"rate_hz": given_hz}
    within = parse_profile(profile.text.replace("[1, 100]", '[1, 100]\nchoose = "nearest"'), "toy")
    for asked, given_hz in ((0, 1), (52.4, 52), (400, 100)):
        assert within.settings_for({"rate_hz": asked}) == {"rate_hz": given_hz}
    for some in (offered, within, profile):
        with pytest.raises(UsageError, match="rate_hz is 'nan', expected"):
            some.settings_for({"rate_hz": float("nan")})


MATRIX = [[1e-5, -5.9e-4, 3e-5], [5.8e-4, -2e-5, 1e-5], [-3e-5, 1e-5, -6.1e-4]]
AFFINE = f"affine = {{ offset = [100, 50.5, -50], matrix = {[x for row in MATRIX for x in row]} }}"


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("layout", ["interleaved", "planar"])
def test_a_calibration_is_nine_numbers_times_what_is_left_after_the_offset(count: int, layout: str) -> None:
    other = ', { ch = "gyr", type = ">i16", unit = "dps", scale = "0.02" }'
    field = f'{{ ch = "acc", type = "i16", unit = "m/s2", {AFFINE} }}'
    profile = toy(field + other, samples=f"at = 0\ncount = {count}\nlayout = '{layout}'")
    truth = np.random.default_rng(count).uniform(-1.5, 1.5, (count, 3))
    ((char, payload),) = Encoder(profile, {}).encode(0, np.arange(count) / 50, truth, 90 * truth)
    (frame,) = Decoder(profile, {}).feed(char, payload)
    shape = (count, 2, 3) if layout == "interleaved" else (2, count, 3)
    raw = np.frombuffer(payload, "<i2").reshape(shape)[(slice(None), 0) if layout == "interleaved" else 0]
    assert frame.acc_g is not None
    assert frame.acc_g.shape == (count, 3)
    assert frame.acc_g * 9.80665 == pytest.approx((raw - [100, 50.5, -50]) @ np.transpose(MATRIX))
    assert np.abs(frame.acc_g - truth).max() < 6.5e-4 / 9.8 / 2


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (
            'scale = "2", affine = { offset = [0, 0, 0], matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1] }',
            "in place of scale",
        ),
        ("affine = { offset = [0, 0, 0], matrix = [1, 0, 0, 0, 1, 0, 1, 1, 0] }", "leaves an axis out"),
        ("affine = { offset = [0, 0, nan], matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1] }", "numbers that are none"),
        ("affine = { offset = [0, 0, 0], matrix = [1e300, 0, 0, 0, 1, 0, 0, 0, 1] }", "numbers that are none"),
        ("affine = { offset = [0, 0], matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1] }", "offset"),
    ],
)
def test_a_calibration_that_is_none_is_refused(key: str, says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        toy(f'{{ ch = "acc", type = "i16", unit = "g", {key} }}')


@pytest.mark.parametrize("kind", ["i12", ">u12"])
def test_numbers_of_12_bits_are_for_fields_alone(kind: str) -> None:
    with pytest.raises(ProfileError, match="a number type such as"):
        toy('{ ch = "acc", type = "i16", unit = "g" }', f"header.fields.a_raw = {{ at = 0, type = '{kind}' }}")
