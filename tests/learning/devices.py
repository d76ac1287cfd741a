"""What a device of a known profile notifies while somebody teaches with it; the profile is not in it."""

from collections.abc import Iterable

import numpy as np

from footsense.devices import Encoder, Profile
from footsense.devices.learning import Capture, Packet, Place
from footsense.devices.uuids import full
from tests.learning.session import Session, session

# devices whose packets are not of one fixed layout
NOT_FIXED = {
    "bangle-js": "lines of text",
    "espruino": "lines of text",
    "movesense-gsp": "messages in fragments",
    "polar-pmd": "compressed as the profile asks for it",
}


def lesson(profile: Profile, seed: int) -> tuple[Capture, Session]:
    """A lesson with a device of ordinary errors (noise, offsets), and what an ideal one would have measured."""
    rng = np.random.default_rng(seed)
    settings = profile.settings_for({})
    encoder = Encoder(profile, settings)
    rate_hz = float(settings.get("rate_hz") or 1.0)
    packets_hz = rate_hz / max(profile.packet_s({}) * rate_hz, 1.0)
    what = session(rng, rate_hz, hold_s=max(4.0, 12.0 / packets_hz), shake_s=max(4.0, 12.0 / packets_hz))
    acc_g = what.acc_g + rng.normal(0, 0.004, what.acc_g.shape) + rng.normal(0, 0.015, 3)
    gyr_dps = what.gyr_dps + rng.normal(0, 0.1, what.gyr_dps.shape) + rng.normal(0, 0.6, 3)
    sent, other = [], _other_firmware(profile)
    for i, t_s in enumerate(what.t_s):
        one = slice(i, i + 1)
        packets = encoder.encode(i, what.t_s[one], acc_g[one], gyr_dps[one])
        sent += [(t_s, char, payload) for char, payload in packets if (char, len(payload)) not in other]
    places = {full(c.uuid): Place(full(c.service) if c.service else "") for c in profile.data.chars.values()}
    return Capture(delivered(rng, sent), "", places), what


def _other_firmware(profile: Profile) -> set[tuple[str, int | None]]:
    """Packets that begin as others do and differ in their length alone: a device sends one of them."""
    seen: dict[tuple[str, str], int | None] = {}
    other = set()
    for stream in profile.data.streams.values():
        key = stream.char, repr(stream.when)
        if seen.setdefault(key, stream.length) != stream.length:
            other.add((full(profile.data.chars[stream.char].uuid), stream.length))
    return other


def delivered(rng: np.random.Generator, sent: Iterable[tuple[float, str, bytes]]) -> list[Packet]:
    """As a link brings it: at connection events of 15 to 50 ms, a little late, in order."""
    interval_s, last_s = rng.uniform(0.015, 0.05), 0.0
    packets = []
    for t_s, char, payload in sent:
        event_s = (np.floor(t_s / interval_s) + 1) * interval_s
        last_s = max(last_s + 2e-4, event_s + rng.exponential(0.002))
        packets.append(Packet(float(last_s), char, payload))
    return packets
