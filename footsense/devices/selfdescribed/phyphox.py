"""phyphox: a board sends the experiment that the app shows, XML, and in it what its characteristics carry.

Transfer and format: phyphox/phyphox-arduino (docs/protocol.md, src/core/Serializer.cpp), phyphox-experiments.
Which numbers are acceleration or rotation the experiment says only to people: it is read from the labels and
units of its graphs, values and exports, and from the names of its containers.
"""

import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from footsense.devices import kinds
from footsense.devices.model import (
    MAX_SAID,
    Char,
    Field,
    Header,
    Number,
    ProfileData,
    Samples,
    Setting,
    Step,
    Stream,
)
from footsense.devices.selfdescribed.telling import Telling
from footsense.devices.selfdescribed.units import Unit, motion_of, word
from footsense.errors import PacketError
from footsense.text import display

_MAGIC = b"phyphox"
_HEADER = 15  # then five zeros, from boards with version 1 of the library
_CHUNK = 20
_SERVICE = "cddf1001-30f7-4671-8b43-5e40ba53514a"
_MOST_CHANNELS = 16

_WORDS = {"int": "i", "uint": "u", "float": "f"}
_SINGLE = {"singleByte": "u8", "uInt8": "u8", "int8": "i8"}
_QUANTITIES = {"acc": r"acc|beschl", "gyr": r"gyr|rot|angular|dreh|omega|ω", "mag": r"mag"}
_AXIS = re.compile(r"(?:^|[^a-z]|acc|gyr|gyro|rot|mag|^[agw])([xyz])(?![a-z])")
_SI: Mapping[str, Unit] = {"acc": "m/s2", "gyr": "rad/s", "mag": "uT"}


@dataclass(frozen=True, slots=True)
class _Channel:
    """A number of a notification: where it lies, its type, the bytes after which the next sample's comes (0: it
    comes once), and what it fills."""

    char: str
    at: int
    kind: str
    stride: int
    container: str

    @property
    def end(self) -> int:
        return self.at + kinds.size(self.kind)


class Experiment(Telling):
    """The header `phyphox`, the length and a CRC-32 of the document, then the document, in notifications."""

    def whole(self, heard: bytes) -> bytes | None:
        if len(heard) <= _HEADER:
            return None
        if not heard.startswith(_MAGIC):
            raise PacketError("expected an experiment that begins with phyphox")
        size, checksum = (int.from_bytes(heard[i : i + 4], "big") for i in (7, 11))
        if size > MAX_SAID:
            raise PacketError(f"an experiment of {size} bytes, at most {MAX_SAID} are read")
        begin = _HEADER if heard[_HEADER] else _CHUNK
        document = heard[begin : begin + size]
        if len(document) < size:
            return None
        if binascii.crc32(document) != checksum:
            raise PacketError("an experiment that did not come whole (CRC-32)")
        return document

    def parts(self, said: bytes) -> list[bytes]:
        header = _MAGIC + len(said).to_bytes(4, "big") + binascii.crc32(said).to_bytes(4, "big")
        return [header, *(said[i : i + _CHUNK] for i in range(0, len(said), _CHUNK))]

    def described(self, data: ProfileData, said: bytes) -> ProfileData:
        root = _parsed(said)
        meanings, groups = _meanings(root), _groups(root)
        chars = {f"data{i}": _char(uuid) for i, uuid in enumerate(groups)}
        most = max(map(len, groups.values()))
        streams: dict[str, Stream] = {}
        for name, group in zip(chars, groups.values(), strict=True):
            shortest = 1 if len(groups) == 1 and not any(c.stride for c in group) else len(group)
            for n in range(shortest, len(group) + 1):
                only = {"numbers": n if n < len(group) else list(range(n, most + 1))}
                streams[f"{name}_{n}"] = _stream(name, group[:n], meanings, only)
        about = data.settings["numbers"].about
        numbers = Setting(limits=[1, most], default=_sent(root, groups), about=about)
        writes, configured = _configuration(root)
        return replace(
            data,
            chars={**data.chars, **chars, **configured},
            streams=streams,
            steps=[*data.steps, *writes],
            settings={**data.settings, "numbers": numbers},
        )


def _parsed(said: bytes) -> ET.Element:
    try:
        text = said.decode("utf-8")
        if "<!DOCTYPE" in text:  # and so no entity, which alone makes XML from outside dangerous
            raise PacketError("an experiment with a document type, which none has")
        root = ET.fromstring(text)  # noqa: S314
    except (UnicodeDecodeError, ET.ParseError, ValueError) as error:
        raise PacketError(f"an experiment that is no XML: {display(error, 80)}") from error
    if root.tag != "phyphox":
        raise PacketError(f"XML of {display(root.tag, 20)}, expected phyphox")
    return root


def _groups(root: ET.Element) -> dict[str, list[_Channel]]:
    """The channels of each characteristic, by their place."""
    outputs = [out for out in root.iterfind("input/bluetooth/output") if out.get("extra") is None]
    groups: dict[str, list[_Channel]] = {}
    for channel in sorted(map(_channel, outputs), key=lambda c: c.at):
        groups.setdefault(channel.char, []).append(channel)
    if not groups or max(map(len, groups.values())) > _MOST_CHANNELS:
        raise PacketError(
            f"an experiment that reads no number of a characteristic, or more than {_MOST_CHANNELS}"
        )
    return groups


def _channel(out: ET.Element) -> _Channel:
    char = (out.get("char") or "").lower()
    return _Channel(
        char, _number(out, "offset"), _kind(out.get("conversion") or ""), _number(out, "repeating"),
        (out.text or "").strip(),
    )  # fmt: skip


def _number(out: ET.Element, name: str) -> int:
    text = out.get(name) or "0"
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise PacketError(f"{name} '{display(text, 20)}' is no number of bytes")
    return int(text)


def _kind(conversion: str) -> str:
    found = re.fullmatch(r"(u?[iI]nt|float)(8|16|24|32|64)?(Little|Big)Endian", conversion)
    if found is None:
        if conversion in _SINGLE:
            return _SINGLE[conversion]
        raise PacketError(f"the conversion '{display(conversion, 30)}' is not known here")
    return (">" if found[3] == "Big" else "") + _WORDS[found[1].lower()] + (found[2] or "32")


# what the numbers are


def _meanings(root: ET.Element) -> dict[str, tuple[str, str, Unit]]:
    """For each container that is one: acc, gyr or mag; x, y, z or nothing; unit."""
    told: dict[str, list[str]] = {}
    for container, texts in _labels(root):
        told.setdefault(container, []).extend(filter(None, texts))
    found = {container: _meaning([container, *texts]) for container, texts in told.items()}
    return {container: meaning for container, meaning in found.items() if meaning}


def _labels(root: ET.Element) -> Iterator[tuple[str, list[str | None]]]:
    """Each container with the texts that people see beside it."""
    for graph in root.iterfind("views/view/graph"):
        for shown in graph.iterfind("input"):
            if shown.get("axis") == "y":
                yield _text(shown), [graph.get(key) for key in ("unitY", "labelY", "label")]
    for value in root.iterfind("views/view/value"):
        for shown in value.iterfind("input"):
            yield _text(shown), [value.get(key) for key in ("unit", "label")]
    for exported in root.iterfind("export/set/data"):
        yield _text(exported), [exported.get("name")]
    for out in root.iterfind("input/bluetooth/output"):
        yield _text(out), []


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()


def _meaning(texts: Sequence[str]) -> tuple[str, str, Unit] | None:
    units = [text for label in texts for text in (label, *re.findall(r"[(\[]([^()\[\]]*)[)\]]", label))]
    by_unit = next(filter(None, map(motion_of, units)), None)
    lowered = [text.lower() for text in texts]
    by_word = next((q for text in lowered for q, words in _QUANTITIES.items() if re.search(words, text)), None)
    axis = next((found[1] for found in map(_AXIS.search, lowered) if found), "")
    if by_unit is not None:
        return by_unit[0], axis, by_unit[1]
    return None if by_word is None else (by_word, axis, _SI[by_word])


def _sent(root: ET.Element, groups: Mapping[str, Sequence[_Channel]]) -> int:
    """How many numbers of a characteristic are shown: those that come after them are seldom sent."""
    shown = {_text(e) for e in root.iterfind("views/view/*/input")}
    last = [i + 1 for group in groups.values() for i, c in enumerate(group) if c.container in shown]
    return max(last, default=max(map(len, groups.values())))


# tables


def _stream(
    name: str, group: Sequence[_Channel], meanings: Mapping[str, tuple[str, str, Unit]], only: Mapping[str, Any]
) -> Stream:
    strides = {c.stride for c in group}
    if len(strides - {0}) > 1:
        raise PacketError("numbers of one characteristic that repeat after different lengths")
    stride = max(strides)
    repeated = [c for c in group if c.stride == stride]
    once = {word(c.container, f"once_{i}"): c for i, c in enumerate(group) if c.stride != stride}
    begin = repeated[0].at
    samples = Samples(at=begin, count="fill" if stride else 1, fields=_fields(repeated, stride, meanings))
    fields = {key: Number(at=c.at, type=c.kind) for key, c in once.items()}
    return Stream(char=name, only=dict(only), header=Header(fields=fields), samples=samples)


def _fields(
    group: Sequence[_Channel], stride: int, meanings: Mapping[str, tuple[str, str, Unit]]
) -> list[Field]:
    """The fields of a sample, what lies between them as bytes that are not told."""
    fields: list[Field] = []
    begin = at = group[0].at
    left = list(group)
    while left:
        first = left[0]
        if first.at < at:
            raise PacketError("numbers that overlap")
        fields += _gap(first.at - at, len(fields))
        motion = _vector(left[:3], meanings, {f.ch for f in fields})
        taken = left[: 3 if motion else 1]
        fields.append(motion or _single(first, {f.ch for f in fields}))
        at, left = taken[-1].end, left[len(taken) :]
    if stride and at - begin > stride:
        raise PacketError(f"numbers that repeat after {stride} bytes, which are too few")
    return fields + (_gap(stride - (at - begin), len(fields)) if stride else [])


def _gap(size: int, number: int) -> list[Field]:
    return [Field(ch=f"unread_{number}_{i}", type="u8", n=min(16, size - i)) for i in range(0, size, 16)]


def _single(channel: _Channel, taken: set[str]) -> Field:
    name = word(channel.container, f"at_{channel.at}")
    return Field(ch=name if name not in taken else f"at_{channel.at}", type=channel.kind, n=1)


def _vector(
    three: Sequence[_Channel], meanings: Mapping[str, tuple[str, str, Unit]], taken: set[str]
) -> Field | None:
    """The field of three numbers side by side that are the axes of one quantity."""
    told = [meanings.get(c.container) for c in three]
    known = [t for t in told if t is not None]
    if len(known) < 3 or len({(q, unit) for q, _, unit in known}) > 1 or known[0][0] in taken:
        return None
    first = three[0]
    side_by_side = all(b.at == a.end and b.kind == a.kind for a, b in pairwise(three))
    axes = [axis for _, axis, _ in known] if any(axis for _, axis, _ in known) else ["x", "y", "z"]
    if not side_by_side or "f" not in first.kind or sorted(axes) != ["x", "y", "z"]:
        return None
    turned: Any = None if axes == ["x", "y", "z"] else axes
    return Field(ch=known[0][0], type=first.kind, unit=known[0][2], axes=turned)


def _char(uuid: str) -> Char:
    return Char(service=_SERVICE, uuid=uuid, properties=["notify"])


def _configuration(root: ET.Element) -> tuple[list[Step], dict[str, Char]]:
    """What the app writes to the board before it starts."""
    steps: list[Step] = []
    chars: dict[str, Char] = {}
    for i, config in enumerate(root.iterfind("input/bluetooth/config")):
        if config.get("conversion") != "hexadecimal":
            raise PacketError("a configuration that is not given in hexadecimal")
        chars[f"config{i}"] = Char(
            service=_SERVICE, uuid=(config.get("char") or "").lower(), properties=["write"]
        )
        steps.append(Step(phase="start", char=f"config{i}", bytes=_text(config)))
    return steps, chars
