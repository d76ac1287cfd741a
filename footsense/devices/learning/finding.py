"""From packets to the channels in them: the accelerometer by gravity, then the gyroscope by how it turns it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from footsense.devices.learning.clocks import Clocks, clocks
from footsense.devices.learning.columns import Block
from footsense.devices.learning.gravity import Sphere, Triple, candidates
from footsense.devices.learning.rows import Row, belonging, goes_on, grain, longest, overlap, rows, times
from footsense.devices.learning.sorting import Group
from footsense.devices.learning.stillness import Spells, spells
from footsense.devices.learning.turning import Gyro, Track, gyro_of, resting

SAME_COUNTS = 0.04
RAGGED = 3.0  # what a ragged course is worth, against a misfit in the positions
LONGER = 0.5  # what a row of e times as many samples is worth
WORSE = 2.0  # than the least misfit, at most
HYPOTHESES = 16  # of when it was still
CLOSE = 0.7  # costs that may change places
BELONGS = 5.0  # standard errors
TRIED = 24  # rows that could be a gyroscope


@dataclass(frozen=True, eq=False)
class Acc:
    """An accelerometer: its packets, the stillness by which it was found, where its numbers lie, and `gravity`
    as its first sample shows it. `cost`: the smaller the better; `rivals`: other readings of the same bytes."""

    block: Block
    spells: Spells
    row: Row
    gravity: Sphere
    cost: float
    rivals: tuple["Acc", ...] = ()


@dataclass(frozen=True, eq=False)
class Heard:
    """What was found out: the accelerometer with its counter and clock, and the gyroscope, with its packets and
    their counter and clock (those of the accelerometer where it is in the same packets)."""

    acc: Acc
    clocks: Clocks
    gyro: Gyro | None = None
    gyro_block: Block | None = None
    gyro_clocks: Clocks = field(default_factory=Clocks)


@dataclass(frozen=True, eq=False)
class Nothing:
    """Why there is no accelerometer: how many positions were told apart at best, whether something of constant
    size was found that no shake changes, and in how many kinds of packets was looked."""

    positions: int
    unshaken: bool
    kinds: int


def hear(found: Sequence[Group]) -> Heard | Nothing:
    """The channels of a device in its packets."""
    blocks = [group.block for group in found]
    acc, nothing = _accelerometer(blocks)
    beside: list[Block] = []
    if acc is None:
        parts = [part for group in found for split in group.splits for part in split]
        acc, _ = _accelerometer(parts)
        if acc is None:
            return nothing
        beside = [
            p for g in found for split in g.splits if acc.block in split for p in split if p is not acc.block
        ]
    others = [g for g in found if g.block.char != acc.block.char or g.block.length != acc.block.length]
    parts = [part for g in others for split in g.splits for part in split]
    return _with_gyro(acc, [[acc.block], beside, [g.block for g in others], parts])


def _accelerometer(blocks: Sequence[Block]) -> tuple[Acc | None, Nothing]:
    """The best accelerometer among these packets, and what there is to say if there is none."""
    quiet = _distinct(sorted((s for b in blocks for s in spells(b)), key=lambda s: -s.clearness))[:HYPOTHESES]
    found: list[Acc] = []
    unshaken = False
    for block in blocks:
        for one in quiet:
            triples = candidates(block, one)
            unshaken = unshaken or any(not t.is_shaken for t in triples)
            found += _rows_of(block, one, [t for t in triples if t.is_shaken])
    if not found:
        return None, Nothing(max((len(q.still) for q in quiet), default=0), unshaken, len(blocks))
    best, *rivals = _ranked(found)
    return replace(best, rivals=tuple(rivals)), Nothing(0, False, 0)


def _ranked(found: Sequence[Acc]) -> list[Acc]:
    """Those that agree in as many positions, as well, the smoothest first; each reading once. Of whole numbers
    that are read a byte too low, with one that is not theirs behind, the right one has the smaller counts."""
    most = max(acc.gravity.positions for acc in found)
    kept = [acc for acc in found if acc.gravity.positions >= most - 1]
    least = min(acc.gravity.misfit for acc in kept)
    kept = sorted((a for a in kept if a.gravity.misfit < WORSE * least + 0.004), key=lambda acc: acc.cost)
    once = sorted(_once(kept), key=lambda acc: acc.cost)
    close = [a for a in once if a.cost - once[0].cost < CLOSE and a.block is once[0].block]
    first = max(close, key=lambda a: (_belongs(a) > BELONGS, -a.cost))
    best = min((a for a in once if _is_shifted(a, first)), key=lambda a: a.gravity.counts)
    return [best, *(a for a in once if a.block is best.block and _differs(a, best))]


def _belongs(acc: Acc) -> float:
    still = np.repeat(acc.spells.within(acc.block.at_s) >= 0, acc.row.count)
    return belonging(acc.row, acc.block, still)


def is_clear(acc: Acc, rival: Acc) -> bool:
    """Whether the bytes themselves tell the one reading from the other, or the sum of all does."""
    told = overlap(acc.row, rival.row) and _belongs(acc) > BELONGS > 2 * _belongs(rival)
    return told or rival.cost - acc.cost > CLOSE


def _once(found: Sequence[Acc]) -> Iterator[Acc]:
    """Each reading with the stillness in which it agrees in most positions, as well as in any, for longest."""
    readings: dict[tuple[int, Row], list[Acc]] = {}
    for acc in found:
        readings.setdefault((id(acc.block), acc.row), []).append(acc)
    for same in readings.values():
        most = max(min(a.gravity.positions, 6) for a in same)
        kept = [a for a in same if a.gravity.positions >= most]
        least = min(a.gravity.misfit for a in kept)
        yield max((a for a in kept if a.gravity.misfit < 1.5 * least + 0.002), key=lambda a: a.spells.lasting_s)


def _is_shifted(acc: Acc, best: Acc) -> bool:
    """Whether it is the same, or the same numbers with a byte more or less below."""
    if acc is best:
        return True
    power = np.log(best.gravity.counts / acc.gravity.counts) / np.log(256.0)
    same = acc.block is best.block and (acc.row.kind, acc.row.count) == (best.row.kind, best.row.count)
    return bool(same and acc.cost - best.cost < 0.5 and round(power) >= 1 and abs(power - round(power)) < 0.01)


def _distinct(found: Iterable[Spells]) -> list[Spells]:
    seen: list[Spells] = []
    for one in found:
        if not any(len(s.still) == len(one.still) and _close(s, one) for s in seen):
            seen.append(one)
    return seen


def _close(a: Spells, b: Spells) -> bool:
    return bool(np.abs(np.array(a.still) - np.array(b.still)).max() < 0.2)


def _rows_of(block: Block, quiet: Spells, found: Sequence[Triple]) -> list[Acc]:
    """The longest rows of each type."""
    accs = []
    for kind in dict.fromkeys(t.kind for t in found):
        mine = {t.at: t for t in found if t.kind == kind}
        for row in _longest(kind, mine, block):
            members = [mine[o] for o in row.offsets]
            accs.append(Acc(block, quiet, row, members[0].gravity, _cost(block, quiet, row, members)))
    return accs


def _longest(kind: str, mine: dict[int, Triple], block: Block) -> list[Row]:
    """The longest rows whose samples go on in time and agree in what 1 g and 0 are."""
    found: list[Row] = []
    for row in rows(kind, mine):
        if found and row.count < found[0].count:
            break
        first = mine[row.at]
        others = [mine[o] for o in row.offsets]
        alike = all(
            abs(o.gravity.counts / first.gravity.counts - 1) < SAME_COUNTS
            and o.gravity.zero == first.gravity.zero
            for o in others
        )
        if alike and not row.bytes & _telling(block) and goes_on(row, block):
            found.append(row)
    return found


def _telling(block: Block) -> set[int]:
    """Offsets of the bytes that set the packets apart."""
    return {at for at, _ in block.when}


def _cost(block: Block, quiet: Spells, row: Row, members: Sequence[Triple]) -> float:
    first = members[0].gravity
    still = np.repeat(quiet.within(block.at_s) >= 0, row.count)
    ragged = grain((row.values(block) - first.zero) / first.counts, still)
    misfit = float(np.mean([m.gravity.misfit for m in members]))
    return float(np.log(misfit + 0.004) + RAGGED * np.log(ragged.mean() + 1e-6) - LONGER * np.log(row.count))


def _differs(a: Acc, best: Acc) -> bool:
    """Whether it is another reading of some of the same bytes, and not the same numbers begun later, or with a
    byte that is not theirs."""
    if not overlap(a.row, best.row) or a.row == best.row:
        return False
    return a.row.kind != best.row.kind or (a.row.count == best.row.count and not _is_shifted(best, a))


def track_of(acc: Acc, packet_s: np.ndarray) -> Track:
    """The accelerometer's course, without what its axes seem to be off by."""
    sphere = acc.gravity
    values = (acc.row.values(acc.block) - sphere.zero) / sphere.counts
    return Track(times(packet_s, acc.row.count), (values - sphere.offset) / sphere.gain)


def _with_gyro(acc: Acc, tiers: Sequence[Sequence[Block]]) -> Heard:
    """With the gyroscope, looked for in one tier of packets after the other."""
    own = clocks(acc.block, acc.row.bytes, acc.row.count)
    track = track_of(acc, own.times(acc.block))
    for blocks in tiers:
        tried = [one for block in blocks for one in _turning(acc, block, own, track)]
        if tried:
            _, gyro, block = min(tried, key=lambda one: one[0])
            taken = gyro.row.bytes | (acc.row.bytes if block is acc.block else set())
            ticking = clocks(block, taken, gyro.row.count)
            return Heard(acc, ticking if block is acc.block else own, gyro, block, ticking)
    return Heard(acc, own)


def _turning(acc: Acc, block: Block, own: Clocks, track: Track) -> list[tuple[float, Gyro, Block]]:
    """What of these packets turns gravity, each with its cost."""
    found = []
    ticking = own if block is acc.block else clocks(block, set())
    packet_s = ticking.times(block)
    still = acc.spells.within(block.at_s) >= 0
    for stray, row in _possible(acc, block):
        gyro = gyro_of(row, times(packet_s, row.count), row.values(block), track, acc.spells)
        if gyro is not None:
            cost = np.log(gyro.misfit_deg + 0.5) + 2 * np.log(stray + 0.001) - np.log(gyro.explained)
            told = belonging(row, block, np.repeat(still, row.count)) > BELONGS
            found.append((float(cost - LONGER * np.log(row.count) - CLOSE * told), gyro, block))
    return found


def _possible(acc: Acc, block: Block) -> list[tuple[float, Row]]:
    """Rows that rest when the sensor rests and fit beside the accelerometer, the quietest first."""
    found = []
    for kind, offsets, strays in resting(block, acc.spells):
        quiet = dict(zip(offsets, strays.tolist(), strict=True))
        mine = rows(kind, offsets)
        mine = [r for r in mine if _fits(acc.row, r)] if block is acc.block else longest(mine)
        mine = [r for r in mine if not r.bytes & _telling(block) and goes_on(r, block)]
        found += [(float(np.mean([quiet[o] for o in row.offsets])), row) for row in mine]
    return sorted(found, key=lambda pair: (pair[0], pair[1].at))[:TRIED]


def _fits(acc: Row, row: Row) -> bool:
    """Whether both can be in one packet: as many samples, record by record or one block after the other."""
    if row.count != acc.count or overlap(acc, row):
        return False
    if acc.count == 1:
        return True
    together = acc.step == row.step and abs(row.at - acc.at) < acc.step
    return together or (acc.step == acc.size and row.step == row.size)


def other_motion(heard: Heard, found: Sequence[Group]) -> str:
    """What else moves when the sensor is moved and rests when it rests, though it is no gyroscope; "" if
    nothing does."""
    for block in dict.fromkeys([heard.acc.block, *(group.block for group in found)]):
        taken = heard.acc.row.bytes if block is heard.acc.block else set()
        for kind, offsets, _ in resting(block, heard.acc.spells):
            if any(not Row(kind, o, 1, 1).bytes & taken for o in offsets):
                return "something else moves with the sensor, and it does not agree with how gravity turns"
    return ""
