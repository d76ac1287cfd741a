"""Which exercises are recognised when none is told."""

from collections.abc import Sequence

import pytest

from footsense.engine import run
from footsense.exercises import exercise_names
from footsense.recognise import Segment, recognise
from footsense.simulate import Scenario, simulate, simulate_routine
from footsense.types import Event, Placement


def holds(
    exercise: str, count: int, *, held_s: float, every_s: float, start_s: float = 0.0, **attributes: float
) -> list[Event]:
    starts = [start_s + i * every_s for i in range(count)]
    return [Event(exercise, "hold", t, t + held_s, t + held_s + 0.4, attributes) for t in starts]


def steps(
    labels: Sequence[bool | None],
    start_s: float = 0.0,
    *,
    paces_s: Sequence[float] = (1.1,),
    swing_g: float = 1.2,
    impact_g: float = 0.3,
) -> list[Event]:
    times = [start_s + sum(paces_s[k % len(paces_s)] for k in range(i)) for i in range(len(labels))]
    pairs = zip(times, labels, strict=True)
    return [
        Event("toe-walk", "step", t, t + 0.6, t + 1.0, {"toe": toe, "swing_g": swing_g, "impact_g": impact_g})
        for t, toe in pairs
    ]


FLEX = {"excursion_deg": 20.0, "height_m": 0.015, "travel_m": 0.04, "rise_s": 0.2}
LIFT = {"excursion_deg": 20.0, "height_m": 0.14, "travel_m": 0.2, "rise_s": 0.2}
GRIP = {"excursion_deg": 2.5, "height_m": 0.0, "travel_m": 0.01, "rise_s": 0.2}


def test_three_alike_holds_are_an_exercise_and_two_are_not() -> None:
    assert recognise(holds("band-flexes", 2, held_s=7, every_s=12, **FLEX), "foot") == ()
    (found,) = recognise(holds("band-flexes", 3, held_s=7, every_s=12, **FLEX), "foot")
    assert found == Segment("band-flexes", 0.0, 31.0)


def test_two_long_and_high_lifts_are_an_exercise_and_two_lesser_ones_are_not() -> None:
    assert recognise(holds("pencil-pickups", 2, held_s=10, every_s=40, **LIFT), "ankle")
    assert recognise(holds("pencil-pickups", 2, held_s=10, every_s=50, **LIFT), "ankle") == ()
    assert recognise(holds("pencil-pickups", 2, held_s=7, every_s=12, **LIFT), "ankle") == ()
    low = {**LIFT, "height_m": 0.07}
    assert recognise(holds("pencil-pickups", 2, held_s=10, every_s=40, **low), "ankle") == ()
    assert recognise(holds("pencil-pickups", 3, held_s=10, every_s=40, **low), "ankle")


def test_holds_that_differ_in_length_are_none() -> None:
    lengths = enumerate([5, 12, 5, 12, 5])
    mixed = [
        e for n, s in lengths for e in holds("band-flexes", 1, held_s=s, every_s=1, start_s=20.0 * n, **FLEX)
    ]
    assert recognise(mixed, "foot") == ()


def test_a_foot_kept_up_for_other_lengths_each_time_does_not_flex() -> None:
    def kept(lengths: Sequence[float]) -> list[Event]:
        numbered = enumerate(lengths)
        return [
            e
            for n, s in numbered
            for e in holds("band-flexes", 1, held_s=s, every_s=1, start_s=20.0 * n, **FLEX)
        ]

    assert recognise(kept([5, 7, 6, 9, 8, 5]), "foot")
    assert recognise(kept([5, 8, 15, 7, 16, 5]), "foot") == ()


def test_tiptoe_inside_a_walk_is_cut_out_of_it() -> None:
    heel, toe = [False] * 8, [True] * 9
    (found,) = recognise(steps([*heel, *toe, *heel]), "foot")
    assert found.exercise == "toe-walk"
    assert 8 * 1.1 - 1.2 <= found.start_s <= 8 * 1.1 + 1.2
    assert 17 * 1.1 - 1.2 <= found.end_s <= 17 * 1.1 + 1.2


def test_steps_that_cannot_be_told_are_not_recognised() -> None:
    assert recognise(steps([None] * 20), "shank") == ()


def test_holds_within_a_walk_are_none() -> None:
    flexes = holds("band-flexes", 3, held_s=7, every_s=12, **FLEX)
    assert recognise([*flexes, *steps([False] * 30)], "foot") == ()


def test_segments_do_not_overlap() -> None:
    flexes = holds("band-flexes", 4, held_s=9, every_s=14, **FLEX)
    both = [*flexes, *holds("pencil-pickups", 4, held_s=9, every_s=14, **LIFT)]
    assert len(recognise(both, "foot")) == 1


@pytest.mark.parametrize("placement", ["foot", "ankle", None])
def test_how_far_the_sensor_went_tells_a_lifted_leg_from_a_flexed_foot(placement: Placement | None) -> None:
    for how, exercise in ((FLEX, "band-flexes"), (LIFT, "pencil-pickups")):
        same = [
            e for name in ("band-flexes", "pencil-pickups") for e in holds(name, 5, held_s=9, every_s=14, **how)
        ]
        assert [s.exercise for s in recognise(same, placement)] == [exercise]


def test_between_a_flex_and_a_lift_it_is_neither() -> None:
    between = {"excursion_deg": 20.0, "height_m": 0.04, "travel_m": 0.092, "rise_s": 0.45}
    same = [
        e for name in ("band-flexes", "pencil-pickups") for e in holds(name, 5, held_s=9, every_s=14, **between)
    ]
    assert recognise(same, "foot") == ()


def test_a_leg_lifted_for_a_few_seconds_is_no_flex() -> None:
    lifted = {"excursion_deg": 20.0, "height_m": 0.064, "travel_m": 0.084, "rise_s": 0.35}
    for held_s in (5.0, 6.5):
        assert recognise(holds("band-flexes", 5, held_s=held_s, every_s=8.0, **lifted), "ankle") == ()
    flexed = {**lifted, "height_m": 0.03, "travel_m": 0.06}
    assert recognise(holds("band-flexes", 5, held_s=5.0, every_s=8.0, **flexed), "ankle")


def test_a_shank_does_not_show_flexes() -> None:
    same = [
        e for name in ("band-flexes", "pencil-pickups") for e in holds(name, 5, held_s=9, every_s=14, **LIFT)
    ]
    assert [s.exercise for s in recognise(same, "shank")] == ["pencil-pickups"]
    assert recognise(holds("band-flexes", 5, held_s=9, every_s=14, **FLEX), "shank") == ()


def test_a_grip_of_the_toes_is_known_by_its_size_and_only_on_the_foot() -> None:
    names = ("band-flexes", "pencil-pickups", "top-presses")
    same = [e for name in names for e in holds(name, 6, held_s=5, every_s=8, **GRIP)]
    assert [s.exercise for s in recognise(same, "foot")] == ["top-presses"]
    assert "top-presses" not in [s.exercise for s in recognise(same, "ankle")]
    leaning = [e for name in names for e in holds(name, 6, held_s=5, every_s=8, **{**GRIP, "travel_m": 0.08})]
    assert recognise(leaning, "foot") == ()


def presses(lengths: Sequence[float], **attributes: float) -> list[Event]:
    grip = {**GRIP, **attributes}
    return [
        e
        for n, s in enumerate(lengths)
        for e in holds("top-presses", 1, held_s=s, every_s=1, start_s=9.0 * n, **grip)
    ]


def test_presses_are_held_for_one_count_and_turn_one_way() -> None:
    even = [3.6, 4.0, 3.5, 4.2, 3.8, 3.4]
    assert [s.exercise for s in recognise(presses(even), "foot")] == ["top-presses"]
    assert [s.exercise for s in recognise(presses(even, turn_deg=2.6), "foot")] == ["top-presses"]
    assert recognise(presses(even, turn_deg=4.5), "foot") == ()
    assert recognise(presses([2.7, 2.6, 2.7, 2.8, 2.6, 2.7]), "foot") == ()
    assert recognise(presses([2.7, 4.5, 2.7, 4.5, 2.7, 4.5, 2.7]), "foot") == ()


def test_long_flexes_are_told_without_a_gyro_and_lifts_by_other_angles_belong_together() -> None:
    seen = {"excursion_deg": 20.0, "height_m": 0.018, "rise_s": 0.56}
    long = [e for x in ("band-flexes", "pencil-pickups") for e in holds(x, 5, held_s=10.5, every_s=18, **seen)]
    assert "pencil-pickups" not in {s.exercise for s in recognise(long, "foot")}
    lifts = [
        e
        for n, deg in enumerate([18.0, 40.0, 19.0])
        for e in holds(
            "pencil-pickups", 1, held_s=10, every_s=1, start_s=18.0 * n, **{**LIFT, "excursion_deg": deg}
        )
    ]
    assert [s.exercise for s in recognise(lifts, "ankle")] == ["pencil-pickups"]


def test_steps_seen_while_a_posture_is_kept_are_none() -> None:
    flexes = holds("band-flexes", 4, held_s=9, every_s=14, **FLEX)
    trembling = steps([True] * 7, start_s=14.8)
    (found,) = recognise([*flexes, *trembling], "foot")
    assert found == Segment("band-flexes", 0.0, 51.0)


def test_a_walk_between_two_sets_parts_them() -> None:
    first = holds("band-flexes", 3, held_s=7, every_s=12, **FLEX)
    second = holds("band-flexes", 3, held_s=7, every_s=12, start_s=52.0, **FLEX)
    found = recognise([*first, *steps([False] * 12, start_s=35.0), *second], "foot")
    assert [(s.start_s, s.end_s) for s in found] == [(0.0, 31.0), (52.0, 83.0)]


def test_a_hold_broken_for_a_moment_is_one_of_the_others_length() -> None:
    whole = holds("band-flexes", 2, held_s=9, every_s=14, **FLEX)
    broken = holds("band-flexes", 2, held_s=4, every_s=5, start_s=28.0, **FLEX)
    (found,) = recognise(
        [*whole, *broken, *holds("band-flexes", 2, held_s=9, every_s=14, start_s=42.0, **FLEX)], "foot"
    )
    assert found == Segment("band-flexes", 0.0, 65.0)
    hurried = holds("band-flexes", 5, held_s=5, every_s=6, **FLEX)
    (found,) = recognise(hurried, "foot")
    assert found == Segment("band-flexes", 0.0, 29.0)


def test_a_shank_does_not_show_circles() -> None:
    circles = [Event("ankle-circles", "circle", 2.0 * k, 2.0 * k + 1.9, 2.0 * k + 2.0, {}) for k in range(8)]
    assert [s.exercise for s in recognise(circles, "ankle")] == ["ankle-circles"]
    assert recognise(circles, "shank") == ()


def test_a_few_steps_on_tiptoe_are_no_exercise() -> None:
    assert recognise(steps([True] * 5), "foot") == ()
    assert recognise(steps([True, True, False] * 6), "foot") == ()
    assert [s.exercise for s in recognise(steps([True] * 8), "foot")] == ["toe-walk"]


def test_feet_that_fidget_or_circle_do_not_walk_on_tiptoe() -> None:
    assert recognise(steps([True] * 12, paces_s=(0.8, 2.4, 1.1, 2.3)), "ankle") == ()
    assert recognise(steps([True] * 12, paces_s=(1.0,), swing_g=0.35), "ankle") == ()


def test_a_walk_is_known_by_how_far_its_steps_go_not_by_how_hard_they_land() -> None:
    """At 50 samples a second a soft landing shows a third of the impact it shows at 100."""
    assert recognise(steps([True] * 12, impact_g=0.01), "foot")
    assert recognise(steps([True] * 12, paces_s=(0.8,), swing_g=0.8, impact_g=1.0), "foot") == ()


def test_nobody_takes_great_strides_on_tiptoe() -> None:
    assert recognise(steps([True] * 12, paces_s=(1.2,), swing_g=2.5), "foot")
    assert recognise(steps([True] * 12, paces_s=(1.2,), swing_g=4.0), "foot") == ()


def test_a_walk_of_which_many_steps_cannot_be_told_is_not_known_to_be_on_tiptoe() -> None:
    assert recognise(steps([True, True, True, None] * 4), "ankle")
    assert recognise(steps([True, None] * 10), "ankle") == ()


def test_two_circles_and_a_pause_belong_to_those_that_follow() -> None:
    starts = [0.0, 2.0, *(9.0 + 2.0 * k for k in range(6))]
    circles = [Event("ankle-circles", "circle", t, t + 1.9, t + 2.0, {}) for t in starts]
    assert recognise(circles, "foot") == (Segment("ankle-circles", 0.0, 20.9),)
    assert recognise(circles[:2], "foot") == ()


def test_a_leg_put_down_from_rest_in_the_air_is_neither_a_flex_nor_a_lift() -> None:
    down = {**LIFT, "height_m": -0.14}
    same = [
        e for name in ("band-flexes", "pencil-pickups") for e in holds(name, 5, held_s=7, every_s=18, **down)
    ]
    assert recognise(same, "foot") == ()


def test_holds_of_which_the_way_was_not_seen_are_none() -> None:
    blind = {**FLEX, "rise_s": 0.0}
    assert recognise(holds("band-flexes", 5, held_s=7, every_s=12, **blind), "foot") == ()


@pytest.mark.parametrize("exercise", exercise_names())
def test_a_simulated_set_is_recognised(exercise: str) -> None:
    """Says that the chain hangs together; how often it is right stands in ACCURACY.md."""
    made = simulate(Scenario(motion=exercise, seed=3, placement="foot", direction="cw", sets=1))
    (found,) = recognise(run(made.items()), "foot")
    assert found.exercise == exercise
    assert found.start_s == pytest.approx(made.events[0].start_s, abs=1.5)
    assert found.end_s == pytest.approx(made.events[-1].end_s, abs=1.5)


def test_exercises_in_a_row_are_told_apart() -> None:
    motions = ("ankle-circles", "band-flexes", "walking", "pencil-pickups", "toe-walk")
    made = simulate_routine([Scenario(motion=m, seed=5, tidy=True) for m in motions])
    found = recognise(run(made.items()), "foot")
    assert list(dict.fromkeys(s.exercise for s in found)) == [m for m in motions if m != "walking"]
    for segment in found:
        assert any(
            t.exercise == segment.exercise and t.start_s <= segment.start_s and segment.end_s <= t.end_s
            for t in made.segments
        )
