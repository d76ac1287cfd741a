"""Byte templates and the writes that a profile makes."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from footsense.devices import kinds
from footsense.devices.expression import evaluate
from footsense.devices.framing import with_check
from footsense.devices.model import MAX_SAID, Capture, Char, ProfileData, Reply, Step
from footsense.devices.selfdescribed import telling_of
from footsense.devices.selfdescribed.telling import Telling
from footsense.devices.settings import Value, applies, code_of, names_for
from footsense.devices.uuids import full
from footsense.errors import PacketError, ProfileError
from footsense.text import display

MAX_BYTES = 512
_PART = re.compile(r"\s*(?:\{([^{}:]+):([^{}:]+)\}|([0-9A-Fa-f]{2})(?:\*([0-9]{1,3}))?|'([^']*)')")


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back on `char` (UUID): `payload` from a virtual device; a real one's begins with `begin`.

    `capture`: settings that take their value from it, and where. `telling`: how the device says in it what it
    is, None where it does not, and `described`: the setting that takes that.
    """

    char: str
    payload: bytes
    begin: bytes = b""
    capture: tuple[tuple[str, Capture], ...] = ()
    telling: Telling | None = None
    described: str = ""

    @property
    def tells(self) -> bool:
        """Whether settings take their value from it."""
        return bool(self.capture or self.telling)

    @property
    def parts(self) -> list[bytes]:
        """The notifications in which a virtual device says it."""
        return self.telling.parts(self.payload) if self.telling else [self.payload]

    def hearing(self) -> "Callable[[bytes], dict[str, Value] | None]":
        """A function to which what comes on `char` is given, one after the other, until it tells the settings'
        values. It raises PacketError for what the device cannot have meant."""
        if self.telling is None:
            return self.values
        heard, whole, name = bytearray(), self.telling.whole, self.described

        def hear(payload: bytes) -> dict[str, Value] | None:
            heard.extend(payload)
            if len(heard) > 2 * MAX_SAID:
                raise PacketError(f"the device says more than {MAX_SAID} bytes of itself")
            said = whole(bytes(heard))
            return None if said is None else {name: said.hex()}

        return hear

    def read(self, payload: bytes) -> dict[str, Value]:
        """The settings' values in what was read at once. Raises PacketError where it is another answer."""
        values = self.hearing()(payload)
        if values is None:
            said, begin = display(payload.hex(" "), 40) or "nothing", display(self.begin.hex(" "), 40)
            what = f"and a beginning of {begin} is expected" if begin else "which is not all of it"
            raise PacketError(f"characteristic {self.char} reads {said}, {what}")
        return values

    def values(self, payload: bytes) -> dict[str, Value] | None:
        """The settings' values in an answer, None where it is another. Raises PacketError for a short one."""
        if not payload.startswith(self.begin):
            return None
        told: dict[str, Value] = {}
        for name, place in self.capture:
            at = _place(place, payload)
            if at is not None and at + kinds.size(place.type) <= len(payload):
                told[name] = _told(name, kinds.reader(place.type)(payload, at), place.mask)
            elif place.missing is None:
                raise PacketError(f"the answer {display(payload.hex(' '), 40)} does not tell {name}")
            else:
                told[name] = place.missing
        return told


def _place(place: Capture, payload: bytes) -> int | None:
    """Where the number lies, None where there is no record of its key."""
    if place.row is None:
        return place.at
    return next((i + 1 for i in range(place.at, len(payload), place.row) if payload[i] == place.key), None)


def _told(name: str, value: float, mask: int | None) -> float:
    """The value, or the bits of its mask, moved to the right. Raises PacketError for what is no number."""
    if not math.isfinite(value):
        raise PacketError(f"the answer tells no number for {name}")
    return value if mask is None else (int(value) & mask) // (mask & -mask)


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a profile: `char` is a UUID, `phase` probe, setup, start, stop or keepalive.

    `reply` is what the device then says, None where it says nothing; `delay_s` is waited after it; `every_s`
    is the period of a keepalive. `is_read`: it is no write, but a read of the characteristic. `service`: the
    UUID of its service, since several may have a characteristic of the same UUID; empty: any. `optional`: not
    made where the characteristic is missing.
    """

    phase: str
    char: str
    payload: bytes
    reply: Answer | None = None
    delay_s: float = 0.0
    every_s: float = 0.0
    is_read: bool = False
    service: str = ""
    optional: bool = False


def writes(data: ProfileData, settings: Mapping[str, Value]) -> list[Write]:
    """The writes under these (complete) settings, in order. Raises ProfileError for a template that fails."""
    made: list[Write] = []
    for i, step in enumerate(data.steps):
        if applies(step.only, settings):
            made += _chunks(_write(data, step, f"steps[{i}]", settings), step.chunk)
    return made


def _chunks(write: Write, size: int | None) -> list[Write]:
    """The write in pieces; what comes after it comes after the last."""
    if size is None or len(write.payload) <= size:
        return [write]
    pieces = [write.payload[i : i + size] for i in range(0, len(write.payload), size)]
    first = [replace(write, payload=piece, reply=None, delay_s=0.0) for piece in pieces[:-1]]
    return [*first, replace(write, payload=pieces[-1])]


def _write(data: ProfileData, step: Step, where: str, settings: Mapping[str, Value]) -> Write:
    payload = b"" if step.bytes is None else filled(data, step.bytes, f"{where}.bytes", settings)
    char = _char(data, step.char, where)
    return Write(
        step.phase,
        full(char.uuid),
        _checked(step, payload, where),
        _answer(data, step.expect, f"{where}.expect", settings) if step.expect else None,
        step.delay_ms / 1000,
        step.every_s,
        step.bytes is None,
        full(char.service),
        char.optional,
    )


def _answer(data: ProfileData, reply: Reply, where: str, settings: Mapping[str, Value]) -> Answer:
    payload = filled(data, reply.bytes, f"{where}.bytes", settings, MAX_SAID)
    begin = bytes.fromhex(reply.begin)
    answer = Answer(
        full(_char(data, reply.char, where).uuid), payload, begin, tuple(reply.capture.items()),
        telling_of(data, reply.describes, where) if reply.describes else None, reply.describes or "",
    )  # fmt: skip
    try:
        hear = answer.hearing()
        told = [hear(part) for part in answer.parts][-1]
    except PacketError as error:
        raise ProfileError(f"{where}.bytes: {error}") from error
    if told is None:
        missing = "to be all that the device says" if reply.describes else f"to begin with {reply.begin}"
        raise ProfileError(f"{where}.bytes: expected it {missing}")
    return answer


def _checked(step: Step, payload: bytes, where: str) -> bytes:
    """The bytes with their checksum in them."""
    if step.check is None:
        return payload
    if len(payload) < step.check.at + kinds.size(step.check.type):
        raise ProfileError(f"{where}.check.at: lies behind the end of the bytes")
    return with_check(step.check, payload)


def _char(data: ProfileData, name: str, where: str) -> Char:
    if name not in data.chars:
        known = ", ".join(data.chars)
        raise ProfileError(f"{where}.char: no characteristic '{name}' in [chars] (known: {known})")
    return data.chars[name]


def filled(
    data: ProfileData, template: str, where: str, settings: Mapping[str, Value], most: int = MAX_BYTES
) -> bytes:
    """The bytes of a template such as `03 00*4 {rate_hz_code:u8} {path:str0} 'text'`, at most `most`."""
    out = b""
    at = 0
    while at < len(template.rstrip()):
        part = _PART.match(template, at)
        if not part:
            rest = display(template[at:].strip(), 20)
            raise ProfileError(f"{where}: '{rest}' is neither hex bytes (03, 00*4) nor {{name:type}}")
        expression, kind, byte, times, text = part.groups()
        if text is not None:
            out += text.encode()
        elif expression:
            out += _packed(data, expression, kind, where, settings)
        else:
            out += bytes.fromhex(byte) * int(times or 1)
        at = part.end()
        if len(out) > most:
            raise ProfileError(f"{where}: more than {most} bytes")
    return out


def _packed(data: ProfileData, expression: str, kind: str, where: str, settings: Mapping[str, Value]) -> bytes:
    try:
        if kind in ("str", "str0"):
            return _text(data, expression.strip(), settings).encode() + b"\0" * (kind == "str0")
        if kind == "said":
            return _said(data, expression.strip(), settings)
        return kinds.packed(kind, evaluate(expression, names_for(data, settings)))
    except ProfileError as error:
        raise ProfileError(f"{where}: {error}") from error


def _said(data: ProfileData, name: str, settings: Mapping[str, Value]) -> bytes:
    """What the device says of itself."""
    if name not in settings or data.settings[name].said is None:
        raise ProfileError(f"no setting '{display(name)}' of what the device has said")
    return bytes.fromhex(str(settings[name]))


def _text(data: ProfileData, name: str, settings: Mapping[str, Value]) -> str:
    setting, _, part = name.partition(".")
    if setting not in settings or part not in ("", "code"):
        raise ProfileError(f"no setting '{display(name)}'")
    value = settings[setting]
    return str(code_of(data.settings[setting], value, settings) if part else value)
