"""The program in a virtual device, made from its profile: the client's table, run backwards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from footsense.devices import Encoder, Profile, Write, commands, gatt_table
from footsense.devices.settings import variations
from footsense.simulate.virtual_sensor import Table
from footsense.types import Floats

Settings = Mapping[str, str | int | float]
_Written = tuple[str, bytes, str]  # characteristic, bytes, service
_ASKED = ("probe", "setup", "start")


@dataclass(frozen=True, slots=True)
class Motion:
    """What the device measures: t_s (n,) from 0, acc_g (n, 3), gyr_dps (n, 3) or None."""

    t_s: Floats
    acc_g: Floats
    gyr_dps: Floats | None


def _is(write: Write, char: str, payload: bytes, service: str) -> bool:
    return (write.char, write.payload) == (char, payload) and service in ("", write.service)


@dataclass(frozen=True, slots=True)
class _Order:
    """Settings, and the writes by which a client asks for a stream with them."""

    settings: Settings
    writes: tuple[Write, ...]

    def is_in(self, log: list[_Written]) -> bool:
        """Whether the log has all that ask for the stream, in order."""
        rest = iter(log)
        asked = (w for w in self.writes if w.phase in _ASKED and not w.is_read)
        return all(any(_is(w, *made) for made in rest) for w in asked)


class ProfileFirmware:
    """Plays what `motion(rate_hz)` gives, with the settings that the client's writes ask for.

    It streams once the client has made all the writes that the profile makes under some settings, in order,
    and stops with a stop write; of the settings it knows the defaults, each value and limit of each, and
    those in `also`. `settings` are those it streams with.
    """

    def __init__(
        self, profile: Profile, motion: Callable[[float], Motion], also: Sequence[Settings] = ()
    ) -> None:
        self.profile = profile
        board = {name: value for chosen in also for name, value in chosen.items()}
        self.table = _table(profile, board)
        self.settings: Settings | None = None
        self._motion = motion
        known = [*also, *variations(profile.told(board).data)]
        self._orders = [_Order(s, tuple(commands(profile, s))) for s in known]
        self._log: list[_Written] = []
        self.disconnected()

    @property
    def streaming(self) -> bool:
        """Whether the client has asked for samples."""
        return self.settings is not None

    def disconnected(self) -> None:
        """Forget what the client wrote; a profile without writes streams to whoever listens."""
        self._log.clear()
        self._obey()

    def written(self, char: str, payload: bytes, service: str = "") -> list[tuple[str, bytes]]:
        """Take a write to the characteristic of that service (empty: any), and answer it."""
        known = [w for o in self._orders for w in o.writes if _is(w, char, payload, service)]
        if any(w.phase == "stop" for w in known) and not any(w.phase in _ASKED for w in known):
            self._log.clear()
            self.settings = None
        else:
            self._log.append((char, payload, service))
            self._obey()
        return [(w.reply.char, part) for w in known[:1] if w.reply for part in w.reply.parts]

    def packets(self, from_s: float) -> Iterator[tuple[float, str, bytes]]:
        """The motion's packets from a time on, each when its last sample has been measured."""
        assert self.settings is not None
        encoder = Encoder(self.profile, self.settings)
        motion = self._motion(float(self.settings.get("rate_hz", 0)))
        for i in range(int(motion.t_s.searchsorted(from_s)), len(motion.t_s)):
            one = slice(i, i + 1)
            gyr = None if motion.gyr_dps is None else motion.gyr_dps[one]
            for char, payload in encoder.encode(i, motion.t_s[one], motion.acc_g[one], gyr):
                yield float(motion.t_s[i]), char, payload

    def _obey(self) -> None:
        self.settings = next((o.settings for o in self._orders if o.is_in(self._log)), None)


def _table(profile: Profile, settings: Settings) -> Table:
    heard, gatt = profile.advertised(), gatt_table(profile, settings)
    return Table(
        heard.local_name,
        {service: [(uuid, properties) for uuid, properties, _ in chars] for service, chars in gatt},
        heard.service_uuids,
        {} if profile.broadcasts else heard.places,
        {uuid: value for _, chars in gatt for uuid, _, value in chars},
    )
