"""What a plateau that has been left was as a hold: when it began and ended, how far from rest, how steady."""

from dataclasses import dataclass, replace

from footsense.signal.judging import Judge
from footsense.signal.plateau import Hold, Params, Plateau, State, Way
from footsense.signal.posture import CHANGE, KNOWN, RAD, Posture, angle_deg, chord, middle, towards

HALF_S, SPAN_S = 0.5, 1.5  # that a release takes at most, and that the posture at an end is the median of


@dataclass(frozen=True, slots=True)
class Measure:
    """`lag`: LAG_S in rows of `rate_hz`; rests that vibrate by more than `shaky_g` are those of a vehicle."""

    params: Params
    judge: Judge
    rate_hz: float
    lag: int
    has_gyro: bool
    shaky_g: float

    def way(self, rows: Posture, state: State) -> Way:
        """That to the plateau being kept."""
        assert state.start is not None
        return Way(rows, state.rests[-1], state.start, self.has_gyro, self.rate_hz)

    def hold(
        self, rows: Posture, state: State, p: Plateau, row: int, going_s: float | None = None
    ) -> Hold | None:
        """The hold that `p` was, seen from `row`, or that goes on at `going_s`; None where it is none. `p` gets
        the excursion of its end."""
        rest = state.rests[-1]
        too_short = row - p.entry < 0.5 * self.params.min_hold_s * self.rate_hz
        if too_short or not p.countable or state.start is None:
            return None
        if rest.vibration_g > self.shaky_g:
            state.shaken += 1
            return None
        way, span = self.way(rows, state), self._count(SPAN_S)
        late = row if going_s is not None else max(row - self._count(2 * HALF_S) // 2, p.entry)
        end_up = rows.middle(max(late - span, p.entry), late)
        settled = (max(late - self.lag, p.entry), late + 1)
        last, end_s = (row, going_s) if going_s is not None else way.departure(p, row, end_up, settled)
        left = way.left(p)
        begin_s = way.arrival(p, rows.middle(p.entry, min(last, p.entry + 2 * span)), left)
        p.excursion = chord(end_up, rest.up)
        if end_s - begin_s < self.params.min_hold_s:
            return None
        p.strain = way.strain(p, last)
        if self.judge.is_rest(p):
            return None
        up = rows.middle(p.entry, last)
        hold = Hold(
            start_s=begin_s,
            end_s=end_s,
            decided_s=rows.at(KNOWN, row) if going_s is None else going_s,
            excursion_deg=angle_deg(chord(up, rest.up)),
            rise_s=way.rise_s(p, left, self.judge.slack),
            unsteady_deg=middle(rows.distance(p.entry, last + 1, up)) / RAD,
            rest_noise_deg=rest.noise / RAD,
            lift_g=way.lift_g(p),
            height_m=0.0,
            turn_deg=way.turned(p) / RAD if self.has_gyro else None,
            travel_m=None,
            direction=towards(rest.up, up),
            vibration_g=rest.vibration_g,
            strain=p.strain,
        )
        change = rows.cut(CHANGE, p.entry, last + 1)
        if not self.judge.is_hold(hold, p, state, change) or self.judge.is_backwards(hold, p, state):
            return None
        height_m, far_m = way.travel(p, last).metres(way.start.bias if self.has_gyro else None)  # takes long
        return replace(hold, height_m=height_m, travel_m=far_m)

    def _count(self, seconds: float) -> int:
        return max(1, round(seconds * self.rate_hz))
