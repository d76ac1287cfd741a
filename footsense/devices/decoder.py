"""Bytes of a device to samples in units, by the profile's table."""

from collections.abc import Callable, Collection, Mapping
from operator import itemgetter

from footsense.devices.framing import Splitter, elements
from footsense.devices.layout import layouts
from footsense.devices.lines import packed_line
from footsense.devices.model import Char
from footsense.devices.packets import Packets, Reader, test_of
from footsense.devices.profile import Profile
from footsense.devices.settings import Value
from footsense.devices.uuids import full
from footsense.errors import PacketError
from footsense.text import counted
from footsense.types import Decoded, StreamTiming

_MOST_KNOWN = 256  # kinds of packets on a characteristic; there are a few


class Decoder:
    """Decodes what one sensor notifies, with `settings` as asked for and probed.

    `timings`: how each stream with samples tells time, `others`: that of those that nobody asks for;
    `acc_range_g`: None where it is not known.
    Raises UsageError for settings that the profile does not have.
    """

    def __init__(self, profile: Profile, settings: Mapping[str, Value]) -> None:
        profile = profile.told(settings)
        self.settings = profile.settings_for(settings)
        self.layouts = tuple(layouts(profile.data, self.settings))
        self.timings: tuple[StreamTiming, ...] = tuple(x.timing for x in self.layouts if x.timing and x.asked)
        self.others: tuple[StreamTiming, ...] = tuple(
            x.timing for x in self.layouts if x.timing and not x.asked
        )
        range_g = self.settings.get("acc_range_g")
        self.acc_range_g = None if range_g is None or isinstance(range_g, str) else float(range_g)
        self._name = profile.name
        streams: dict[str, list[Packets]] = {}
        for layout in self.layouts:
            streams.setdefault(layout.char, []).append(Packets(layout))
        chars = {full(char.uuid): char for char in profile.data.chars.values()}
        self._feed = {uuid: _Notified(chars[uuid], found, profile.name).feed for uuid, found in streams.items()}

    def feed(self, char: str, payload: bytes) -> list[Decoded]:
        """The frames that this notification of `char` (UUID) completes, none where more bytes must come.

        Raises PacketError if bytes are not what the profile declares: they then give no sample. Where frames
        are parts of notifications (the profile's `frame`), the error holds those of the others that are whole.
        """
        feed = self._feed.get(char)
        if feed is None:
            raise PacketError(
                f"profile {self._name} has no stream on characteristic {char} with these settings"
            )
        return feed(payload)


class _Notified:
    """What one characteristic notifies: cut into frames, each read by the first stream that takes it."""

    def __init__(self, char: Char, streams: list[Packets], profile: str) -> None:
        self._streams = [(stream.prefix, stream.test, stream.reader) for stream in streams]
        self._key = _key([at for stream in streams for at in stream.looks_at])
        self._known: dict[object, Reader | None] = {}  # by length and the bytes that decide
        self._profile = profile
        self._splitter = Splitter(char.frame) if char.frame else None
        self._text = char.text
        self._elements = char.elements
        self._is_parted = test_of(char.elements.when) if char.elements else None
        only = streams[0] if len(streams) == 1 else None
        takes_all = only is not None and not only.prefix and only.test is None
        self._read = only.read if only is not None and takes_all else self._by_first()
        is_one_packet = not (char.frame or char.text or char.elements)
        self.feed: Reader = self._read if is_one_packet else self._packet if not char.frame else self._frames
        """The frames that a notification completes. Raises PacketError."""

    def _frames(self, payload: bytes) -> list[Decoded]:
        """Each frame is a packet of its own: one that is wrong costs none of the others."""
        assert self._splitter is not None
        whole = self._splitter.whole(payload)
        if whole is not None:
            return self._packet(whole)
        cut = self._splitter.feed(payload)
        decoded: list[Decoded] = []
        for frame in cut.frames:
            try:
                decoded += self._packet(frame)
            except PacketError as error:
                cut.faults.append(str(error))
        if cut.faults:
            raise PacketError(cut.faults[0], decoded)
        return decoded

    def _packet(self, payload: bytes) -> list[Decoded]:
        if self._text is not None:
            packed = packed_line(self._text, payload)
            if packed is None:
                return []  # a line that is no data
            payload = packed
        if self._elements is None or not (self._is_parted is None or self._is_parted(payload)):
            return self._read(payload)
        decoded: list[Decoded] = []
        is_known = False
        for part in elements(self._elements, payload):
            read = self._reader(part)
            if read is not None:
                is_known = True
                decoded += read(part)
        if not is_known:
            raise self._unexpected(payload)
        return decoded

    def _by_first(self) -> Reader:
        """What reads packets by the first stream that takes them."""
        known, key = self._known, self._key

        def by_first(payload: bytes) -> list[Decoded]:
            try:
                read = known[len(payload), key(payload)]
            except (KeyError, IndexError):
                read = self._reader(payload)
            if read is None:
                raise self._unexpected(payload)
            return read(payload)

        return by_first

    def _reader(self, payload: bytes) -> Reader | None:
        """What reads it, as the first stream that takes it says."""
        try:
            return self._known[len(payload), self._key(payload)]
        except KeyError:
            reader = self._taker(payload)
            if len(self._known) < _MOST_KNOWN:
                self._known[len(payload), self._key(payload)] = reader
            return reader
        except IndexError:  # too short for one of them
            return self._taker(payload)

    def _taker(self, payload: bytes) -> Reader | None:
        for prefix, test, reader in self._streams:
            if payload.startswith(prefix) and (test is None or test(payload)):
                return reader(payload)
        return None

    def _unexpected(self, payload: bytes) -> PacketError:
        got = f"{counted(len(payload), 'byte')} ({_begins(payload)})"
        return PacketError(f"no packet of profile {self._profile} begins so: {got}")


def _key(places: Collection[int]) -> Callable[[bytes], object]:
    """Of a packet the bytes at these places. Raises IndexError where it has not all of them."""
    return itemgetter(*sorted(set(places))) if places else lambda _: None


def _begins(payload: bytes) -> str:
    return f"{payload[:4].hex(' ')} …" if len(payload) > 4 else payload.hex(" ") or "empty"
