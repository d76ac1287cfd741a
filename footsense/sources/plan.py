"""What a client does on a link for one profile and its settings: data, made once, from the profile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from footsense.devices import Profile, Write, commands
from footsense.errors import UsageError

Settings = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Plan:
    """Characteristics (UUIDs) to subscribe to, in order, where they are there, and those that must be, each
    with the UUID of its service (empty: any); the writes; the smallest ATT MTU in bytes whose notifications
    carry a packet; the seconds a packet covers.

    `settings` are those it is made for; `told` makes the plan with what the device has answered to the probes,
    which raises UsageError for a value that the profile does not know; `found` gives what follows from the
    characteristics (UUIDs) that the device has.
    """

    name: str
    subscribe: tuple[str, ...]
    required: tuple[tuple[str, str], ...]
    writes: tuple[Write, ...] = ()
    mtu_min: int = 23
    packet_s: float = 0.0
    settings: Settings = field(default_factory=dict)
    told: "Callable[[Settings], Plan] | None" = None
    found: Callable[[Sequence[str]], Settings] = lambda _: {}


def nothing_to_connect_to(profile: Profile) -> str:
    """One line about a device that only advertises."""
    return (
        f"{profile.name}: this device only advertises, about once a second, which is too slow to count "
        "anything, and there is nothing to connect to: take a sensor that streams (`footsense profiles list`)"
    )


def plan_for(profile: Profile, settings: Settings) -> Plan:
    """The plan of a profile. Raises UsageError for settings that it does not have, and for a device that only
    advertises."""
    if profile.broadcasts:
        raise UsageError(nothing_to_connect_to(profile))
    return Plan(
        profile.name,
        profile.subscribe(settings),
        profile.required(settings),
        tuple(commands(profile, settings)),
        profile.mtu_min(settings),
        profile.packet_s(settings),
        profile.settings_for(settings),
        lambda answers: plan_for(profile, {**settings, **answers}),
        profile.found,
    )
