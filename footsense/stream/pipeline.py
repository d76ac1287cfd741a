"""From one sensor's notifications to its stream: the profile's decoder, then the stage."""

from dataclasses import replace
from typing import Protocol

from footsense.devices import Decoder, parse_profile
from footsense.errors import PacketError
from footsense.stream.hostmap import HostMap
from footsense.stream.reference import reference_of
from footsense.stream.stage import Stage
from footsense.text import display
from footsense.types import Command, Decoded, Gap, Item, RawPacket, SensorMeta, StreamTiming

_SILENT_S = 1.0  # longer than any order or pairing waits


class FrameDecoder(Protocol):
    """What the pipeline needs of a profile's decoder."""

    @property
    def timings(self) -> tuple[StreamTiming, ...]: ...

    @property
    def others(self) -> tuple[StreamTiming, ...]: ...

    @property
    def acc_range_g(self) -> float | None: ...

    def feed(self, char_uuid: str, payload: bytes) -> list[Decoded]: ...


def decoder_for(meta: SensorMeta) -> FrameDecoder:
    """The decoder of a sensor's profile. Raises ProfileError for a profile or settings that are not valid."""
    profile = parse_profile(meta.profile, f"profile of sensor {display(meta.id)}")
    return Decoder(profile, meta.settings)


class Pipeline:
    """Decodes and stages the packets of one sensor; live, replay and analysis use the same.

    Raises ProfileError for a profile or settings that are not valid. A packet that does not have its profile's
    layout gives no sample; it is counted in `bad_packets`, and `last_problem` says what was wrong.
    """

    def __init__(self, meta: SensorMeta) -> None:
        decoder = decoder_for(meta)
        self.meta = meta
        self.bad_packets = 0
        self.last_problem: str | None = None
        self._heard_ns = 0
        self._decoder = decoder
        told = decoder.timings, meta.side, meta.placement, decoder.acc_range_g, meta.id
        self._stage = Stage(*told, others=decoder.others)

    def process(self, packet: RawPacket) -> list[Item]:
        """What this packet completes."""
        self._heard_ns = packet.host_ns
        try:
            frames = self._decoder.feed(packet.char, packet.payload)
        except PacketError as error:
            self.bad_packets += 1
            self.last_problem = str(error)
            frames = error.frames
        return self._stage.process(packet, frames) if frames else []

    def command(self, command: Command) -> list[Item]:
        """A command with its place in this stream, `t_s`; one that sets this sensor's reference takes effect
        with the next samples."""
        reference = reference_of(command, self.meta.id)
        if reference is not None:
            self._stage.refer(reference)
        return [replace(command, fields={**command.fields, "t_s": self.stream_time(command.host_ns)})]

    def flush(self) -> list[Item]:
        """What the end of the stream completes; a Gap where packets came to the end with no sample in them."""
        items = self._stage.flush()
        last_s, heard_s = self._stage.last_s, self.stream_time(self._heard_ns)
        if last_s is not None and heard_s - last_s > _SILENT_S:
            items.append(Gap(last_s, heard_s))
        return items

    def keep_arrivals(self) -> None:
        """Keep what `host_map` needs, from the next packet on."""
        self._stage.keep_arrivals()

    def host_map(self) -> HostMap | None:
        """Where stream time lies on the host's clock, found afterwards; None before the first sample."""
        return self._stage.host_map()

    def stream_time(self, host_ns: int) -> float:
        """The stream time at a moment of the host's clock; 0 before the first sample."""
        return self._stage.stream_time(host_ns)
