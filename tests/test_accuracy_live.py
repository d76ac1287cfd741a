"""What a screen shows against what is true, and the goals that a card is held against."""

from dataclasses import replace

import numpy as np
import pytest

from footsense.accuracy import Labelled, card
from footsense.accuracy.card import Card
from footsense.accuracy.live import Shown, shown
from footsense.accuracy.population import Population, outcomes
from footsense.accuracy.score import LiveScore, Nothing, Outcome, Recognition, SetScore, Stratum, set_score
from footsense.analysis import Analysis, RecordingFacts
from footsense.routine import load_routine
from footsense.simulate import EXERCISES, Scenario, simulate
from footsense.types import Event
from tests.accuracy.goals import goals

ITEMS = load_routine("ground-up").items


def test_seconds_shown_follow_the_seconds_held() -> None:
    made = simulate(Scenario(motion="band-flexes", seed=7, reps=2, rate_hz=50.0))
    seen = shown(made.items(), "band-flexes", made.events, ())
    held_s = sum(e.end_s - e.start_s - 1.5 for e in made.events)
    assert len(seen.errors_s) == pytest.approx(held_s / 0.02, abs=4)
    assert np.quantile(np.abs(seen.errors_s), 0.95) < 0.3
    late = [replace(e, start_s=e.start_s - 1.0) for e in made.events]
    assert np.median(shown(made.items(), "band-flexes", late, ()).errors_s) == pytest.approx(-1.0, abs=0.3)


def test_a_count_goes_up_once_for_each_event() -> None:
    made = simulate(Scenario(motion="toe-walk", seed=5, sets=1, reps=6, rate_hz=50.0))
    true = [e for e in made.events if e.kind == "step"]
    seen = shown(made.items(), "toe-walk", true, true)
    assert (len(seen.errors_s), seen.missed) == (len(true), 0)
    assert max(map(abs, seen.errors_s)) < 0.8
    early = [replace(e, start_s=e.start_s - 0.3) for e in true]
    later = shown(made.items(), "toe-walk", true, early).errors_s
    assert np.median(later) == pytest.approx(np.median(seen.errors_s) + 0.3, abs=0.08)
    never = [replace(true[0], start_s=1000.0)]
    assert shown(made.items(), "toe-walk", true, never) == Shown((), 1)


def test_a_wearer_is_followed_where_it_is_asked_for() -> None:
    few = Population(sets=2, live=1, seed_from=7, exercises=("band-flexes",), placements=("foot",))
    followed, not_followed = (outcomes(job) for job in few.jobs(ITEMS))
    (row,) = card([followed[0]]).live
    assert row.sets == 1
    assert row.off
    assert row.off.n > 50
    assert card(not_followed).live == ()


# --- goals


def perfect() -> Card:
    """Every exercise at every placement, each found as it was; ten hours of walking without any event."""
    sets = [
        _set(e, Stratum(p, 100.0, g, "", 8.0))
        for e in EXERCISES
        for p in ("foot", "ankle", "shank")
        for g in (True, False)
    ]
    told = [Recognition(s.exercise, s.stratum, "right") for s in sets]
    walk = Nothing("walking", sets[0].stratum, 400, tuple((n, 0, 10.0) for n in [*EXERCISES, ""]))
    live = [LiveScore(e, sets[0].stratum, Shown((0.1,), 0)) for e in EXERCISES]
    return card([Outcome("a", True, tuple(sets), tuple(told), (walk,), tuple(live))])


def _set(exercise: str, worn: Stratum) -> SetScore:
    kind, told = {"ankle-circles": ("circle", {"direction": "cw"}), "toe-walk": ("step", {"toe": True})}.get(
        exercise, ("hold", {})
    )
    length_s = {"circle": 1.0, "step": 0.6}.get(kind, 9.0)
    ends = [((i + 0.9) * length_s, i * length_s) for i in range(10)]
    true = tuple(Event(exercise, kind, start_s, end_s, end_s + 0.1, told) for end_s, start_s in ends)
    known = Labelled("a", True, exercise, "foot", "left", true)
    facts = RecordingFacts(100.0, 10_000, 100.0, gyro=True)
    return set_score(known, Analysis("a", exercise, "foot", "left", facts, true, {}), worn, ITEMS)


def test_a_perfect_card_meets_every_goal() -> None:
    found = goals(perfect())
    unmet = [g.what for g in found if g.met is not True and g.goal != "stated"]
    slow = "circles, foot, no gyro, to 0.9 Hz, of those counted"
    assert unmet == [f"{slow}: exact", f"{slow}: within one"]
    assert all(g.met is None for g in found if g.what in unmet)  # these circles are quicker
    assert len(found) > 40


def test_a_card_that_misses_says_what() -> None:
    good = perfect()
    wrong = replace(good.sets[0], count=replace(good.sets[0].count, found=12))
    missed = {g.what for g in goals(replace(good, sets=(wrong, *good.sets[1:]))) if g.met is False}
    assert missed == {f"circles, foot, gyro, 25 to 200 Hz: {n}" for n in ("exact", "within one")}


def test_an_empty_card_meets_nothing() -> None:
    assert {g.met for g in goals(card([]))} == {None}
