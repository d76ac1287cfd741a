"""What the counts are meant to reach, beside what simulated wearers show."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from footsense.accuracy import Card
from footsense.accuracy.card import FalseRow
from footsense.accuracy.columns import Table, markdown
from footsense.accuracy.measures import Rate, agreement, f1, quantile, share
from footsense.accuracy.score import SetScore
from footsense.accuracy.words import NOTHING, of_all, short
from footsense.types import Grade

FAST_S = 1 / 0.9  # a circle that is quicker distorts what an accelerometer alone shows of it
HELD = ("band-flexes", "top-presses", "pencil-pickups")
UNHELD = ("walking", "stairs", "driving", "fidget")  # motions in which no hold may be seen
DAILY = ("walking", "stairs", "sitting", "standing", "chair-rises", "fidget", "driving", "cycling")
LATE = (
    ("circle", "circle, from the third of a bout on", 0.3),
    ("last circle", "last circle of a bout", 1.5),
    ("hold", "hold, after its release", 0.5),
    ("step", "step, after its landing", 1.2),
)
STEPS = (  # placement, sensor, least share of tiptoe counts within one, of right labels
    ("foot", "", 0.99, 0.98),
    ("ankle", "gyro", 0.98, 0.98),
    ("ankle", "no gyro", 0.98, 0.98),
    ("shank", "", None, 0.95),
)
SHOWN = (("circle", ("ankle-circles",), 0.15), ("seconds held", HELD, 0.15), ("step", ("toe-walk",), 0.4))

Which = Callable[[SetScore], bool]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line: what is meant, what was measured, and whether it is met; None where it was not measured."""

    what: str
    goal: str
    measured: str
    met: bool | None


def table(card: Card) -> Iterator[str]:
    """All goals, as Markdown."""
    yield "### Against the goals\n"
    yield "Declined sets count as not right, unless the line says otherwise. Met: by the figure, whatever its"
    yield "interval.\n"
    marks = {True: "yes", False: "**no**", None: NOTHING}
    rows = tuple((g.what, g.goal, g.measured, marks[g.met]) for g in goals(card))
    yield markdown(Table("", "", ("what", "goal", "measured", "met"), rows))


def goals(card: Card) -> list[Goal]:
    """Every goal that can be read from a card."""
    sets = card.sets
    of_sets = [*_circles(sets), *_holds(sets), *_presses(sets), *_steps(sets), *_late(sets)]
    return [*of_sets, *_live(card), *_false(card.false), *_untold(card)]


def _of(sets: Sequence[SetScore], exercise: str, *places: str) -> list[SetScore]:
    return [s for s in sets if s.exercise == exercise and s.stratum.placement in places]


def _right(s: SetScore, within: int = 0) -> bool:
    return not s.declined and abs(s.count.off) <= within


def _or_declined(s: SetScore) -> bool:
    return s.declined or s.count.off == 0


def _least(what: str, least: float, which: Iterable[bool]) -> Goal:
    measured = share(which)
    met = measured.hits >= least * measured.of - 1e-9 if measured.of else None
    return Goal(what, f"≥ {100 * least:g} %", of_all(measured), met)


def _most(what: str, most: float, value: float | None, unit: str = "s") -> Goal:
    measured = NOTHING if value is None else f"{value:.2f} {unit}"
    return Goal(what, f"≤ {most:g} {unit}", measured, None if value is None else value <= most)


def _counted(what: str, sets: Sequence[SetScore], exact: float, near: float) -> Iterator[Goal]:
    yield _least(f"{what}: exact", exact, (_right(s) for s in sets))
    yield _least(f"{what}: within one", near, (_right(s, 1) for s in sets))


def _circles(sets: Sequence[SetScore]) -> Iterator[Goal]:
    usual = [s for s in sets if 24 <= s.stratum.rate_hz <= 210]
    foot, ankle = _of(usual, "ankle-circles", "foot"), _of(usual, "ankle-circles", "ankle")
    alone = [s for s in foot if not s.stratum.gyro]
    slow = [s for s in alone if s.lasted_s >= FAST_S and not s.declined]
    fast = [s for s in alone if s.lasted_s < FAST_S]
    yield from _counted("circles, foot, gyro, 25 to 200 Hz", [s for s in foot if s.stratum.gyro], 0.95, 0.99)
    yield from _counted("circles, foot, no gyro, to 0.9 Hz, of those counted", slow, 0.95, 0.99)
    fast_right = (_or_declined(s) for s in fast)
    yield _least("circles, foot, no gyro, above 0.9 Hz: exact or declined", 0.9, fast_right)
    yield from _counted("circles, ankle, gyro", [s for s in ankle if s.stratum.gyro], 0.9, 0.99)
    counted = [s for s in ankle if not s.stratum.gyro and not s.declined]
    yield from _counted("circles, ankle, no gyro, of those counted", counted, 0.9, 0.99)
    told = [p.label for s in _of(sets, "ankle-circles", "foot", "ankle") for p in s.pairs]
    told_right = (x == "right" for x in told if x in ("right", "wrong"))
    yield _least("circles, foot and ankle: direction right where told", 0.99, told_right)
    shank = _of(sets, "ankle-circles", "shank")
    harmless = (s.grade is not Grade.GOOD or s.count.off == 0 for s in shank)
    yield _least("circles, shank: not wrong and yet graded good", 0.98, harmless)
    yield Goal("circles, shank: declined", "stated", of_all(share(s.declined for s in shank)), None)


def _holds(sets: Sequence[SetScore]) -> Iterator[Goal]:
    for exercise, places in (("band-flexes", ("foot", "ankle")), ("pencil-pickups", ("ankle", "shank"))):
        for place in places:
            these = _of(sets, exercise, place)
            yield _least(f"{exercise}, {place}: exact", 0.97, (_right(s) for s in these))
            yield _length(f"{exercise}, {place}", these, bound=True)


def _presses(sets: Sequence[SetScore]) -> Iterator[Goal]:
    foot, other = _of(sets, "top-presses", "foot"), _of(sets, "top-presses", "ankle", "shank")
    yield _least("top-presses, foot: exact or declined", 0.95, (_or_declined(s) for s in foot))
    yield _length("top-presses, foot", foot, bound=False)
    yield _least("top-presses, ankle and shank: declined or exact", 1.0, (_or_declined(s) for s in other))


def _length(what: str, sets: Sequence[SetScore], *, bound: bool) -> Goal:
    off = agreement([p.length_s for s in sets for p in s.pairs])
    goal = "mean ≤ 0.15 s, 95 % ≤ 0.4 s, bias within ± 0.1 s" if bound else "stated"
    if off is None:
        return Goal(f"{what}: length off", goal, NOTHING, None)
    met = off.mean_abs <= 0.15 and off.p95_abs <= 0.4 and abs(off.bias) <= 0.1
    measured = f"{off.mean_abs:.2f} s, {off.p95_abs:.2f} s, {off.bias:+.2f} s ({off.n} holds)"
    return Goal(f"{what}: length off", goal, measured, met if bound else None)


def _steps(sets: Sequence[SetScore]) -> Iterator[Goal]:
    walked = [s for s in _of(sets, "toe-walk", "foot", "ankle", "shank") if _shows_steps(s)]
    matched, missed = sum(len(s.pairs) for s in walked), sum(s.missed for s in walked)
    found = f1(matched, missed, sum(s.extra for s in walked))
    words = NOTHING if found is None else f"{found:.4f}"
    yield Goal("steps, 50 Hz and ±8 g or more: F1", "≥ 0.99", words, None if found is None else found >= 0.99)
    for place, sensor, near, labelled in STEPS:
        these = [s for s in walked if s.stratum.placement == place and sensor in ("", _sensor(s))]
        where = f"{place}, {sensor}" if sensor else place
        if near:
            toes = (abs(s.toe.off) <= 1 for s in these if s.toe)
            yield _least(f"steps, {where}: tiptoe count within one", near, toes)
        labels = [p.label for s in these for p in s.pairs if p.label]
        untold = {"untold"} if place == "shank" else set()
        name = "label right or not told" if untold else "label right"
        yield _least(f"steps, {where}: {name}", labelled, (x in {"right", *untold} for x in labels))


def _sensor(s: SetScore) -> str:
    return "gyro" if s.stratum.gyro else "no gyro"


def _shows_steps(s: SetScore) -> bool:
    return s.stratum.rate_hz >= 49 and (s.stratum.acc_range_g or 0) >= 8


def _late(sets: Sequence[SetScore]) -> Iterator[Goal]:
    for place, name, most in LATE:
        late = [p.late_s for s in sets for p in s.pairs if p.place == place]
        yield _most(f"known: {name}, 95 %", most, quantile(late, 0.95))


def _live(card: Card) -> Iterator[Goal]:
    for kind, exercises, most in SHOWN:
        off = [r.off.p95_abs for r in card.live if r.key.exercise in exercises and r.off]
        yield _most(f"shown: {kind}, 95 %, in the worst row", most, max(off, default=None))


def _false(rows: Sequence[FalseRow]) -> Iterator[Goal]:
    for row in rows:
        if row.motion == "walking" and row.steps:
            toe = row.false["toe-walk"].events
            met = toe * 200 <= row.steps
            yield Goal("level walking: tiptoe steps", "≤ 1 in 200", f"{toe} of {row.steps}", met)
    if rows:
        circles = [r.false["ankle-circles"] for r in rows]
        yield _none("circles, told, in all that is none", circles)
        for name in HELD:
            seen = [r.false[name] for r in rows if r.motion in UNHELD]
            yield _none(f"{name}, told, in {', '.join(UNHELD)}", seen)


def _none(what: str, rates: Sequence[Rate]) -> Goal:
    rate = _sum(rates)
    return Goal(f"false {what}", "0", _an_hour(rate), rate.events == 0 if rate.hours else None)


def _sum(rates: Sequence[Rate]) -> Rate:
    return Rate(sum(r.events for r in rates), sum(r.hours for r in rates))


def _an_hour(rate: Rate) -> str:
    if not rate.bound:
        return NOTHING
    return f"{rate.events} in {short(rate.hours)} h (≤ {short(rate.bound)} an hour)"


def _untold(card: Card) -> Iterator[Goal]:
    shows = {(s.exercise, s.stratum.placement) for s in card.sets if not s.declined}
    rows = [r for r in card.recognition if (r.key.exercise, r.key.placement) in shows]
    answers = [i < r.recognised.hits for r in rows for i in range(r.recognised.of)]
    yield _least("not told: recognised, where not every set is declined", 0.97, answers)
    sure = [i < r.recognised.hits for r in rows for i in range(r.recognised.of - r.doubted)]
    yield _least("not told: recognised, of those of which the grade says no doubt", 0.97, sure)
    daily = _sum([r.false[""] for r in card.false if r.motion in DAILY])
    met = daily.events <= daily.hours if daily.hours else None
    yield Goal(f"not told: false events in {', '.join(DAILY)}", "≤ 1 an hour", _an_hour(daily), met)
