"""Bytes changed at random, and which changes lead somewhere new: a small fuzzer in plain Python.

What reaches a line of footsense that nothing before has reached is kept, to be changed further (as AFL and
libFuzzer do with edges; M. Zalewski, american fuzzy lop, technical details, 2014).
"""

import os
import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import footsense

_OURS = os.path.dirname(footsense.__file__) + os.sep  # noqa: PTH120, compared with what frames say
_MOST = 1 << 16
_TOKENS = [
    b"\x00", b"\xff" * 8, b"\x7f\xff\xff\xff", b"\n", b",", b"-", b"1e999", b"nan", b"-0", b"9" * 400, b"[",
    b"]]", b"'", b'"', b'"""', b"zstd", b"\x06", b"\x05", b"{", b"}", b"[" * 300, b"{" * 300, b"\xed\xb2\x9b",
    b"\x1b[2J", "\u202e".encode(), b"null", b"true", b"18446744073709551616", b"1.5", b"\r", b"= ", b"#",
    b"\x89MCAP0\r\n",
]  # fmt: skip


def mutated(seeds: list[bytes], rng: random.Random) -> bytes:
    """One of the seeds with a few changes; some are of bytes, some of stretches, some join two seeds."""
    raw = rng.choice(seeds)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        raw = rng.choice(_WAYS)(raw, seeds, rng)[:_MOST]
    return raw


def _flip(raw: bytes, _seeds: list[bytes], rng: random.Random) -> bytes:
    if not raw:
        return raw
    at = rng.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


def _replace(raw: bytes, _seeds: list[bytes], rng: random.Random) -> bytes:
    a, b = _stretch(raw, rng)
    return raw[:a] + rng.choice([*_TOKENS, rng.randbytes(rng.randrange(40))]) + raw[b:]


def _insert(raw: bytes, _seeds: list[bytes], rng: random.Random) -> bytes:
    a, _ = _stretch(raw, rng)
    return raw[:a] + rng.choice([*_TOKENS, rng.randbytes(rng.randrange(40))]) + raw[a:]


def _repeat(raw: bytes, _seeds: list[bytes], rng: random.Random) -> bytes:
    a, b = _stretch(raw, rng)
    return raw[:b] + raw[a:b] * rng.choice([1, 1, 3, 100]) + raw[b:]


def _cut(raw: bytes, _seeds: list[bytes], rng: random.Random) -> bytes:
    a, b = _stretch(raw, rng)
    return raw[:a] + raw[b:]


def _join(raw: bytes, seeds: list[bytes], rng: random.Random) -> bytes:
    other = rng.choice(seeds)
    return raw[: _stretch(raw, rng)[0]] + other[_stretch(other, rng)[0] :]


def _number(raw: bytes, _seeds: list[bytes], rng: random.Random) -> bytes:
    """A figure of a text, or a byte, by another."""
    places = [i for i, c in enumerate(raw[:4096]) if 0x30 <= c <= 0x39]
    if not places:
        return _flip(raw, _seeds, rng)
    at = rng.choice(places)
    new = rng.choice([b"0", b"9", b"-1", b"1e308", b"65536", b"255", b"0.1", b"99999999999999999999"])
    return raw[:at] + new + raw[at + 1 :]


_WAYS: list[Callable[[bytes, list[bytes], random.Random], bytes]] = [
    _flip, _flip, _replace, _insert, _repeat, _cut, _join, _number,
]  # fmt: skip


def _stretch(raw: bytes, rng: random.Random) -> tuple[int, int]:
    a = rng.randrange(len(raw) + 1)
    return a, min(len(raw), a + rng.choice([0, 1, 2, 4, 16, 64, 1024]))


class Reached:
    """The lines of footsense that have been run while it was on."""

    def __init__(self) -> None:
        self.lines: set[tuple[str, int]] = set()
        self._before: Any = None

    def __enter__(self) -> "Reached":
        self._before = sys.gettrace()
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        return self._in if frame.f_code.co_filename.startswith(_OURS) else None

    def _in(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._in
