"""Lines of text with numbers: CSV and JSON, read as the binary packets that they stand for."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_layouts import CHAR, HEAD

from footsense.devices import Decoder, Encoder, Profile, commands, load_profile, parse_profile
from footsense.errors import PacketError, ProfileError
from footsense.types import Decoded

FORMS = {
    "csv": "form = 'csv', begin = '~', separator = ';'",
    "json": "form = 'json', paths = ['t', 'acc.x', 'acc.y', 'acc.z', 'gyr.x', 'gyr.y', 'gyr.z']",
}


def toy(
    form: str, kind: str = "i16", frame: str = "{ end = '0d0a', straddles = true, longest = 200 }"
) -> Profile:
    types = ", ".join(["'u32'", *[f"'{kind}'"] * 6])
    size = 2 if kind == "i16" else 4
    text = f"""{HEAD}
[chars.line]
service = "180f"
uuid = "2a1a"
properties = ["notify"]
frame = {{ end = '0d0a', straddles = true, longest = 200 }}
text = {{ {FORMS[form]}, types = [{types}] }}
[streams.a]
char = 'line'
length = {4 + 6 * size}
header.timestamp = {{ at = 0, type = "u32", unit = "ms" }}
[streams.a.samples]
at = 4
fields = [
  {{ ch = "acc", type = "{kind}", scale = "1 / 1000", unit = "g" }},
  {{ ch = "gyr", type = "{kind}", scale = "1 / 100", unit = "dps" }},
]
"""
    return parse_profile(text, "toy")


LINE = CHAR.replace("2a19", "2a1a")


def fed(decoder: Decoder, *pieces: bytes) -> tuple[list[Decoded], int]:
    frames: list[Decoded] = []
    faults = 0
    for piece in pieces:
        try:
            frames += decoder.feed(LINE, piece)
        except PacketError as error:
            frames += error.frames
            faults += 1
    return frames, faults


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["i16", "f32"])
def test_lines_come_back_however_they_are_cut(form: str, kind: str) -> None:
    profile = toy(form, kind)
    truth = np.random.default_rng(1).uniform(-3, 3, (20, 3))
    sent = b"".join(p for _, p in Encoder(profile, {}).encode(0, np.arange(20) / 50, truth, 9 * truth))
    for size in (1, 7, 20, len(sent)):
        frames, faults = fed(Decoder(profile, {}), *[sent[i : i + size] for i in range(0, len(sent), size)])
        assert (len(frames), faults) == (20, 0)
        assert [f.ticks for f in frames] == [20 * i for i in range(20)]
        acc = np.concatenate([f.acc_g for f in frames if f.acc_g is not None])
        assert np.abs(acc - truth).max() <= 0.0005 + 1e-9


@given(noise=st.binary(max_size=120), cuts=st.lists(st.integers(0, 120), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_the_same_whole_and_in_pieces(noise: bytes, cuts: list[int]) -> None:
    stream = noise + b"\r\n~5;1;2;3;4;5;6\r\n"
    edges = sorted({0, len(stream), *(c % len(stream) for c in cuts)})
    one, _ = fed(Decoder(toy("csv"), {}), stream)
    pieces, _ = fed(Decoder(toy("csv"), {}), *[stream[a:b] for a, b in pairwise(edges)])
    assert [(f.ticks, str(f.acc_g)) for f in one] == [(f.ticks, str(f.acc_g)) for f in pieces]
    assert one
    assert one[-1].ticks == 5


GOOD = b"~5;1;2;3;4;5;6"


@pytest.mark.parametrize(
    "line",
    [
        b"~5;1;2;3;4;5", b"~5;1;2;3;4;5;6;7", b"~5;1;2;3;4;5;", b"~5;1;2;x;4;5;6", b"~5;1;2;3.5;4;5;6",
        b"~5;1;2;40000;4;5;6", b"~-1;1;2;3;4;5;6", b"~5;1;2;nan;4;5;6", b"~5;1;2;0x3;4;5;6", b"~",
        b"~5;1;2;1_0;4;5;6", b"~5;1;2;\xb2;4;5;6",
    ],
)  # fmt: skip
def test_a_line_that_is_not_as_expected_is_an_error_and_no_sample(line: bytes) -> None:
    assert len(fed(Decoder(toy("csv"), {}), GOOD + b"\r\n")[0]) == 1
    assert fed(Decoder(toy("csv"), {}), line + b"\r\n") == ([], 1)


def test_lines_that_begin_otherwise_are_passed_over() -> None:
    assert fed(Decoder(toy("csv"), {}), b">echo(0)\r\n") == ([], 0)


WHOLE: dict[str, Any] = {"t": 5, "acc": {"x": 1, "y": 2, "z": 3}, "gyr": {"x": 4, "y": 5, "z": 6}}


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({**WHOLE, "acc": {"x": 1, "y": 2}}),
        json.dumps({**WHOLE, "acc": {"x": 1, "y": 2, "z": True}}),
        json.dumps({**WHOLE, "acc": {"x": 1, "y": 2, "z": "3"}}),
        json.dumps({**WHOLE, "acc": {"x": 1, "y": 2, "z": 1e400}}),
        json.dumps({**WHOLE, "t": 2.5}),
        json.dumps(WHOLE)[:-1],
        "[" * 190,
        "5",
    ],
)
def test_json_that_is_not_as_expected_is_an_error_and_no_sample(line: str) -> None:
    frames, faults = fed(Decoder(toy("json"), {}), json.dumps(WHOLE).encode() + b"\r\n")
    assert (len(frames), faults) == (1, 0)
    assert fed(Decoder(toy("json"), {}), line.encode() + b"\r\n") == ([], 1)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("straddles = true, ", "", "expected a frame with an `end`"),
        (", paths = ['t', ", ", paths = ['acc', ", "one lies within another"),
        (", paths = ['t', ", ", paths = [", "expected one for each of types"),
    ],
)
def test_a_text_table_that_does_not_agree_is_refused(was: str, becomes: str, said: str) -> None:
    text = toy("json").text
    assert was in text
    with pytest.raises(ProfileError, match=said):
        parse_profile(text.replace(was, becomes), "toy")


def test_a_script_is_written_in_pieces_that_make_it_whole() -> None:
    writes = [w for w in commands(load_profile("espruino"), {"rate_hz": 26}) if w.phase == "start"]
    assert max(len(w.payload) for w in writes) <= 20
    script = b"".join(w.payload for w in writes).decode()
    assert script.startswith("\x10t0=getTime();Puck.on(")
    assert script.endswith("\n\x10Puck.accelOn(26);\n")
