"""How notifications are cut into frames: lengths, delimiters, checksums, byte streams, elements."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_layouts import CHAR, HEAD

from footsense.devices import Decoder, Encoder, Profile, parse_profile
from footsense.devices.framing import Splitter, check_frame, sealed
from footsense.devices.model import Check, Frame, LengthField, Passed
from footsense.errors import PacketError, ProfileError
from footsense.types import Decoded

CRC = Frame(
    begin="02",
    length_field=LengthField(at=5, type="u8", add=6),
    check=Check(kind="crc32", at=1, type="u32", start=6),
    straddles=True,
)
SUM = Frame(
    begin="55",
    length_field=LengthField(at=3, type="u8", add=4),
    check=Check(kind="sum8", at=2, start=3),
    straddles=True,
)
STREAM = Frame(
    begin="00", length=8, straddles=True, passed=[Passed(begin="ff", length=1), Passed(begin="8a71", length=3)]
)
LINE = Frame(end="0d 0a", longest=20, straddles=True)
FRAMES = {
    "crc": CRC,
    "sum": SUM,
    "line": LINE,
    "stream": STREAM,
    "fixed": Frame(begin="5561", length=8, straddles=True),
}


def body(kind: str, data: bytes) -> bytes:
    """A frame's room for its header, and the data."""
    if kind == "line":
        return data.replace(b"\n", b"").replace(b"\r", b"")[:10]
    return (
        bytes({"crc": 6, "sum": 4, "fixed": 2, "stream": 1}[kind])
        + (data * 7 + bytes(7))[: {"fixed": 6, "stream": 7}.get(kind, 99)]
    )


@pytest.mark.parametrize("kind", FRAMES)
@given(data=st.lists(st.binary(max_size=12), max_size=6), cuts=st.lists(st.integers(0, 200), max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_byte_stream_gives_the_same_frames_however_it_is_cut(
    kind: str, data: list[bytes], cuts: list[int]
) -> None:
    frame = FRAMES[kind]
    sent = [sealed(frame, body(kind, d)) for d in data]
    stream = b"".join(sent)
    edges = sorted({0, len(stream), *(c % (len(stream) + 1) for c in cuts)})
    splitter = Splitter(frame)
    got = [f for a, b in pairwise(edges) for f in splitter.feed(stream[a:b]).frames]
    tail = len(bytes.fromhex(frame.end))
    assert got == [s[: len(s) - tail] for s in sent]


@pytest.mark.parametrize("kind", FRAMES)
@given(noise=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_the_same_whole_and_byte_by_byte(kind: str, noise: bytes) -> None:
    frame = FRAMES[kind]
    one, each = Splitter(frame), Splitter(frame)
    whole = one.feed(noise).frames
    assert [f for b in noise for f in each.feed(bytes([b])).frames] == whole


@given(noise=st.binary(max_size=40), data=st.binary(min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_guarded_frame_is_found_again_after_noise(noise: bytes, data: bytes) -> None:
    whole = sealed(CRC, bytes(6) + data)
    splitter = Splitter(CRC)
    splitter.feed(noise)
    got = splitter.feed(whole * 40).frames  # noise may claim up to 261 bytes, whole is 7 at least
    assert got
    assert set(got) == {whole}


def test_one_wrong_bit_costs_its_frame_alone() -> None:
    good = sealed(CRC, bytes(6) + b"abcdef")
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        cut = Splitter(CRC).feed(bytes(bad) + good * 30)
        assert cut.faults
        assert set(cut.frames) == {good}


TOY = """
[chars.data.frame]
begin = "5561"
length = [8, 16]
[streams.a]
char = 'data'
length = 8
[streams.a.samples]
at = 2
fields = [{ ch = "acc", type = "i16", scale = "1/1000", unit = "g" }]
[streams.b]
char = 'data'
length = 16
header.sequence = { at = 8, type = "u8" }
[streams.b.samples]
at = 10
fields = [{ ch = "acc", type = "i16", scale = "1/1000", unit = "g" }]
"""


def toy(text: str) -> Profile:
    return parse_profile(HEAD + text, "toy")


def fed(decoder: Decoder, payload: bytes) -> tuple[list[Decoded], str]:
    try:
        return decoder.feed(CHAR, payload), ""
    except PacketError as error:
        return error.frames, str(error)


def test_several_frames_in_a_notification_and_one_cut_short() -> None:
    short = b"\x55\x61" + struct.pack("<3h", 1000, 2, 3)
    long = b"\x55\x61" + bytes(6) + bytes([7, 0]) + struct.pack("<3h", 4, 5, 6)
    decoder = Decoder(toy(TOY), {})
    frames, fault = fed(decoder, short + long + short)
    assert ([f.stream for f in frames], fault) == (["a", "b", "a"], "")
    frames, fault = fed(decoder, short + long[:-1])
    assert [f.stream for f in frames] == ["a"]
    assert fault
    frames, fault = fed(decoder, short[:-1])
    assert not frames
    assert fault


NESTED = """
[chars.data.elements]
at = 3
[streams.a]
char = 'data'
when = [{ at = 0, eq = 14 }, { at = 3, eq = 1 }]
header.timestamp = { at = 1, type = "u16", unit = "ms" }
[streams.a.samples]
at = 5
count = "fill"
per_packet = "2"
fields = [{ ch = "acc", type = "i16", scale = "1/1000", unit = "g" }]
[streams.g]
char = 'data'
when = [{ at = 0, eq = 14 }, { at = 3, eq = 4 }]
header.timestamp = { at = 1, type = "u16", unit = "ms" }
[streams.g.samples]
at = 5
fields = [{ ch = "gyr", type = "i16", unit = "dps" }]
"""


def test_elements_share_what_is_before_them_and_unknown_ones_are_passed_over() -> None:
    head = bytes([14, 0xE8, 3])
    acc, gyr = struct.pack("<6h", 1000, 0, 0, 0, 2000, 0), struct.pack("<3h", 1, 2, 3)
    payload = head + bytes([1, 12]) + acc + bytes([9, 2, 0, 0]) + bytes([4, 6]) + gyr
    frames, fault = fed(Decoder(toy(NESTED), {}), payload)
    assert [(f.stream, f.ticks) for f in frames] == [("a", 1000), ("g", 1000)]
    assert frames[0].acc_g is not None
    assert frames[0].acc_g.tolist() == [[1, 0, 0], [0, 2, 0]]
    assert not fault
    for cut in range(len(payload)):
        frames, fault = fed(Decoder(toy(NESTED), {}), payload[:cut])
        is_whole = cut in (len(head) + 14, len(head) + 18)  # the unknown element is whole too
        assert (bool(fault), [f.stream for f in frames]) == (not is_whole, ["a"] if is_whole else [])


@pytest.mark.parametrize("text", [TOY, NESTED])
def test_what_a_virtual_device_sends_in_frames_comes_back(text: str) -> None:
    profile = toy(text)
    truth = np.random.default_rng(1).uniform(-3, 3, (8, 3))
    encoder, decoder = Encoder(profile, {}), Decoder(profile, {})
    packets = encoder.encode(0, np.arange(8) / 50, truth, truth)
    frames = [f for _, payload in packets for f in decoder.feed(CHAR, payload)]
    for stream in {f.stream for f in frames} - {"g"}:
        got = np.concatenate([f.acc_g for f in frames if f.stream == stream and f.acc_g is not None])
        assert np.abs(got - truth).max() <= 0.0005 + 1e-9


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("begin = '55'", "expected exactly one of length, length_field, end"),
        ("begin = '55'\nlength = 3\nend = '0a'", "expected exactly one"),
        ("length = [3, 4]", "several are possible only with `begin`"),
        ("begin = '55'\nlength = 3\ncheck = { kind = 'sum8', at = 3, start = 0 }", "behind the frame's end"),
        ("length_field = { at = 0, type = 'i8' }", "without sign"),
    ],
)
def test_a_frame_table_that_does_not_agree_is_refused(table: str, said: str) -> None:
    text = TOY.replace('begin = "5561"\nlength = [8, 16]', table)
    with pytest.raises(ProfileError, match=said):
        toy(text)


def test_what_may_stand_between_frames_is_no_fault_however_it_is_cut() -> None:
    frames = [bytes([0, *range(i, i + 7)]) for i in (0x8A, 0xF9, 0)]
    stream = b"\xff" + frames[0] + frames[1] + b"\x8a\x71\x00\xff" + frames[2]
    for size in (1, 3, 8, len(stream)):
        splitter = Splitter(STREAM)
        cuts = [splitter.feed(stream[i : i + size]) for i in range(0, len(stream), size)]
        assert [f for cut in cuts for f in cut.frames] == frames
        assert not [fault for cut in cuts for fault in cut.faults]
    assert Splitter(STREAM).feed(b"\x8a\x72" + frames[0]).faults


def test_a_byte_stream_of_unmarked_frames_is_refused() -> None:
    with pytest.raises(ProfileError, match="a lost byte would shift all that follow"):
        toy(TOY.replace('begin = "5561"\nlength = [8, 16]', "length = 8\nstraddles = true"))


AHEAD = Frame(
    begin="02",
    before="ff",
    ahead=True,
    straddles=True,
    longest=40,
    length_field=LengthField(at=1, type="u8", add=2),
)


def test_frames_that_stand_ahead_part_what_goes_on_and_cost_nothing_where_they_are_cut_short() -> None:
    long, short = b"\x02\x04abcd", b"\x02\x01x"
    splitter = Splitter(AHEAD)
    assert splitter.feed(b"\xff" + long[:3]).frames == []
    assert splitter.feed(b"\xfd" + short + short + long[3:]) == ([short, short, long], [])
    assert splitter.feed(b"\xff" + long) == ([long], [])
    cut = splitter.feed(b"\xfd" + short + b"\x02\x09y")
    assert cut.frames == [short]
    assert cut.faults == ["a frame ahead of the others is cut short"]
    with pytest.raises(ProfileError, match="ahead"):
        check_frame(Frame(begin="02", before="ff ff", ahead=True, length=4), "frame")
