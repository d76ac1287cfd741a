"""Where the wearer stops: which rest posture that is, and what a stop after a hold is."""

from dataclasses import dataclass

from footsense.signal.judging import Judge, is_as_last
from footsense.signal.plateau import Params, Pending, Plateau, Rest, State, towards_rest
from footsense.signal.posture import Posture, Up, chord, cosine


@dataclass(frozen=True, slots=True)
class Stops:
    """Rests of one wearer on rows of `rate_hz`."""

    params: Params
    judge: Judge
    rate_hz: float

    def out(self, rest: Rest) -> float:
        """What is no nearer to a rest posture than this has left it; no hold is less than a third wider."""
        return max(2.0 * self.params.noise_factor * rest.noise, 0.75 * self.judge.smallest)

    def near(self, rests: list[Rest], up: Up) -> list[int]:
        """Which of the rest postures known this is; for older ones, seen from the one in force."""
        share, near = self.params.release_share, []
        for k, rest in enumerate(rests):
            away = chord(up, rest.up)
            if away <= self.out(rest) or away <= share * chord(rest.up, rests[-1].up):
                near.append(k)
        return near

    def is_back(self, state: State, was: Pending, up: Up, row: int) -> bool:
        """Whether stopping at `up` in `row` is coming back from what was left."""
        soon = row - was.start.index <= round(self.params.max_return_s * self.rate_hz)
        off = min(chord(up, r.up) for r in state.rests)
        share = self.params.back_share if was.towards else self.params.detour_share
        return soon and (off < share * was.plateau.excursion or bool(self.near(state.rests, up)))

    def comes_back(self, rows: Posture, p: Plateau, rest: Rest, end: int) -> bool:
        """Whether row `end` is on a way back to rest, not only where the plateau has drifted to."""
        left = rows.chord(end, rest.up)
        return left < (1.0 - self.params.release_share) * p.excursion and towards_rest(rows, p, rest, end)

    def is_sway(self, state: State, p: Plateau, up: Up, sways: float) -> bool:
        """Whether the step from a plateau to `up` is no more than it sways anyway, and leads no nearer to rest:
        `sways` is its distance from its middle half of the time."""
        q, step, away = self.params, chord(up, p.up), chord(up, state.rests[-1].up)
        far = min(away, p.excursion) > (1.0 - q.sway_share) * max(away, p.excursion)
        held = sways < q.band_share * p.excursion  # half of the time within its band, else it roams
        least = q.back_share if is_as_last(p, state) else min(q.sway_share, sways / q.rest_share / p.excursion)
        return far and held and step < least * p.excursion

    def is_at_rest(self, state: State, up: Up, excursion: float, at_s: float) -> bool:
        """Whether the first stop after a hold, `excursion` from the rest before it, is at rest."""
        if excursion < (1.0 - self.params.release_share) * state.last_excursion:
            return True
        if state.last_up is None or len(state.past) < 2:
            return False
        if min(excursion, chord(up, state.last_up)) > state.last_excursion:  # farther off than they are apart
            return True
        return self.judge.goes_as_past(up, state.last_up, at_s, state.past[:1])

    def passed(self, state: State, up: Up, brief: int) -> bool:
        """Whether what was taken for a new rest posture, but left within `brief` rows, was a stop on the way to
        `up`; it is then forgotten."""
        rests = state.rests
        if len(rests) < 2 or rests[-1].lasted > brief:
            return False
        if cosine(rests[-2].up, rests[-1].up, up) < self.params.alike:
            return False
        del rests[-1]
        return True

    def is_hold_again(self, state: State, up: Up, at_s: float) -> bool:
        """Whether it is where the last hold was rather than at a rest posture, however loose that is."""
        if state.last_up is None or state.held or at_s - state.last_end_s > self.params.known_s:
            return False
        return chord(up, state.last_up) < 0.5 * min(chord(up, rest.up) for rest in state.rests)

    def was_brief(self, state: State, at_s: float) -> bool:
        """Whether what was taken for rest after a hold, at a posture not known, was left soon."""
        if state.held or state.last_rest is None or state.rests[-1] is state.last_rest:
            return False
        soon = at_s - state.last_end_s < self.params.gives_way_s + self.params.max_rise_s
        return soon and state.rests[-1].lasted <= self.params.gives_way_s * self.rate_hz

    def went_on(self, state: State, up: Up) -> bool:
        """Whether the brief stop after a hold was none at rest but one on the way there, which is `up`. If it
        goes back to the hold, the hold only gave way: it goes on, from the rest before it."""
        rests, last_up = state.rests, state.last_up
        if last_up is None or len(rests) < 2:
            return False
        went_on = cosine(rests[-1].up, last_up, up) < -self.params.alike
        near = chord(up, last_up) < self.params.resume_share * state.last_excursion
        again = near and rests[-2] is state.last_rest
        if went_on or again:
            del rests[-1]
        if again:
            state.held, state.returned = True, False
        return went_on
