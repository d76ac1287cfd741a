"""The measures by hand and by law, the pairing of events, completion, and what a report card adds up."""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.accuracy import Labelled, card, read_truth
from footsense.accuracy.completion import cases
from footsense.accuracy.figures import difference_figure
from footsense.accuracy.matching import match
from footsense.accuracy.measures import Rate, Share, agreement, f1, quantile, rate_bound, wilson
from footsense.accuracy.population import Population, labelled, lossy, outcomes, recording
from footsense.accuracy.score import Count, Outcome, SetScore, Stratum, score, set_score
from footsense.accuracy.words import sets as sets_in_words
from footsense.analysis import Analysis, RecordingFacts, Segment, analyse, analyse_each
from footsense.confidence import rate_band
from footsense.errors import FootsenseError, RecordingError
from footsense.report.theme import LIGHT
from footsense.routine import load_routine
from footsense.simulate import EXERCISES, NEGATIVES, Scenario, simulate, truth_path, write
from footsense.spread import spread
from footsense.types import Event, Grade

ITEMS = load_routine("ground-up").items
ITEM = {i.exercise: i for i in ITEMS}
KIND = {"ankle-circles": "circle", "toe-walk": "step"}
WORN = Stratum("foot", 100.0, gyro=True)


def event(exercise: str, start_s: float, end_s: float, **told: str | bool | None) -> Event:
    return Event(exercise, KIND.get(exercise, "hold"), start_s, end_s, end_s + 0.2, told)


def done(exercise: str, n: int = 10) -> list[Event]:
    """A set as it is asked for: circles both ways in two bouts, holds of 12 s, one bout of steps."""
    if exercise == "ankle-circles":
        ways = [(0.0, "cw"), (2.0 * n + 5, "ccw")]
        return [event(exercise, a + 2 * i, a + 2 * i + 2, direction=d) for a, d in ways for i in range(n)]
    if exercise == "toe-walk":
        return [event(exercise, 1.0 * i, i + 0.6, toe=True) for i in range(2 * n)]
    return [event(exercise, 20.0 * i, 20.0 * i + 12) for i in range(n)]


def answer(exercise: str, found: Sequence[Event], grade: Grade = Grade.GOOD, **facts: object) -> Analysis:
    seen = RecordingFacts(400.0, 40_000, 100.0, gyro=True, **facts)  # type: ignore[arg-type]
    return Analysis("a.csv", exercise, "foot", "left", seen, tuple(found), {}, grade=grade)


def scored(
    true: Sequence[Event], found: Sequence[Event], grade: Grade = Grade.GOOD, **facts: object
) -> SetScore:
    exercise = true[0].exercise
    known = Labelled("a.csv", False, exercise, "foot", "left", tuple(true))
    return set_score(known, answer(exercise, found, grade, **facts), WORN, ITEMS)


def moved(events: Sequence[Event], by_s: float) -> list[Event]:
    return [
        replace(e, start_s=e.start_s + by_s, end_s=e.end_s + by_s, decided_s=e.decided_s + by_s) for e in events
    ]


# --- measures


def test_wilson_is_the_published_interval() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_holds_the_share_and_mirrors(hits: int, of: int) -> None:
    hits = min(hits, of)
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    assert wilson(of - hits, of) == pytest.approx((1 - high, 1 - low), abs=1e-12)
    wider = wilson(2 * hits, 2 * of)
    assert wider[1] - wider[0] < high - low  # twice as many sets say more


def test_a_rate_is_bounded_by_the_exact_poisson_quantile() -> None:
    assert rate_bound(0, 1.0) == pytest.approx(-math.log(0.05))
    for n, hours in ((0, 2.0), (3, 1.0), (12, 10.0)):
        mean = rate_bound(n, hours) * hours
        as_few = sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(n + 1))
        assert as_few == pytest.approx(0.05)
    assert Rate(0, 0.0).bound is None


def test_agreement_by_hand() -> None:
    a = agreement([1.0, -1.0, 3.0])
    assert a is not None
    assert (a.n, a.mean_abs, a.bias) == (3, pytest.approx(5 / 3), 1.0)
    assert a.limits == pytest.approx((1 - 1.959964 * 2, 1 + 1.959964 * 2))
    assert a.p95_abs == pytest.approx(2.8)
    one = agreement([0.5])
    assert one is not None
    assert one.limits is None
    assert agreement([]) is None


def test_f1_and_quantile_by_hand() -> None:
    assert f1(8, 2, 2) == 0.8
    assert f1(0, 0, 0) is None
    assert f1(0, 3, 0) == 0
    assert quantile([0.0, 1.0], 0.95) == pytest.approx(0.95)
    assert quantile([], 0.95) is None


def test_bands_of_rates_leave_none_out() -> None:
    assert [rate_band(r) for r in (10, 39.9, 40, 100, 149, 400)] == [
        "below 40 Hz", "below 40 Hz", "40 to 80 Hz", "80 to 150 Hz", "80 to 150 Hz", "150 Hz and more",
    ]  # fmt: skip


# --- pairing


@st.composite
def holds(draw: st.DrawFn) -> list[Event]:
    """Holds that do not overlap."""
    at, found = 0.0, []
    for gap, length in draw(st.lists(st.tuples(st.floats(0, 3), st.floats(0.2, 6)), max_size=8)):
        found.append(event("band-flexes", at + gap, at + gap + length))
        at += gap + length
    return found


@settings(max_examples=60, deadline=None)
@given(holds(), holds())
def test_pairing_is_one_to_one_and_the_same_from_both_sides(true: list[Event], found: list[Event]) -> None:
    matched = match(true, found)
    assert (
        len({id(t) for t, _ in matched.pairs}) == len({id(f) for _, f in matched.pairs}) == len(matched.pairs)
    )
    assert len(matched.pairs) + len(matched.missed) == len(true)
    assert len(matched.pairs) + len(matched.extra) == len(found)
    assert list(matched.pairs) == sorted(matched.pairs, key=lambda p: (p[0].start_s, p[1].start_s))
    other = match(found, true)
    assert len(other.pairs) == len(matched.pairs)
    assert _apart(other.pairs) == pytest.approx(_apart(matched.pairs))
    assert len(match(list(reversed(true)), found).pairs) == len(matched.pairs)


def _apart(pairs: Sequence[tuple[Event, Event]]) -> float:
    return sum(abs(a.start_s - b.start_s) + abs(a.end_s - b.end_s) for a, b in pairs)


@settings(max_examples=30, deadline=None)
@given(holds())
def test_events_are_paired_with_themselves(true: list[Event]) -> None:
    assert match(true, list(true)).pairs == tuple((e, e) for e in true)


def test_a_pair_is_where_most_of_it_is() -> None:
    hold = event("band-flexes", 10, 18)
    assert match([hold], [event("band-flexes", 14, 18)]).pairs  # too short, but it: an error of its length
    assert not match([hold], [event("band-flexes", 17, 24)]).pairs
    split = match([hold], [event("band-flexes", 10, 13), event("band-flexes", 13.5, 18)])
    assert [f.start_s for _, f in split.pairs] == [13.5]
    assert len(split.extra) == 1


def test_a_landing_is_paired_by_its_time_alone() -> None:
    steps = [event("toe-walk", t, t + 0.6, toe=True) for t in (0.0, 1.0, 2.0)]
    found = [event("toe-walk", t, t + 0.1, toe=True) for t in (0.29, 0.9, 2.31)]
    assert [(t.start_s, f.start_s) for t, f in match(steps, found).pairs] == [(0.0, 0.29), (1.0, 0.9)]


def test_of_neighbours_in_reach_as_many_as_can_be_are_paired() -> None:
    steps = [event("toe-walk", t, t + 0.1, toe=True) for t in (0.0, 0.4)]
    found = [event("toe-walk", t, t + 0.1, toe=True) for t in (0.2, 0.45)]
    assert len(match(steps, found).pairs) == 2


# --- completion


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_was_done_is_complete_and_a_little_more_is_not(exercise: str) -> None:
    answers = {
        c.asked: (c.done, c.answer)
        for c in cases(ITEM[exercise], done(exercise), answer(exercise, done(exercise)))
    }
    assert answers["as done"] == (True, "complete")
    assert answers["one more"] == (False, "incomplete")
    if exercise != "ankle-circles":
        assert answers["longer"] == (False, "incomplete")


def test_one_that_was_not_done_makes_it_falsely_complete() -> None:
    true = done("band-flexes", 3)
    found = answer("band-flexes", [*true, event("band-flexes", 80, 92)])
    answers = {c.asked: c.answer for c in cases(ITEM["band-flexes"], true, found)}
    assert answers["one more"] == "complete"


def test_a_hold_taken_for_much_longer_makes_it_falsely_complete() -> None:
    true = [event("band-flexes", 20.0 * i, 20.0 * i + 6) for i in range(3)]
    found = [replace(e, end_s=e.end_s + 2) for e in true]
    answers = {c.asked: c.answer for c in cases(ITEM["band-flexes"], true, answer("band-flexes", found))}
    assert answers == {"as done": "complete", "longer": "complete", "one more": "incomplete"}


def test_circles_one_way_are_asked_for_that_way() -> None:
    true = [e for e in done("ankle-circles", 4) if e.attributes["direction"] == "cw"]
    answers = cases(ITEM["ankle-circles"], true, answer("ankle-circles", true))
    assert [(c.asked, c.answer) for c in answers] == [("as done", "complete"), ("one more", "incomplete")]
    thin = [replace(true[0], attributes={"direction": None}), *true[1:]]
    assert cases(ITEM["ankle-circles"], thin, answer("ankle-circles", thin)) == ()


def test_nothing_done_long_enough_is_never_complete() -> None:
    true = [event("band-flexes", 0, 2), event("band-flexes", 5, 7)]
    (only,) = cases(ITEM["band-flexes"], true, answer("band-flexes", true))
    assert (only.asked, only.done, only.answer) == ("one more", False, "incomplete")


# --- scores and cards


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_card_of_perfect_answers_is_perfect(exercise: str) -> None:
    true = done(exercise)
    (row,) = card([Outcome("a", False, (scored(true, true),))]).rows
    assert row.counting.exact == row.counting.within_one == Share(1, 1)
    assert row.counting.wrong_but_good == Share(0, 1)
    assert row.completion.false_complete.hits == row.completion.not_verifiable.hits == 0
    assert row.completion.sensitivity == Share(1, 1)
    assert row.completion.specificity.hits == row.completion.specificity.of > 0
    events = row.events
    assert (events.f1, events.untold, events.extra.events) == (1.0, 0, 0)
    assert events.label == (Share(0, 0) if KIND.get(exercise) is None else Share(len(true), len(true)))
    assert events.onset is not None
    assert events.onset.p95_abs == 0
    assert events.length is not None
    assert events.length.bias == 0


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_card_of_shifted_answers_is_not(exercise: str) -> None:
    true = done(exercise)
    (row,) = card([Outcome("a", False, (scored(true, moved(true, 0.2)),))]).rows
    assert row.events.onset is not None
    assert row.events.onset.bias == pytest.approx(0.2)
    assert row.events.f1 == 1
    (far,) = card([Outcome("a", False, (scored(true, moved(true, 1000.0)),))]).rows
    assert far.events.f1 == 0
    assert far.events.onset is None
    assert far.counting.exact == Share(1, 1)  # the number alone does not show it


def test_what_was_declined_is_neither_right_nor_wrong() -> None:
    true = done("band-flexes")
    (row,) = card([Outcome("a", False, (scored(true, (), Grade.NOT_VERIFIABLE),))]).rows
    assert row.declined == Share(1, 1)
    assert row.counting.exact == Share(0, 0)
    assert row.completion.not_verifiable == Share(3, 3)
    assert row.completion.sensitivity == Share(0, 1)
    assert row.events.f1 is None


def test_what_a_hole_takes_a_part_of_may_be_counted_or_not() -> None:
    true = done("band-flexes", 3)
    for found, off in ((true, 0), (true[1:], 0), (true[2:], -1), ([*true, event("band-flexes", 90, 99)], 1)):
        one = scored(true, found, gaps=((5.0, 5.6), (25.0, 25.2)))  # the second is short enough to be filled
        assert one.count.off == off
        assert one.missed == max(0, -off)
    assert len(scored(true, true, gaps=((5.0, 5.6),)).pairs) == 2
    assert Count(3, 1, 2).off == 0


def test_labels_are_right_wrong_or_not_told() -> None:
    true = [*done("ankle-circles", 2), event("ankle-circles", 50, 52, direction=None)]
    ways = ["cw", "ccw", None, "ccw", "cw"]
    found = [replace(e, attributes={"direction": w}) for e, w in zip(true, ways, strict=True)]
    assert [p.label for p in scored(true, found).pairs] == ["right", "wrong", "untold", "right", None]


def test_how_soon_is_told_by_the_place_in_a_bout() -> None:
    one = scored(done("ankle-circles", 4), done("ankle-circles", 4))
    early, last = ["early circle"] * 2, ["circle", "last circle"]
    assert [p.place for p in one.pairs] == [*early, *last, *early, *last]
    assert {round(p.late_s, 9) for p in one.pairs} == {0.2}
    step = scored(done("toe-walk"), done("toe-walk")).pairs[0]
    assert step.late_s == pytest.approx(0.8)  # from its landing


def test_tiptoe_is_counted_apart() -> None:
    true = done("toe-walk")
    found = [replace(e, attributes={"toe": None}) for e in true[:2]] + true[2:]
    one = scored(true, found)
    assert (one.count.off, one.toe and one.toe.off) == (0, -2)
    (row,) = card([Outcome("a", False, (one,))]).rows
    assert row.toe is not None
    assert row.toe.within_one == Share(0, 1)


def test_real_and_simulated_are_never_added_up() -> None:
    with pytest.raises(ValueError, match="never added up"):
        card([Outcome("a", False), Outcome("b", True)])


def test_people_are_counted_only_where_every_set_says_whose_it_is() -> None:
    one = scored(done("band-flexes"), done("band-flexes"))
    for persons, people, words in (
        (("A", "A"), 1, "2, one person"),
        (("A", ""), None, "2"),
        (("A", "B"), 2, "2"),
    ):
        (row,) = card([Outcome("a", False, tuple(replace(one, person=p) for p in persons))]).rows
        assert (row.people, sets_in_words(row)) == (people, words)


def test_rows_are_by_place_sensor_and_rate() -> None:
    one = scored(done("band-flexes"), done("band-flexes"))
    worn = [WORN, replace(WORN, rate_hz=30.0), replace(WORN, gyro=False), replace(WORN, placement="ankle")]
    seen = card(
        [Outcome("a", False, tuple(replace(one, stratum=w) for w in [*worn, replace(WORN, device="d")]))]
    )
    assert [(r.key.placement, r.key.gyro, r.key.device, r.sets) for r in seen.rows] == [
        ("foot", True, "", 2), ("foot", False, "", 1), ("foot", True, "d", 1), ("ankle", True, "", 1),
    ]  # fmt: skip
    assert [r.key.rate_band for r in seen.by_rate][:2] == ["below 40 Hz", "80 to 150 Hz"]


# --- truth, recordings, simulated wearers


def test_the_truth_of_a_simulated_recording_is_read_as_it_was_made(tmp_path: Path) -> None:
    made = simulate(Scenario(motion="ankle-circles", seed=3, reps=3, person_seed=8))
    path = tmp_path / "a.csv.gz"
    write(made, path)
    read, known = read_truth(truth_path(path)), labelled(made)
    assert (read.simulated, read.exercise, read.placement, read.side) == (
        True,
        "ankle-circles",
        "foot",
        "right",
    )
    assert [(e.kind, e.attributes) for e in read.events] == [(e.kind, e.attributes) for e in known.events]
    times = [[(e.start_s, e.end_s) for e in x.events] for x in (read, known)]
    assert np.allclose(*times, atol=1e-6)
    assert truth_path(Path("x/b.mcap")).name == truth_path(Path("b.CSV")).name == "b.truth.json"


GOOD = {
    "schema": "footsense.truth/1", "exercise": "band-flexes", "placement": "foot", "side": "left",
    "events": [{"kind": "hold", "exercise": "band-flexes", "start_s": 1.0, "end_s": 7.0}],
}  # fmt: skip
SEGMENT = {"exercise": "band-flexes", "start_s": 1.0, "end_s": 7.0}
HOLD = GOOD["events"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "expected a table, got a list"),
        (json.dumps(GOOD | {"schema": "other/1"}), "schema"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "events"}), "events: missing"),
        (json.dumps(GOOD | {"placement": "knee"}), "placement: expected"),
        (json.dumps(GOOD | {"exercise": "squats\u202e"}), "exercise: 'squats\\u202e' is no exercise"),
        (json.dumps(GOOD | {"events": [HOLD | {"start_s": 8.0}]}), "events[0]: ends before it starts"),
        (json.dumps(GOOD | {"events": [HOLD | {"start_s": "1"}]}), "events[0].start_s: expected a number"),
        (json.dumps(GOOD | {"events": [HOLD | {"kind": "step"}]}), "events[0].kind: band-flexes are of"),
        (json.dumps(GOOD | {"events": [HOLD | {"start_s": 1e400}]}), "not valid JSON"),
        (json.dumps(GOOD | {"segments": [SEGMENT | {"exercise": "x"}]}), "segments[0].exercise"),
        (json.dumps(GOOD | {"evnts": []}), "evnts: unknown key; is events meant?"),
        (json.dumps(GOOD | {"segments": [SEGMENT | {"sart_s": 1}]}), "segments[0].sart_s: unknown key"),
    ],
)  # fmt: skip
def test_a_truth_that_is_none_gets_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.truth.json"
    path.write_text(text)
    with pytest.raises(RecordingError) as error:
        read_truth(path)
    assert str(error.value).startswith(f"{path}: ")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_an_event_of_a_truth_may_carry_more_as_those_of_analyze_do(tmp_path: Path) -> None:
    path = tmp_path / "a.truth.json"
    path.write_text(json.dumps(GOOD | {"events": [HOLD | {"decided_s": 7.1, "confidence": 0.9}]}))
    assert len(read_truth(path).events) == 1


@pytest.mark.parametrize("counts", [[(10, 10)], [(10, 10), (10, 11)], [(10, 13), (30, 30), (20, 20)]])
def test_counts_have_whole_ticks(counts: list[tuple[int, int]]) -> None:
    sets = [scored(done("band-flexes", true), done("band-flexes", found)) for true, found in counts]
    figure = difference_figure(sets, LIGHT)
    figure.canvas.draw()
    for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
        assert len(axis.get_majorticklocs())
        assert all(float(tick).is_integer() for tick in axis.get_majorticklocs())


def test_one_run_answers_every_question_as_a_run_for_each_would() -> None:
    made = recording(simulate(Scenario(motion="toe-walk", seed=5, sets=1, loss=0.02)))
    asked = [*EXERCISES, None]
    assert analyse_each(made, asked) == [analyse(made, e) for e in asked]


def test_a_wearer_is_scored_with_and_without_the_gyro() -> None:
    population = Population(sets=1, seed_from=7, exercises=("band-flexes",), placements=("foot",))
    (job,) = population.jobs(ITEMS)
    with_gyro, without = outcomes(job)
    assert [o.sets[0].stratum.gyro for o in (with_gyro, without)] == [True, False]
    assert population.number == 2
    for o in (with_gyro, without):
        assert o.simulated
        assert o.sets[0].count.true == with_gyro.sets[0].count.true > 0
        assert len(o.sets[0].pairs) + o.sets[0].extra == o.sets[0].count.found > 0
        assert [r.exercise for r in o.recognised] == ["band-flexes"]


def test_of_what_is_no_exercise_the_false_events_are_counted() -> None:
    population = Population(sets=0, seed_from=3, hours=0.001, placements=("shank",))
    jobs = {j.motion: j for j in population.jobs(ITEMS)}
    assert set(jobs) == set(NEGATIVES)
    (walk,) = outcomes(jobs["walking"])
    (nothing,) = walk.nothing
    asked = {name: (n, hours) for name, n, hours in nothing.asked}
    assert set(asked) == {*EXERCISES, ""}
    assert asked["ankle-circles"] == (0, 0.0)  # declined on the shank
    assert asked["pencil-pickups"][1] == pytest.approx(1 / 30, rel=0.02)
    (row,) = card([walk]).false
    assert row.false["ankle-circles"].bound is None


def test_lost_packets_are_drawn_from_the_same_wearers() -> None:
    assert [(j.placement, j.loss) for j in lossy([1], ITEMS)] == [("foot", 0.02)] * len(EXERCISES)


def test_walking_that_is_labelled_with_its_steps_is_none_of_the_exercises(tmp_path: Path) -> None:
    made = simulate(Scenario(motion="walking", seed=2, duration_s=20))
    write(made, tmp_path / "a.csv")
    known = read_truth(tmp_path / "a.truth.json")
    assert known.events
    assert known.segments == ()
    assert score(known, recording(made), ITEMS).nothing


def test_of_several_exercises_each_is_looked_for_where_it_was_done() -> None:
    made = simulate(Scenario(motion="band-flexes", seed=7, reps=3))
    held = tuple(e for e in made.events)
    span = (held[0].start_s, held[-1].end_s)
    parts = (Segment("band-flexes", *span), Segment("toe-walk", span[1], span[1] + 10))
    known = replace(labelled(made), exercise=None, segments=parts)
    assert [r.answer for r in score(known, recording(made), ITEMS).recognised] == ["right", "nothing"]


def test_what_is_not_recognised_and_not_called_good_is_doubted() -> None:
    for placement, answer in (("shank", "doubted"), ("foot", "right")):
        made = simulate(Scenario(motion="toe-walk", seed=7, placement=placement))  # type: ignore[arg-type]
        scored = score(labelled(made), recording(made), ITEMS)
        assert [r.answer for r in scored.recognised] == [answer]
        (row,) = card([scored]).recognition
        assert (row.recognised.hits, row.doubted, row.nothing) == (answer == "right", answer == "doubted", 0)


# --- work in several processes


def test_several_processes_give_the_same_in_the_same_order() -> None:
    found = spread(math.sqrt, [*range(12), -1], 2)
    assert [next(found) for _ in range(12)] == list(spread(math.sqrt, range(12), 1))
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        next(found)


def test_a_process_that_is_ended_is_said_in_words() -> None:
    with pytest.raises(FootsenseError, match="use fewer of them"):
        list(spread(os._exit, [9, 9], 2))
