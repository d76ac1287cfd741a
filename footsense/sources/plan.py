"""What a client does on a link for one profile and its settings: data, made once, from the profile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from footsense.devices import Advertisement, Decoder, Profile, Write, commands
from footsense.errors import UsageError

Settings = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Plan:
    """Characteristics (UUIDs) to subscribe to, in order, where they are there, and those that must be, each
    with the UUID of its service (empty: any); the writes; the smallest ATT MTU in bytes whose notifications
    carry a packet; the seconds a packet covers.

    `settings` are those it is made for; `told` makes the plan with what the device has answered to the probes,
    which raises UsageError for a value that the profile does not know; `found` gives what follows from the
    characteristics (UUIDs) that the device has. `told_by`: where it says itself what it sends, the
    characteristics that must be for that, before it is known which others must. `said`: where the device only
    advertises, the packets in an advertisement as (place, bytes); None where it is connected to. `tells_acc`:
    whether a packet tells an acceleration; raises PacketError for one that cannot be read.
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
    told_by: tuple[tuple[str, str], ...] | None = None
    said: Callable[[Advertisement], list[tuple[str, bytes]]] | None = None
    tells_acc: Callable[[str, bytes], bool] = lambda _place, _packet: True


def plan_for(profile: Profile, settings: Settings) -> Plan:
    """The plan of a profile. Raises UsageError for settings that it does not have, and for a device that sends
    no acceleration."""
    decoder = Decoder(profile, settings)
    if not any(t.carries_acc for t in decoder.timings):
        raise UsageError(f"{profile.name}: {_no_acceleration(profile)}")
    required, writes = profile.required(settings), tuple(commands(profile, settings))
    return Plan(
        profile.name,
        profile.subscribe(settings),
        required,
        writes,
        profile.mtu_min(settings),
        profile.packet_s(settings),
        profile.settings_for(settings),
        lambda answers: plan_for(profile, {**_asked(profile, settings), **answers}),
        profile.found,
        _told_by(profile, required, writes),
        profile.said if profile.broadcasts else None,
        lambda place, packet: any(frame.acc_g is not None for frame in decoder.feed(place, packet)),
    )


def _no_acceleration(profile: Profile) -> str:
    if profile.data.described:
        return (
            "the device says that it sends no acceleration: switch it on with its own software, or label it in "
            "its experiment"
        )
    return (
        "what it sends so holds no acceleration along three axes, without which nothing can be counted: set it "
        "otherwise, or take another sensor (`footsense profiles list`)"
    )


def _told_by(
    profile: Profile, required: Sequence[tuple[str, str]], writes: Sequence[Write]
) -> tuple[tuple[str, str], ...] | None:
    """Of the characteristics that the file names those that are needed, and those that tell the others."""
    telling = {w.reply.char for w in writes if w.reply and w.reply.telling}
    return tuple(p for p in profile.places if p in required or p[1] in telling) if telling else None


def _asked(profile: Profile, settings: Settings) -> Settings:
    """The settings but those at their defaults: a device that says itself what it sends may have others."""
    if not profile.data.described:
        return settings
    defaults = profile.settings_for({})
    return {name: value for name, value in settings.items() if value != defaults.get(name)}
