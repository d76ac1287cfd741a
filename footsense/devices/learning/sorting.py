"""Kinds of packets in a capture: by characteristic, by length, and where that does not tell, by a byte."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from footsense.devices.learning.capture import Packet, by_char
from footsense.devices.learning.columns import Block, block_of

FEWEST = 24  # packets of a kind from which anything can be learned
KINDS = 8  # that one byte can tell apart
HEADER = 24  # bytes among which the one is looked for


@dataclass(frozen=True, eq=False)
class Group:
    """Packets of one characteristic and one length: all together, and sorted by each byte that could tell kinds
    apart."""

    block: Block
    splits: list[list[Block]] = field(default_factory=list)


def groups(packets: Sequence[Packet]) -> list[Group]:
    """The groups that are large enough, the largest first."""
    found = []
    for mine in by_char(packets).values():
        lengths: dict[int, list[Packet]] = {}
        for packet in mine:
            lengths.setdefault(len(packet.payload), []).append(packet)
        found += [block_of(p) for length, p in lengths.items() if length and len(p) >= FEWEST]
    found.sort(key=lambda block: -block.raw.size)
    return [Group(block, _splits(block)) for block in found]


def _splits(block: Block) -> list[list[Block]]:
    """The kinds by each byte that has few values, each of them often."""
    found = []
    for at in range(min(block.length, HEADER)):
        values, counts = np.unique(block.raw[:, at], return_counts=True)
        often = values[counts >= max(FEWEST, 0.04 * len(block.raw))]
        if 1 < len(often) <= KINDS and len(values) <= KINDS:
            found.append([_only(block, at, int(value)) for value in often])
    return found


def _only(block: Block, at: int, value: int) -> Block:
    mine = block.raw[:, at] == value
    return Block(block.char, block.at_s[mine], block.raw[mine], ((at, value),))
