"""The whole way from a capture to a profile, with how sure it is and what else would fit."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from footsense.devices.decoder import Decoder
from footsense.devices.learning.capture import Capture, Packet, by_char
from footsense.devices.learning.clocks import Clocks
from footsense.devices.learning.columns import Block
from footsense.devices.learning.finding import Acc, Heard, Nothing, hear, is_clear, other_motion
from footsense.devices.learning.packet import PLAIN, Channel, Kind, body
from footsense.devices.learning.scales import Meant, acc_scale, gyr_scale
from footsense.devices.learning.sorting import groups
from footsense.devices.learning.turning import Gyro
from footsense.devices.learning.writing import Text, profile_text, quoted, slug
from footsense.devices.profile import Profile, parse_profile
from footsense.devices.reading import Readings
from footsense.errors import PacketError, ProfileError

POSITIONS = 5
MISFIT, MISFIT_DEG = 0.012, 8.0
DECODED = 0.97
LENGTHS = 4  # of the packets of one characteristic, each often
SWAPPED = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class Learned:
    """A profile, what was found in words, `doubts` (none: it is sure), and what else would fit."""

    profile: Profile
    found: tuple[str, ...]
    doubts: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def sure(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts


@dataclass(frozen=True, slots=True)
class Declined:
    """Why no profile was made, and what to do."""

    reason: str


def learn(capture: Capture, name: str = "") -> Learned | Declined:
    """The profile of the device whose notifications these are; `name` for the profile."""
    plain = _plain(capture)
    if not plain:
        return Declined(
            f"on each characteristic the packets have more than {LENGTHS} lengths: compressed, or text, "
            "and no fixed layout says what is in them"
        )
    sorted_out = groups(plain)
    if not sorted_out:
        return Declined(
            f"{len(capture.packets)} notifications, and no 24 of one length: their lengths differ, or they are "
            "too few; then hold each position for longer"
        )
    heard = hear(sorted_out)
    if isinstance(heard, Nothing):
        return Declined(_nothing(heard))
    made = _kinds(heard)
    if isinstance(made, Declined):
        return made
    return _checked(capture, heard, made, name or slug(capture.device))


def _plain(capture: Capture) -> list[Packet]:
    """The packets of characteristics on which few lengths are frequent."""
    kept: list[Packet] = []
    for packets in by_char(capture.packets).values():
        lengths = Counter(len(p.payload) for p in packets)
        if sum(n > 0.02 * len(packets) for n in lengths.values()) <= LENGTHS:
            kept += packets
    return kept


def _nothing(nothing: Nothing) -> str:
    if nothing.unshaken:
        return (
            "numbers of one size in every position were found, and they stay so in the shake, as those of "
            "a magnetometer do: there is no accelerometer, or it was not shaken; shake it hard at the end"
        )
    if nothing.positions < 4:
        return (
            "no four spells of stillness are seen in the bytes: hold the sensor still for 4 s in each of six "
            "positions; if you did, the packets are compressed, encrypted, or hold no motion"
        )
    return (
        f"{nothing.positions} spells of stillness, and no three numbers of one size in them: the packets are "
        "compressed, their layout changes, or their axes do not stand side by side"
    )


def _kinds(heard: Heard) -> list[Kind] | Declined:
    """The kinds of packets with their channels, the accelerometer's first."""
    acc, gyro = heard.acc, heard.gyro
    meant = _acc_meant(acc)
    frame, turn = _frames(heard)
    channels = [Channel("acc", acc.row, acc.gravity.zero, meant.scale, meant.unit, frame)]
    kinds = []
    if gyro is not None and turn is not None:
        scale = _gyr_meant(gyro)
        zero = gyro.zero if "u" in gyro.row.kind else 0.0
        turning = Channel("gyr", gyro.row, _round_zero(zero), scale.scale, scale.unit, turn)
        if heard.gyro_block is acc.block:
            channels.append(turning)
        elif heard.gyro_block is not None:
            kinds = [_kind(heard.gyro_block, (turning,), heard.gyro_clocks)]
    kinds.insert(0, _kind(acc.block, tuple(channels), heard.clocks))
    if any(body(kind) is None for kind in kinds):
        return Declined("the numbers lie in planes with something between them, which a profile cannot say")
    return kinds


def _acc_meant(acc: Acc) -> Meant:
    return acc_scale(acc.gravity.counts, acc.row.kind, acc.gravity.misfit)


def _gyr_meant(gyro: Gyro) -> Meant:
    return gyr_scale(gyro.dps, gyro.row.kind, gyro.spread)


def _round_zero(zero: float) -> float:
    power = 2.0 ** round(np.log2(zero)) if zero > 1 else zero
    return power if abs(power - zero) < 0.02 * power else zero


def _frames(heard: Heard) -> tuple[np.ndarray, np.ndarray | None]:
    """The axes of accelerometer and gyroscope in one right-handed frame.

    Gravity and turns agree in a mirrored world too. That the gyroscope's sense is right-handed tells which:
    where its numbers turn gravity the wrong way round, the order of the axes is left-handed, and x and y change
    places.
    """
    if heard.gyro is None:
        return PLAIN, None
    if np.linalg.det(heard.gyro.axes) > 0:
        return PLAIN, heard.gyro.axes
    return SWAPPED, -SWAPPED @ heard.gyro.axes


def _kind(block: Block, channels: tuple[Channel, ...], clocks: Clocks) -> Kind:
    count = channels[0].row.count
    return Kind(block.char, block.length, block.when, channels, clocks, _rate(count / _period_s(block, clocks)))


def _period_s(block: Block, clocks: Clocks) -> float:
    """Time from one packet to the next where none was lost."""
    best = clocks.stamp or clocks.sequence
    if best is None:
        return block.period_s
    steps = np.diff(best.count)
    usual = float(steps[steps < 1.5 * best.step].mean())
    heard_s = block.period_s * usual / float(steps.mean())
    return usual * best.tick_s if best.is_nice else heard_s


def _rate(hz: float) -> float:
    whole = round(hz)
    return float(whole) if whole and abs(hz / whole - 1) < 0.006 else float(f"{hz:.4g}")


def _checked(capture: Capture, heard: Heard, kinds: Sequence[Kind], name: str) -> Learned | Declined:
    """The profile as `check` and `decode` take it, with packets of the capture as its golden ones."""
    notes = list(_notes(heard, capture))
    text = profile_text(capture, kinds, Text(name, notes, _source(capture)))
    profile = parse_profile(text, name)
    golden = "".join(_golden(profile, block, kind) for block, kind in zip(_blocks(heard), kinds, strict=False))
    whole = parse_profile(text + golden, name)
    found = tuple(_found(heard, kinds))
    doubts = tuple(_doubts(capture, heard, kinds, whole))
    return Learned(whole, found, doubts, tuple(_others(heard)))


def _blocks(heard: Heard) -> list[Block]:
    blocks = [heard.acc.block]
    if heard.gyro_block is not None and heard.gyro_block is not heard.acc.block:
        blocks.append(heard.gyro_block)
    return blocks


def _source(capture: Capture) -> str:
    seconds = capture.packets[-1].at_s - capture.packets[0].at_s
    count = len(capture.packets)
    return f"learned by footsense from {count} notifications in {seconds:.0f} s; nobody has checked it"


def _golden(profile: Profile, block: Block, kind: Kind) -> str:
    """Two packets of the capture, at rest and in motion, and what they mean."""
    char = next(name for name, c in profile.data.chars.items() if profile.char_uuid(name) == kind.char)
    chosen = [len(block.raw) // 20, len(block.raw) - 1 - len(block.raw) // 20]
    parts = []
    for i in dict.fromkeys(chosen):
        payload = block.raw[i].tobytes()
        told = Readings(profile, {}, kind.char).feed(payload)
        told.pop("timestamps_s", None)
        lines = [f"expected.{key} = {_toml(value)}" for key, value in told.items()]
        parts.append(
            f'\n[[golden]]\nsource = "the capture that this was learned from"\nbasis = "captured"\n'
            f'char = "{char}"\nhex = ["{payload.hex()}"]\n' + "\n".join(lines) + "\n"
        )
    return "".join(parts)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "[\n  " + ",\n  ".join(map(_toml, value)) + ",\n]"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return quoted(value) if isinstance(value, str) else repr(value)


def _notes(heard: Heard, capture: Capture) -> Iterator[str]:
    if heard.gyro is None:
        yield "No gyroscope: whether the axes are right-handed cannot be told from gravity alone."
    elif np.linalg.det(heard.gyro.axes) < 0:
        yield "x and y change places: in their order in the packet the axes are left-handed."
    if heard.acc.block.char not in capture.places:
        yield "The service was not in the capture: the characteristic's own UUID stands in its place."
    yield "The sense of gravity is taken as it is usual: at rest the axis that points up shows +1 g."


def _found(heard: Heard, kinds: Sequence[Kind]) -> Iterator[str]:
    for kind in kinds:
        for channel in kind.channels:
            row = channel.row
            several = f", {row.count} in a packet, {row.step} bytes apart" if row.count > 1 else ""
            zero = f", zero at {channel.zero:g}" if channel.zero else ""
            what = {"acc": "acceleration", "gyr": "angular rate"}[channel.ch]
            yield f"{what}: {row.kind} from byte {row.at}{several}{zero}; {channel.scale} {channel.unit}"
        for name, clock in (("counter", kind.clocks.sequence), ("clock", kind.clocks.stamp)):
            if clock:
                step = f"a tick is {clock.tick}" if name == "clock" else f"{clock.step} a packet"
                begins = f", begins anew at {clock.wrap}" if clock.wrap else ""
                yield f"{name}: {clock.kind} at byte {clock.at}, {step}{begins}"
        yield f"packets of {kind.length} bytes on {kind.char}, {kind.rate_hz:g} samples a second"


def _others(heard: Heard) -> Iterator[str]:
    for rival in heard.acc.rivals[:2]:
        if not is_clear(heard.acc, rival):
            yield f"acceleration as {rival.row.kind} from byte {rival.row.at}, {rival.row.count} in a packet"
    yield from (f"acceleration: {other}" for other in _acc_meant(heard.acc).others)
    if heard.gyro is not None:
        yield from (f"angular rate: {other}" for other in _gyr_meant(heard.gyro).others)


def _doubts(capture: Capture, heard: Heard, kinds: Sequence[Kind], profile: Profile) -> Iterator[str]:
    acc, gyro = heard.acc, heard.gyro
    if acc.gravity.positions < POSITIONS:
        yield f"only {acc.gravity.positions} positions differ enough; six, one on each side, would be better"
    if acc.gravity.misfit > MISFIT:
        yield f"gravity is not of one size in all positions: {100 * acc.gravity.misfit:.1f} % are left"
    if not all(is_clear(acc, rival) for rival in acc.rivals):
        yield "the same bytes fit nearly as well when they are read otherwise"
    if gyro is None and (told := other_motion(heard, groups(capture.packets))):
        yield told
    if gyro is not None and _gyr_meant(gyro).measured:
        yield "the scale of the angular rate is none of the usual ones: measured, to some 3 %"
    if gyro is not None and gyro.misfit_deg > MISFIT_DEG:
        yield f"angular rate and gravity differ by {gyro.misfit_deg:.0f}° from one position to the next"
    if len(kinds) > 1 and not 0.8 < kinds[0].rate_hz / kinds[1].rate_hz < 1.25:
        rates = f"{kinds[0].rate_hz:g} accelerations a second and {kinds[1].rate_hz:g} angular rates"
        yield f"{rates}: some are missing"
    share = _decoded(capture, kinds, profile)
    if share < DECODED:
        yield f"only {100 * share:.0f} % of the packets decode"


def _decoded(capture: Capture, kinds: Sequence[Kind], profile: Profile) -> float:
    """Share of the packets on these characteristics that the profile decodes."""
    decoder = Decoder(profile, {})
    chars = {kind.char for kind in kinds}
    packets = [p for p in capture.packets if p.char in chars]
    good = 0
    for packet in packets:
        try:
            good += bool(decoder.feed(packet.char, packet.payload))
        except (PacketError, ProfileError):
            continue
    return good / max(len(packets), 1)
