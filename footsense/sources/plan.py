"""What a client does on a link for one profile and its settings: data, made once, from the profile."""

from collections.abc import Mapping
from dataclasses import dataclass

from footsense.devices import Profile, Write, commands


@dataclass(frozen=True, slots=True)
class Plan:
    """Characteristics (UUIDs) to subscribe to, in order, where they are there, and those that must be; the
    writes; the smallest ATT MTU in bytes whose notifications carry a packet; the seconds a packet covers."""

    name: str
    subscribe: tuple[str, ...]
    required: tuple[str, ...]
    writes: tuple[Write, ...] = ()
    mtu_min: int = 23
    packet_s: float = 0.0


def plan_for(profile: Profile, settings: Mapping[str, str | int | float]) -> Plan:
    """The plan of a profile. Raises UsageError for settings that it does not have."""
    return Plan(
        profile.name,
        profile.subscribe(settings),
        profile.required(settings),
        tuple(commands(profile, settings)),
        profile.mtu_min(settings),
        profile.packet_s(settings),
    )
