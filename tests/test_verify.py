"""The verdict: what counts, what is undecided, and laws that hold whatever the events are."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.analysis import Analysis, RecordingFacts, Segment, SensorFacts
from footsense.cli.verify import in_words
from footsense.report.words import verdict_words
from footsense.routine import Routine, parse_routine
from footsense.types import Event, Grade, Reason, Side
from footsense.verify import HOLD_ERROR_S, Answer, Verdict, as_json, verify

HEAD = 'schema = "footsense.routine/1"\nname = "mine"\n'
CIRCLES = HEAD + '[[item]]\nexercise = "ankle-circles"\nsides = ["left"]\nreps = 2\n'
HOLDS = HEAD + '[[item]]\nexercise = "band-flexes"\nsides = ["left"]\nreps = 2\nhold_s = [5, 10]\n'
PRESSES = HEAD + '[[item]]\nexercise = "top-presses"\nsides = ["both"]\nreps = 2\nhold_s = [3, 3]\n'
WALK = HEAD + '[[item]]\nexercise = "toe-walk"\nsides = ["both"]\nsets = 2\nbout_s = 20\nmin_bout_s = 18\n'
FACTS = RecordingFacts(60.0, 6000, 100.0, True)
POOR = Reason("gaps", "a fifth of the samples is missing", Grade.POOR)
BLIND = Reason("placement", "the shank does not show it", Grade.NOT_VERIFIABLE)


def routine(text: str) -> Routine:
    return parse_routine(text, "mine.toml")


def event(kind: str, start_s: float, end_s: float, **attributes: str | bool | None) -> Event:
    exercise = {"circle": "ankle-circles", "hold": "band-flexes", "step": "toe-walk"}[kind]
    return Event(exercise, kind, start_s, end_s, end_s + 0.1, attributes)


def circles(*ways: str | None) -> tuple[Event, ...]:
    return tuple(event("circle", 2.0 * i, 2.0 * i + 1.9, direction=way) for i, way in enumerate(ways))


def holds(*lengths_s: float) -> tuple[Event, ...]:
    return tuple(event("hold", 20.0 * i, 20.0 * i + length) for i, length in enumerate(lengths_s))


def walk(start_s: float, labels: list[bool | None], step_s: float = 1.0) -> tuple[Event, ...]:
    times = [start_s + step_s * i for i in range(len(labels))]
    return tuple(event("step", t, t + 0.6, toe=label) for t, label in zip(times, labels, strict=True))


def recording(events: tuple[Event, ...], exercise: str | None = "?", **changes: object) -> Analysis:
    told = events[0].exercise if exercise == "?" else exercise
    plain = Analysis("a.csv", told, "foot", "left", FACTS, events, {})
    return replace(plain, **changes)  # type: ignore[arg-type]


def judge(text: str, *analyses: Analysis) -> tuple[Answer, dict[str, int], list[str]]:
    (item,) = verify(routine(text), analyses).items
    return item.verdict, dict(item.counted), [r.code for r in item.reasons]


def test_enough_circles_each_way_are_complete_and_more_are_no_fault() -> None:
    events = circles("cw", "ccw", "cw", "ccw", "cw")
    assert judge(CIRCLES, recording(events)) == (Answer.COMPLETE, {"cw": 3, "ccw": 2}, [])


def test_a_missing_direction_is_incomplete_and_named() -> None:
    (item,) = verify(routine(CIRCLES), [recording(circles("cw", "cw", "cw", "ccw"))]).items
    assert item.verdict is Answer.INCOMPLETE
    assert item.reasons[0].text == "1 ccw circle missing"


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (("cw", "cw", "ccw", None), Answer.NOT_VERIFIABLE),
        (("cw", None, None, None), Answer.NOT_VERIFIABLE),
        (("cw", None, None), Answer.INCOMPLETE),
        (("cw", "cw", "ccw", "ccw", None), Answer.COMPLETE),
    ],
)
def test_circles_without_direction_are_undecided_only_if_they_could_turn_it(
    ways: tuple[str | None, ...], expected: Answer
) -> None:
    assert judge(CIRCLES, recording(circles(*ways)))[0] is expected


@pytest.mark.parametrize(
    ("length_s", "expected"),
    [
        (5.0 + HOLD_ERROR_S + 0.01, Answer.COMPLETE),
        (5.0 + HOLD_ERROR_S - 0.01, Answer.NOT_VERIFIABLE),
        (5.0 - HOLD_ERROR_S + 0.01, Answer.NOT_VERIFIABLE),
        (5.0 - HOLD_ERROR_S - 0.01, Answer.INCOMPLETE),
        (100.0, Answer.COMPLETE),
    ],
)
def test_a_hold_within_its_error_bound_of_the_minimum_is_undecided(length_s: float, expected: Answer) -> None:
    assert judge(HOLDS, recording(holds(8.0, length_s)))[0] is expected


def test_an_undecided_hold_that_cannot_turn_the_verdict_leaves_it_incomplete() -> None:
    three = HOLDS.replace("reps = 2", "reps = 3")
    assert judge(three, recording(holds(8.0, 5.0))) == (
        Answer.INCOMPLETE,
        {"holds": 1},
        ["missing", "undecided"],
    )


def test_holds_that_are_too_short_are_said() -> None:
    (item,) = verify(routine(HOLDS), [recording(holds(8.0, 2.0, 3.0))]).items
    assert [(r.code, r.text) for r in item.reasons] == [
        ("missing", "1 hold of at least 5 s missing"),
        ("not-counted", "2 holds shorter than 5 s"),
    ]


def test_poor_data_are_counted_and_never_complete() -> None:
    poor = recording(holds(8.0, 8.0), grade=Grade.POOR, reasons=(POOR,))
    assert judge(HOLDS, poor) == (Answer.NOT_VERIFIABLE, {"holds": 2}, ["gaps"])
    assert judge(HOLDS, poor, recording(holds(8.0, 8.0)))[0] is Answer.COMPLETE


def test_data_that_cannot_show_it_make_it_not_verifiable_with_their_reasons() -> None:
    blind = recording((), "band-flexes", grade=Grade.NOT_VERIFIABLE, reasons=(BLIND,))
    assert judge(HOLDS, blind) == (Answer.NOT_VERIFIABLE, {"holds": 0}, ["placement"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), True),
        ((recording(circles("cw"), side="right"),), True),
        ((recording(circles("cw"), side="left"),), False),
        ((recording(circles("cw"), side=None),), False),
        ((recording(circles("cw"), "band-flexes", side="left"),), False),
    ],
)
def test_a_foot_of_which_there_is_no_recording_is_told(given: tuple[Analysis, ...], told: bool) -> None:
    (item,) = verify(routine(CIRCLES), given).items
    unseen = ": no readable recording of the left foot was given"
    assert any(r.code == "missing" and r.text.endswith(unseen) for r in item.reasons) is told
    assert item.verdict is Answer.INCOMPLETE or not told


def test_both_feet_are_never_said_to_be_unrecorded() -> None:
    (item,) = verify(routine(WALK), ()).items
    assert [r.text for r in item.reasons] == ["2 bouts of at least 18 s missing"]


def test_what_was_never_recorded_is_missing() -> None:
    assert judge(HOLDS, recording(circles("cw"))) == (Answer.INCOMPLETE, {"holds": 0}, ["missing"])
    assert judge(HOLDS)[0] is Answer.INCOMPLETE


def test_neither_said_nor_recognised_is_not_verifiable() -> None:
    assert judge(HOLDS, recording((), None)) == (Answer.NOT_VERIFIABLE, {"holds": 0}, ["not-recognised"])
    recognised = recording(holds(8.0), None, segments=(Segment("band-flexes", 0.0, 30.0),))
    assert judge(HOLDS, recognised)[0] is Answer.INCOMPLETE


def test_the_other_foot_does_not_count_and_an_unknown_side_is_asked_for() -> None:
    assert judge(HOLDS, recording(holds(8.0, 8.0), side="right"))[0] is Answer.INCOMPLETE
    unknown = recording(holds(8.0, 8.0), side=None)
    assert judge(HOLDS, unknown) == (Answer.NOT_VERIFIABLE, {"holds": 0}, ["side-unknown"])


def test_in_a_recording_of_two_sensors_the_events_say_the_side() -> None:
    events = tuple(event("hold", 20.0 * i, 20.0 * i + 8, side="left") for i in range(2))
    both = (SensorFacts("a", "left", "foot", FACTS), SensorFacts("b", "right", "foot", FACTS))
    assert judge(HOLDS, recording(events, side=None, sensors=both))[0] is Answer.COMPLETE
    nothing = recording((), "band-flexes", side=None, sensors=both)
    assert judge(HOLDS, nothing) == (Answer.INCOMPLETE, {"holds": 0}, ["missing"])


CUT = Reason("not-closed", "the recording was never closed", Grade.GOOD)
HURT = Reason("damaged", "the file is damaged in one place", Grade.POOR)


@pytest.mark.parametrize("exercise", ["ankle-circles", None])
def test_what_may_lie_in_the_part_that_is_missing_is_not_verifiable(exercise: str | None) -> None:
    short = recording(circles("cw"), exercise, reasons=(CUT,), lost=frozenset({"left"}))
    for text in (CIRCLES, HOLDS, WALK):
        answer, _, codes = judge(text, short)
        assert (answer, "not-closed" in codes) == (Answer.NOT_VERIFIABLE, True)
    whole = recording(holds(8.0), file="b.csv")
    assert judge(HOLDS, whole, short)[0] is Answer.NOT_VERIFIABLE
    assert judge(HOLDS, whole)[0] is Answer.INCOMPLETE


def test_damage_leaves_every_exercise_open() -> None:
    hurt = recording(circles("cw"), grade=Grade.POOR, reasons=(HURT,), lost=frozenset({"left"}))
    assert judge(WALK, hurt) == (Answer.NOT_VERIFIABLE, {"bouts": 0}, ["damaged"])
    assert judge(CIRCLES, hurt) == (Answer.NOT_VERIFIABLE, {"cw": 1, "ccw": 0}, ["damaged"])


def test_what_was_counted_away_from_the_damage_is_complete() -> None:
    hurt = recording(holds(8.0, 8.0), grade=Grade.POOR, reasons=(HURT,), lost=frozenset({"left"}))
    assert judge(HOLDS, hurt)[0] is Answer.COMPLETE
    near = replace(hurt, reasons=(POOR, HURT))
    assert judge(HOLDS, near) == (Answer.NOT_VERIFIABLE, {"holds": 2}, ["gaps", "damaged"])


def test_what_was_counted_before_the_end_was_lost_is_complete() -> None:
    short = recording(circles("cw", "ccw", "cw", "ccw"), reasons=(CUT,), lost=frozenset({"left"}))
    assert judge(CIRCLES, short)[0] is Answer.COMPLETE


def test_what_one_foots_recording_lost_says_nothing_of_the_other_foot() -> None:
    right = recording((), "ankle-circles", side="right", reasons=(CUT,), lost=frozenset({"right"}))
    assert judge(HOLDS, right)[0] is Answer.INCOMPLETE
    unknown = replace(right, lost=frozenset({None}))
    assert judge(HOLDS, unknown)[0] is Answer.NOT_VERIFIABLE


@pytest.mark.parametrize(
    ("left", "right", "where"), [(2, 0, "left"), (2, 1, "left"), (0, 3, "right"), (2, 2, None), (0, 0, None)]
)
def test_an_item_of_both_feet_says_at_which_foot_it_was_seen(left: int, right: int, where: str | None) -> None:
    walks = {side: [e for i in range(n) for e in walk(40.0 * i, [True] * 20)] for side, n in
             (("left", left), ("right", right))}  # fmt: skip
    both = [recording(tuple(found), "toe-walk", side=side, file=f"{side}.csv") for side, found in walks.items()]
    verdict = verify(routine(WALK), both)
    assert verdict.items[0].seen_at == where
    assert (f", at the {where} foot" in verdict.items[0].seen) == (where is not None)
    assert ("foot)" in in_words(verdict)) == (where is not None)
    (row,) = verdict_words(verdict, "a.csv")["rows"]
    assert row["side"] == ("both feet" if where is None else f"both feet, seen at the {where} foot")
    own = verify(routine(CIRCLES), [recording(circles("cw", "ccw", "cw", "ccw"))])
    assert own.items[0].seen_at is None


def test_a_reason_ends_the_path_with_the_name_however_long_it_is() -> None:
    file = f"{'folder/' * 20}left.csv"
    poor = recording(circles("cw"), file=file, side=None)
    (reason,) = verify(routine(CIRCLES), [poor]).items[0].reasons
    assert reason.text == f"{file}: which foot was it? say it with --side left"


def test_both_feet_at_once_are_not_added_up() -> None:
    presses = tuple(replace(e, exercise="top-presses") for e in holds(4.0))
    left, right = recording(presses), recording(presses, side="right", file="b.csv")
    assert judge(PRESSES, left, right) == (Answer.NOT_VERIFIABLE, {"holds": 1}, ["undecided"])
    assert judge(PRESSES, left, replace(right, side="left"))[0] is Answer.COMPLETE


def test_bouts_are_separated_by_a_pause_and_must_be_long_enough() -> None:
    two = walk(0.0, [True] * 20) + walk(35.0, [True] * 20)
    assert judge(WALK, recording(two)) == (Answer.COMPLETE, {"bouts": 2}, [])
    short = walk(0.0, [True] * 20) + walk(35.0, [True] * 10)
    assert judge(WALK, recording(short)) == (Answer.INCOMPLETE, {"bouts": 1}, ["missing", "not-counted"])
    assert judge(WALK, recording(walk(0.0, [True] * 60)))[1] == {"bouts": 1}


def test_the_way_back_on_the_whole_foot_does_not_spoil_a_bout() -> None:
    labels: list[bool | None] = [False] * 5 + [True] * 20 + [False] * 15 + [True] * 20 + [False] * 5
    assert judge(WALK, recording(walk(0.0, labels))) == (Answer.COMPLETE, {"bouts": 2}, [])


def test_steps_on_the_whole_foot_at_its_ends_do_not_lengthen_a_bout() -> None:
    labels: list[bool | None] = [False] + [True] * 20 + [False]
    (item,) = verify(routine(WALK), [recording(walk(0.0, labels))]).items
    assert [(e.start_s, e.end_s) for e in item.evidence] == [(1.0, 20.6)]


def test_a_bout_is_as_long_as_it_lasts_not_as_its_number_of_steps() -> None:
    quick, slow = walk(0.0, [True] * 20, step_s=0.5), walk(12.0, [False] * 20, step_s=1.5)
    assert judge(WALK, recording(quick + slow))[1] == {"bouts": 0}


def test_a_bout_needs_nine_in_ten_of_its_labelled_steps_on_tiptoe() -> None:
    mixed: list[bool | None] = [True, True, True, False] * 10
    answer, counted, codes = judge(WALK, recording(walk(0.0, mixed)))
    assert (answer, counted, codes) == (Answer.INCOMPLETE, {"bouts": 0}, ["missing", "not-counted"])


@pytest.mark.parametrize(("unlabelled", "expected"), [(4, Answer.COMPLETE), (5, Answer.NOT_VERIFIABLE)])
def test_more_than_a_fifth_of_the_steps_without_label_is_not_verifiable(
    unlabelled: int, expected: Answer
) -> None:
    spread: list[bool | None] = [None if i % 4 == 1 and i < 4 * unlabelled else True for i in range(20)]
    both = walk(0.0, spread) + walk(40.0, [True] * 20)
    assert judge(WALK, recording(both))[0] is expected


def test_the_verdict_of_the_routine_is_that_of_its_worst_item() -> None:
    text = CIRCLES + HOLDS.removeprefix(HEAD)
    done, some = recording(circles("cw", "ccw", "cw", "ccw")), recording(holds(8.0, 5.0))
    assert verify(routine(text), [done, some]).verdict is Answer.NOT_VERIFIABLE
    assert verify(routine(text), [done]).verdict is Answer.INCOMPLETE
    assert verify(routine(text), [some]).verdict is Answer.INCOMPLETE


def test_json_has_the_keys_of_the_contract() -> None:
    verdict = as_json(verify(routine(HOLDS), [recording(holds(8.0, 9.0))]))
    assert (verdict["schema"], verdict["routine"], verdict["verdict"]) == (
        "footsense.verdict/1",
        "mine",
        "complete",
    )
    (item,) = verdict["items"]  # type: ignore[misc]
    assert item["required"] == {"holds": 2, "min_hold_s": 5.0}  # type: ignore[has-type]
    assert item["evidence"] == [[0.0, 8.0], [20.0, 29.0]]  # type: ignore[has-type]


# --- laws ---------------------------------------------------------------------------------------------

ORDER = [Answer.INCOMPLETE, Answer.NOT_VERIFIABLE, Answer.COMPLETE]
SESSION = routine(CIRCLES + HOLDS.removeprefix(HEAD) + PRESSES.removeprefix(HEAD))

CIRCLE = st.builds(lambda way: event("circle", 0.0, 2.0, direction=way), st.sampled_from(["cw", "ccw", None]))
HOLD = st.builds(lambda s: event("hold", 0.0, s), st.sampled_from([3.0, 4.7, 5.2, 6.0]))
PRESS = st.builds(
    lambda s: replace(event("hold", 0.0, s), exercise="top-presses"), st.sampled_from([2.0, 3.1, 5.0])
)


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    kind = draw(st.sampled_from([CIRCLE, HOLD, PRESS]))
    events = tuple(draw(st.lists(kind, max_size=5)))
    recognised = draw(st.booleans()) and bool(events)
    grade = draw(st.sampled_from([Grade.GOOD, Grade.GOOD, Grade.POOR]))
    side = draw(st.sampled_from(["left", "left", "right", None]))
    exercise = events[0].exercise if events else "ankle-circles"
    return recording(
        events,
        None if recognised else exercise,
        segments=(Segment(exercise, 0.0, 9.0),) if recognised else (),
        grade=grade,
        side=side,
        file=draw(st.sampled_from("abc")) + ".csv",
    )


SESSIONS = st.lists(analyses(), max_size=5)


def ranks(verdict: Verdict) -> list[int]:
    return [ORDER.index(v) for v in [verdict.verdict, *(i.verdict for i in verdict.items)]]


@settings(max_examples=60)
@given(SESSIONS, st.randoms(use_true_random=False))
def test_the_order_of_files_and_events_changes_nothing(session: list[Analysis], random: object) -> None:
    shuffled = [replace(a, events=tuple(random.sample(a.events, len(a.events)))) for a in session]  # type: ignore[attr-defined]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = verify(SESSION, session), verify(SESSION, shuffled)
    assert ranks(first) == ranks(second)
    assert [i.counted for i in first.items] == [i.counted for i in second.items]


@settings(max_examples=150)
@given(SESSIONS.filter(bool), st.data())
def test_more_of_an_exercise_never_makes_the_verdict_worse(
    session: list[Analysis], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(session) - 1))
    exercise = session[index].exercise or session[index].segments[0].exercise
    extra = {"ankle-circles": CIRCLE, "band-flexes": HOLD, "top-presses": PRESS}[exercise]
    more = list(session)
    more[index] = replace(session[index], events=(*session[index].events, data.draw(extra)))
    before, after = ranks(verify(SESSION, session)), ranks(verify(SESSION, more))
    assert all(a >= b for a, b in zip(after, before, strict=True))


@settings(max_examples=150)
@given(st.lists(st.sampled_from(["cw", "ccw", None]), max_size=6))
def test_not_verifiable_if_and_only_if_the_undecided_could_turn_it(ways: list[str | None]) -> None:
    answer = verify(routine(CIRCLES), [recording(circles(*ways), "ankle-circles")]).verdict
    unknown = ways.count(None)
    worlds = {
        ways.count("cw") + cw >= 2 and ways.count("ccw") + unknown - cw >= 2 for cw in range(unknown + 1)
    } | ({False} if unknown and min(ways.count("cw"), ways.count("ccw")) < 2 else set())
    expected = {frozenset({True}): Answer.COMPLETE, frozenset({False}): Answer.INCOMPLETE}
    assert answer is expected.get(frozenset(worlds), Answer.NOT_VERIFIABLE)


@settings(max_examples=80)
@given(st.lists(st.sampled_from([2.0, 4.0, 4.7, 5.3, 5.5, 9.0]), max_size=5))
def test_a_hold_is_judged_as_if_its_true_length_were_anywhere_within_the_bound(lengths_s: list[float]) -> None:
    answer = verify(routine(HOLDS), [recording(holds(*lengths_s), "band-flexes")]).verdict
    surely = sum(length - HOLD_ERROR_S >= 5 for length in lengths_s)
    perhaps = sum(length + HOLD_ERROR_S > 5 for length in lengths_s)
    expected = Answer.COMPLETE if surely >= 2 else Answer.NOT_VERIFIABLE if perhaps >= 2 else Answer.INCOMPLETE
    assert answer is expected


@settings(max_examples=60)
@given(st.lists(st.sampled_from([True, True, True, False, None]), max_size=40), st.floats(-1000, 1000))
def test_a_shift_of_time_does_not_change_the_bouts(labels: list[bool | None], shift_s: float) -> None:
    here, there = (
        verify(routine(WALK), [recording(walk(t, labels), "toe-walk")]) for t in (0.0, round(shift_s))
    )
    assert ranks(here) == ranks(there)


def holed(events: tuple[Event, ...], *starts_s: float, long_s: float = 0.4) -> Analysis:
    gaps = tuple((t, t + long_s) for t in starts_s)
    return recording(events, "band-flexes", recording=replace(FACTS, gaps=gaps))


@pytest.mark.parametrize(
    ("events", "starts_s", "expected"),
    [
        ((), (), Answer.INCOMPLETE),
        ((), (10.0,), Answer.INCOMPLETE),  # one hole of that length can cut one of the two
        ((), (10.0, 50.0), Answer.NOT_VERIFIABLE),  # with nothing seen, nobody knows where they were
        (holds(8.0), (), Answer.INCOMPLETE),
        (holds(8.0), (18.0,), Answer.NOT_VERIFIABLE),
        (holds(8.0), (40.0,), Answer.INCOMPLETE),  # far from all that was seen
        (holds(8.0), (18.0, 25.0, 40.0), Answer.NOT_VERIFIABLE),
    ],
)
def test_each_short_hole_where_the_exercise_may_have_been_can_hide_one(
    events: tuple[Event, ...], starts_s: tuple[float, ...], expected: Answer
) -> None:
    assert judge(HOLDS, holed(events, *starts_s))[0] is expected


@pytest.mark.parametrize(("reps", "expected"), [(4, Answer.NOT_VERIFIABLE), (5, Answer.INCOMPLETE)])
def test_holes_near_one_that_may_have_cut_one_may_have_cut_others(reps: int, expected: Answer) -> None:
    asked = HOLDS.replace("reps = 2", f"reps = {reps}")
    for events in (holds(8.0), (event("hold", 42.0, 50.0),)):  # before the holes, or after them
        assert judge(asked, holed(events, 18.0, 25.0, 32.0))[0] is expected


def test_holes_of_a_foot_that_showed_nothing_may_hide_what_the_other_foot_showed() -> None:
    cut = replace(FACTS, gaps=((50.0, 50.4), (55.0, 55.4)))
    sensors = (SensorFacts("a", "left", "foot", cut), SensorFacts("b", "right", "foot", FACTS))
    right = event("hold", 2.0, 10.0, side="right")
    assert judge(HOLDS, recording((right,), sensors=sensors))[0] is Answer.NOT_VERIFIABLE


@pytest.mark.parametrize("main", ["left", "right"])
@pytest.mark.parametrize("seen_at", ["left", "right", None])
def test_of_both_feet_each_ones_holes_may_hide_what_it_lacks(main: Side, seen_at: Side | None) -> None:
    """The left sensor's stream has two holes of two reps asked for; which one has most samples says nothing."""
    cut = replace(FACTS, gaps=((28.0, 28.4), (32.0, 32.4)))
    sensors = (SensorFacts("a", "left", "foot", cut), SensorFacts("b", "right", "foot", FACTS))
    press = replace(event("hold", 20.0, 25.0, side=seen_at), exercise="top-presses")
    made = recording(
        (press,) if seen_at else (), "top-presses", side=None, sensors=sensors,
        recording=cut if main == "left" else FACTS,
    )  # fmt: skip
    assert judge(PRESSES, made) == (Answer.NOT_VERIFIABLE, {"holds": int(bool(seen_at))}, ["gaps"])
    assert judge(PRESSES.replace("reps = 2", "reps = 4"), made)[0] is Answer.INCOMPLETE
    other = replace(made, sensors=tuple(replace(s, recording=FACTS) for s in sensors), recording=FACTS)
    assert judge(PRESSES, other)[0] is Answer.INCOMPLETE


@pytest.mark.parametrize(("starts_s", "expected"), [((), Answer.INCOMPLETE), ((9.0,), Answer.NOT_VERIFIABLE)])
def test_a_hole_and_a_circle_without_direction_may_together_be_what_is_missing(
    starts_s: tuple[float, ...], expected: Answer
) -> None:
    made = replace(holed(circles("cw", "cw", None), *starts_s), exercise="ankle-circles")
    assert judge(CIRCLES, made)[0] is expected
