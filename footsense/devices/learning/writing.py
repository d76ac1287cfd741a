"""The text of a profile, from what was found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from footsense.devices.learning.capture import Capture, Place, by_char
from footsense.devices.learning.clocks import UNITS, Clock
from footsense.devices.learning.packet import Kind, body

HEX = 200  # bytes of a packet, at most, that is kept as an example


@dataclass(frozen=True, slots=True)
class Text:
    """What is told beside the tables."""

    name: str
    notes: Sequence[str]
    source: str


def profile_text(capture: Capture, kinds: Sequence[Kind], text: Text) -> str:
    """The TOML of a profile without its golden packets."""
    chars = {char: f"data_{i}" if i else "data" for i, char in enumerate(dict.fromkeys(k.char for k in kinds))}
    return "\n".join(
        [*_head(capture, kinds, text), *_chars(capture, chars), *_rate(kinds), *_steps(capture), ""]
        + [line for stream in _streams(capture, kinds, chars) for line in stream]
    )


def quoted(text: str) -> str:
    """A TOML string."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def slug(device: str) -> str:
    """A name that a profile may have."""
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-")[:40].strip("-") or "learned"


def _head(capture: Capture, kinds: Sequence[Kind], text: Text) -> list[str]:
    title = f"{capture.device or 'A device without a name'} (learned)"
    return [
        'schema = "footsense.profile/1"',
        f"name = {quoted(text.name)}",
        f"title = {quoted(title)}",
        'grade = "C"',
        f"sources = [{quoted(text.source)}]",
        f"notes = [{', '.join(quoted(n) for n in text.notes)}]",
        "",
        "[[match]]",
        _match(capture, kinds[0].char),
        "",
    ]


def _match(capture: Capture, char: str) -> str:
    kind, _, number = char.partition(":")
    if kind == "manufacturer":
        return f"company = {number}"
    if kind == "service-data":
        return f'service_data = "{number.removeprefix("0x")}"'
    return f"name = {quoted(capture.device)}" if capture.device else f'service = "{_service(capture, char)}"'


def _service(capture: Capture, char: str) -> str:
    """The service; where nobody knows it the characteristic's own UUID stands there, and a link looks for the
    characteristic wherever it is."""
    return capture.places.get(char, Place()).service or char


def _chars(capture: Capture, chars: dict[str, str]) -> Iterator[str]:
    places = {char: capture.places.get(char, Place()) for char in chars}
    for char, name in chars.items():
        if ":" in char:
            yield f'[chars.{name}]\nuuid = "{char}"\nproperties = ["broadcast"]\n'
            continue
        can = [p for p in places[char].properties if p in ("read", "notify", "indicate")]
        said = ", ".join(f'"{p}"' for p in can if "notify" in can or "indicate" in can) or '"notify"'
        yield f'[chars.{name}]\nservice = "{_service(capture, char)}"\nuuid = "{char}"\nproperties = [{said}]\n'
    for i, char in enumerate(dict.fromkeys(w.char for w in capture.written)):
        service = next(w.service for w in capture.written if w.char == char) or char
        yield f'[chars.command_{i}]\nservice = "{service}"\nuuid = "{char}"\nproperties = ["write"]\n'


def _steps(capture: Capture) -> Iterator[str]:
    names = {char: f"command_{i}" for i, char in enumerate(dict.fromkeys(w.char for w in capture.written))}
    for write in capture.written:
        yield f'\n[[steps]]\nphase = "start"\nchar = "{names[write.char]}"\nbytes = "{write.payload.hex(" ")}"'


def _rate(kinds: Sequence[Kind]) -> list[str]:
    hz = f"{kinds[0].rate_hz:g}"
    key = hz if hz.isdecimal() else f'"{hz}"'
    return [
        "[settings.rate_hz]",
        'about = "samples a second, as they came"',
        f'values = {{ {key} = 0 }}\nchoose = "nearest"\ndefault = {hz}',
    ]


def _streams(capture: Capture, kinds: Sequence[Kind], chars: dict[str, str]) -> Iterator[list[str]]:
    for kind in kinds:
        yield _stream(kind, chars[kind.char], _needs_length(capture, kind), kind.rate_hz != kinds[0].rate_hz)
    for i, (char, length, when) in enumerate(_others(capture, kinds)):
        yield [
            f"[streams.other_{i}]",
            f'char = "{chars[char]}"\nabout = "what these packets mean is not known"\nasked = false',
            f'length = {length}\n{_when(when)}rest = "data_hex"\n',
        ]


def stream_name(kind: Kind) -> str:
    """What a stream is called: after what it carries."""
    found = [c.ch for c in kind.channels]
    return "motion" if len(found) > 1 else {"acc": "acc", "gyr": "gyro"}[found[0]]


def _stream(kind: Kind, char: str, with_length: bool, own_rate: bool) -> list[str]:
    name = stream_name(kind)
    samples = body(kind)
    assert samples is not None
    lines = [f"[streams.{name}]", f'char = "{char}"']
    lines += [f"length = {kind.length}"] if with_length else []
    lines += [_when(kind.when).rstrip()] if kind.when else []
    lines += [f'rate = "{kind.rate_hz:g}"'] if own_rate else []
    sequence, stamp = kind.clocks.sequence, kind.clocks.stamp
    if sequence and _outside(sequence, samples.at, samples.end):
        lines.append(f"header.sequence = {{ {_clock(sequence)}{_counts(sequence, kind.count)} }}")
    if stamp and _outside(stamp, samples.at, samples.end):
        tick = f'unit = "{stamp.tick}"' if stamp.tick in UNITS else f'tick_s = "{stamp.tick}"'
        lines.append(f"header.timestamp = {{ {_clock(stamp)}, {tick} }}")
    if samples.end < kind.length:
        lines.append(f'header.sent = [{{ at = {kind.length - 1}, type = "u8" }}]')
    lines += ["", f"[streams.{name}.samples]", f"at = {samples.at}"]
    lines += [f"count = {kind.count}"] if kind.count > 1 else []
    lines += ['layout = "planar"'] if samples.planar else []
    return [*lines, f"fields = [\n  {f',{chr(10)}  '.join(samples.fields)},\n]", ""]


def _when(when: Sequence[tuple[int, int]]) -> str:
    rules = ", ".join(f"{{ at = {at}, eq = {eq} }}" for at, eq in when)
    return f"when = [{rules}]\n" if when else ""


def _clock(clock: Clock) -> str:
    wrap = f", wrap = {clock.wrap}" if clock.wrap else ""
    return f'at = {clock.at}, type = "{clock.kind}"{wrap}'


def _counts(sequence: Clock, samples: int) -> str:
    return ', counts = "samples"' if samples > 1 and sequence.step == samples else ""


def _outside(clock: Clock, at: int, end: int) -> bool:
    return all(not at <= o < end for o in clock.bytes)


def _needs_length(capture: Capture, kind: Kind) -> bool:
    return any(len(p.payload) != kind.length for p in capture.packets if p.char == kind.char)


def _others(capture: Capture, kinds: Sequence[Kind]) -> Iterator[tuple[str, int, tuple[tuple[int, int], ...]]]:
    """Packets of the same characteristics that are of no kind: by length, and by the byte that tells."""
    for char, packets in by_char(capture.packets).items():
        mine = [k for k in kinds if k.char == char]
        if not mine:
            continue
        known = {k.length for k in mine}
        for length in dict.fromkeys(len(p.payload) for p in packets):
            if length and length not in known:
                yield char, length, ()
        for length in known:
            told = [k.when for k in mine if k.length == length]
            if all(told):
                at = told[0][0][0]
                values = {p.payload[at] for p in packets if len(p.payload) == length}
                yield from ((char, length, ((at, v),)) for v in sorted(values - {w[0][1] for w in told}))
