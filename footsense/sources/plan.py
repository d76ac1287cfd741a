"""What a client does on a link for one profile and its settings: data, made once, from the profile."""

from dataclasses import dataclass
from typing import Any, Protocol


class Step(Protocol):
    """One write: `phase` is probe, setup, start, stop or keepalive; `char` a UUID."""

    @property
    def phase(self) -> str: ...
    @property
    def char(self) -> str: ...
    @property
    def payload(self) -> bytes: ...


class Known(Protocol):
    """What the scan needs of a profile."""

    @property
    def name(self) -> str: ...
    def match_score(self, advertisement: Any, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Characteristics (UUIDs) to subscribe to, in order, and those that must be there; the writes; the
    smallest ATT MTU in bytes whose notifications carry a packet; the time in s that a packet covers; the
    period in s of the keepalive writes, 0 without any."""

    name: str
    subscribe: tuple[str, ...]
    required: tuple[str, ...]
    writes: tuple[Step, ...] = ()
    mtu_min: int = 23
    packet_s: float = 0.0
    keepalive_s: float = 0.0
