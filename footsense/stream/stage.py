"""The stream stage: decoded packets in, StreamInfo, Samples and Gap out."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from footsense.devices.samples import all_finite
from footsense.stream.clock import ArrivalClock, Clock, Epoch, TickClock
from footsense.stream.counting import Counter
from footsense.stream.grid import HOLE_PERIODS, Grid
from footsense.stream.hostmap import Arrivals, HostMap
from footsense.stream.order import Frame, Sequencer, WindowMin
from footsense.stream.pairing import Block, Pairing, Segment
from footsense.types import (
    Decoded,
    Floats,
    Gap,
    Item,
    Placement,
    RawPacket,
    Reference,
    Side,
    StreamInfo,
    StreamTiming,
)

# Live, the floor of the delay is that of the last one to two windows: a crystal keeps 1.5 ms in 30 s; an
# oscillator wanders, and what is remembered from before its rate was known is to be forgotten
_STAMPED_WINDOW_S, _COUNTED_WINDOW_S = 60.0, 10.0
_UNASKED_S = 1.0  # so long what nobody asked for is taken for the rest of what ran before
_SNAP = 0.02  # a measured rate so near to the one asked for is that one


class Stage:
    """Turns one sensor's packets into its stream, causally and without a clock.

    `timings` say how the profile's streams tell time. Stream time is 0 at the first sample that is put out.
    Of several streams that bring the same the first that comes is taken; nobody asks for the `others` of them.
    What comes out depends on the packets and their order alone, not on how calls group them; order of arrival
    within `REORDER_S` does not matter where the device numbers or stamps its packets.
    """

    def __init__(
        self,
        timings: Sequence[StreamTiming],
        side: Side | None = None,
        placement: Placement | None = None,
        acc_range_g: float | None = None,
        sensor: str = "",
        *,
        others: Sequence[StreamTiming] = (),
    ) -> None:
        self._about: dict[str, object] = {
            "side": side, "placement": placement, "acc_range_g": acc_range_g, "sensor": sensor,
        }  # fmt: skip
        self._afresh = False
        self._range_g = acc_range_g
        acc = next((t for t in timings if t.carries_acc), None)
        gyr = next((t for t in timings if t.carries_gyr and not (acc and acc.carries_gyr)), None)
        self._epoch = Epoch()
        self._acc = None if acc is None else Lane(acc, self._epoch)
        self._gyr = None if gyr is None else Lane(gyr, self._epoch)
        self._pairing = None if gyr is None else Pairing(1 / gyr.rate_hz)
        self._lanes = {lane.timing.stream: lane for lane in (self._acc, self._gyr) if lane is not None}
        spare = [(t, 0.0) for t in timings] + [(t, _UNASKED_S) for t in others]
        self._spare = {t.stream: (t, wait_s) for t, wait_s in spare if t.stream not in self._lanes}
        self._heard_s: dict[str, float] = {}  # since when there is something of a spare one
        self._host0_ns: int | None = None
        self._t0_s: float | None = None
        stamped = acc is not None and acc.tick_s is not None
        self._delay = WindowMin(_STAMPED_WINDOW_S if stamped else _COUNTED_WINDOW_S)
        self._arrivals: Arrivals | None = None
        self._segment: Segment | None = None
        self._has_gyro = False
        self._placed: list[Block] = []
        self._grid: Grid | None = None

    def process(self, packet: RawPacket, frames: Sequence[Decoded]) -> list[Item]:
        """What the frames of one packet complete. Frames that lack what their stream promises are left out."""
        if self._host0_ns is None:
            self._host0_ns = packet.host_ns
        host_s = (packet.host_ns - self._host0_ns) * 1e-9
        for decoded in frames:
            lane = self._lanes.get(decoded.stream) or self._instead(decoded.stream, host_s)
            if lane is None:
                continue
            frame = lane.frame(decoded, host_s)
            if frame is not None:
                self._take(lane, lane.order.push(frame))
        return self._put_out()

    def flush(self) -> list[Item]:
        """What still waits for something that will not come."""
        for lane in self._lanes.values():
            self._take(lane, lane.order.flush())
        out = self._put_out()
        if self._pairing is not None:
            for block in self._pairing.flush():
                out += self._emit(block)
        return out

    @property
    def last_s(self) -> float | None:
        """Stream time of the last sample that was put out."""
        return None if self._grid is None else self._grid.last_s

    def refer(self, reference: Reference) -> None:
        """Let a reference hold from the next samples on: they open a stream that names it."""
        self._about["reference"] = reference
        self._afresh = True

    def keep_arrivals(self) -> None:
        """Keep what `host_map` needs, from the next packet on."""
        self._arrivals = Arrivals()

    def host_map(self) -> HostMap | None:
        """Where stream time lies on the host's clock, by all that has arrived since `keep_arrivals`; None
        before the first sample."""
        if self._arrivals is None or self._t0_s is None or self._host0_ns is None or self._acc is None:
            return None
        self._arrivals.tick_s = self._acc.timing.tick_s or 0.0
        self._arrivals.host0_ns, self._arrivals.stream0_s = self._host0_ns, self._t0_s
        return self._arrivals.fitted()

    def stream_time(self, host_ns: int) -> float:
        """The stream time at a moment of the host's clock, by the quickest packets lately; 0 before the first
        sample."""
        if self._t0_s is None or self._host0_ns is None:
            return 0.0
        return max(0.0, (host_ns - self._host0_ns) * 1e-9 - self._delay.value - self._t0_s)

    def _instead(self, stream: str, host_s: float) -> "Lane | None":
        """The lane of a stream that comes before any frame of the one expected in its place, as where firmwares
        differ in what they send; None for all others."""
        timing, wait_s = self._spare.get(stream, (None, 0.0))
        old = None if timing is None else self._acc if timing.carries_acc else self._gyr
        if timing is None or old is None or not old.may_be(timing):
            return None
        if host_s < self._heard_s.setdefault(stream, host_s) + wait_s:
            return None
        lane = Lane(timing, self._epoch)
        if old is self._acc:
            self._acc = lane
        else:
            self._gyr = lane
        del self._lanes[old.timing.stream]
        self._lanes[stream] = lane
        return lane

    def _take(self, lane: "Lane", frames: Sequence[Frame]) -> None:
        for frame in frames:
            t_s, acc_g, gyr_dps, step_s, peak_g = lane.place(frame)
            if not len(t_s):
                continue
            if acc_g is None:
                assert self._pairing is not None
                assert gyr_dps is not None
                self._pairing.add_gyro(t_s, gyr_dps, lane.segment.period_s, step_s)
                continue
            self._delay.push(frame.host_s, frame.host_s - float(t_s[-1]))
            if self._arrivals is not None:
                counted_s = lane.clock.counted_s
                self._arrivals.add(float(t_s[-1]), counted_s, frame.host_s, lane.segment.number)
            self._placed.append(Block(t_s, acc_g, gyr_dps, lane.segment, step_s, peak_g))

    def _put_out(self) -> list[Item]:
        blocks, self._placed = self._placed, []
        if self._pairing is not None:
            for block in blocks:
                self._pairing.add_acc(block)
            blocks = self._pairing.ready(self._patience_s)
        out: list[Item] = []
        for block in blocks:
            out += self._emit(block)
        return out

    @property
    def _patience_s(self) -> float:
        """How long putting the gyro in order may take."""
        assert self._gyr is not None
        return self._gyr.order.bound_s + self._gyr.longest_s

    def _emit(self, block: Block) -> Sequence[Item]:
        if self._t0_s is None:
            self._t0_s = float(block.t_s[0])
        t_s: Floats = block.t_s - self._t0_s
        changed = self._segment is not block.segment or self._has_gyro != (block.gyr_dps is not None)
        opened = self._open(block, float(t_s[0])) if changed or self._afresh else []
        assert self._grid is not None
        samples = self._grid.push(t_s, block.acc_g, block.gyr_dps, step_s=block.step_s, peak_g=block.peak_g)
        return [*opened, *samples] if opened else samples

    def _open(self, block: Block, start_s: float) -> list[Item]:
        out: list[Item] = []
        period_s = block.segment.period_s
        if self._grid is not None and self._grid.last_s is not None:
            longer = max(period_s, self._grid.period_s)
            if start_s - self._grid.last_s > HOLE_PERIODS * longer:
                out.append(Gap(self._grid.last_s, start_s))
        self._segment, self._has_gyro = block.segment, block.gyr_dps is not None
        self._grid, self._afresh = Grid(period_s, self._range_g), False
        assert self._acc is not None
        nominal = self._acc.timing.rate_hz
        rate = nominal if abs(period_s * nominal - 1) < _SNAP else round(1 / period_s, 2)
        out.append(StreamInfo(rate, self._has_gyro, **self._about))  # type: ignore[arg-type]
        return out


class Lane:
    """One characteristic's way: its frames put in order and in time."""

    def __init__(self, timing: StreamTiming, epoch: Epoch) -> None:
        self.timing = timing
        keyed = timing.sequence_modulus is not None or timing.tick_s is not None
        self.order: Sequencer | Counter = Sequencer(timing) if keyed else Counter(timing)
        self.clock: Clock = ArrivalClock(timing) if timing.tick_s is None else TickClock(timing, epoch)
        self.segment = Segment(1 / timing.rate_hz, 0)
        self.longest_s = 0.0  # of the frames so far
        self._is_begun = False

    def may_be(self, timing: StreamTiming) -> bool:
        """Whether nothing came yet, and a stream of this timing would bring the same at the same rate."""
        mine = self.timing
        alike = (mine.carries_acc, mine.carries_gyr, mine.rate_hz) == (
            timing.carries_acc, timing.carries_gyr, timing.rate_hz,
        )  # fmt: skip
        return alike and not self._is_begun

    def frame(self, decoded: Decoded, host_s: float) -> Frame | None:
        """The frame, or None if it lacks what the stream promises."""
        timing, self._is_begun = self.timing, True
        if (timing.tick_s is not None and decoded.ticks is None) or (
            timing.sequence_modulus is not None and decoded.sequence is None
        ):
            return None
        acc = decoded.acc_g if timing.carries_acc else None
        gyr = decoded.gyr_dps if timing.carries_gyr else None
        lacks_one = (timing.carries_acc and acc is None) or (timing.carries_gyr and gyr is None)
        rows = gyr if acc is None else acc
        if lacks_one or rows is None or not len(rows) or (gyr is not None and len(gyr) != len(rows)):
            return None
        return Frame(len(rows), acc, gyr, host_s, decoded.sequence, decoded.ticks)

    def place(self, frame: Frame) -> tuple[Floats, Floats | None, Floats | None, float, float]:
        """Times of a frame's samples, acc_g and gyr_dps, what is no finite number left out; step_s and peak_g
        of a Block."""
        placed = self.clock.place(frame)
        if self.clock.restarted or self.clock.changed is not None:
            period_s = self.segment.period_s if self.clock.changed is None else self.clock.changed
            self.segment = Segment(period_s, self.segment.number + 1)
        self.longest_s = max(self.longest_s, frame.n * placed.period_s)
        t_s: Floats = placed.start_s + placed.period_s * _counting(frame.n)
        acc, gyr = frame.acc_g, frame.gyr_dps
        peak_g = (
            0.0 if acc is None else math.sqrt(np.einsum("ij,ij->", acc, acc))
        )  # one number is no larger than all
        if math.isfinite(peak_g) and (gyr is None or all_finite(gyr)):
            return t_s, acc, gyr, placed.period_s, peak_g
        good = np.isfinite(np.column_stack([rows for rows in (acc, gyr) if rows is not None])).all(axis=1)
        acc, gyr = (None if rows is None else rows[good] for rows in (acc, gyr))
        return t_s[good], acc, gyr, math.inf, math.inf


@lru_cache(maxsize=16)
def _counting(n: int) -> Floats:
    """0, 1, 2, … as floats, for frames of that many samples."""
    numbers = np.arange(n, dtype=np.float64)
    numbers.flags.writeable = False
    return numbers
