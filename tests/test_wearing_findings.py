"""What the wearing check finds, and does not: mistakes one at a time, on simulated wearers."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.simulate.wearing_check import Mistakes
from footsense.stream.reference import reference_command, reference_of
from footsense.types import Command, Grade, Item, Placement, Reference, Samples, StreamInfo, Vector
from footsense.wearing import PROMPTS, WearingCheck, in_words, prompts, referred, turned
from tests.streams import cut, shifted
from tests.test_wearing import check, codes, outcome

PLAIN_DEVICE = {"rate_hz": 100.0, "acc_range_g": 8.0}


@pytest.mark.parametrize(
    ("placement", "mistakes", "code"),
    [
        ("foot", Mistakes(other_foot=True), "side"),
        ("ankle", Mistakes(other_foot=True), "side"),
        ("foot", Mistakes(other_way=True), "side"),
        ("ankle", Mistakes(other_way=True), "side"),
        ("foot", Mistakes(no_lift=True), "placement"),
        ("foot", Mistakes(sits="shank"), "placement"),
        ("ankle", Mistakes(sits="foot"), "placement"),
        ("shank", Mistakes(sits="foot"), "placement"),
        ("foot", Mistakes(no_circle=True), "no-circle"),
        ("ankle", Mistakes(restless=True), "not-still"),
    ],
)
def test_a_mistake_is_found(placement: Placement, mistakes: Mistakes, code: str) -> None:
    found = [code in codes(check(seed, placement, mistakes, **PLAIN_DEVICE).items()) for seed in range(8)]
    assert sum(found) >= 4


def test_a_loose_strap_is_found_by_its_ringing_and_by_its_slipping() -> None:
    rings = {"strap_hz": 8.0, "strap_damping": 0.1}
    slips = {"slip_deg": 12.0}
    for loose in (rings, slips):
        found = ["loose-strap" in codes(check(s, **PLAIN_DEVICE, **loose).items()) for s in range(6)]
        assert sum(found) >= 3, loose


def test_the_shank_says_nothing_of_the_side() -> None:
    for mistakes in (Mistakes(other_foot=True), Mistakes(other_way=True)):
        for seed in range(4):
            assert "side" not in codes(check(seed, "shank", mistakes, **PLAIN_DEVICE).items())


@pytest.mark.parametrize("rate_hz", [10.0, 25.0, 50.0, 400.0])
@pytest.mark.parametrize("gyro", [True, False])
def test_settings_that_do_not_do_for_steps_are_named_at_any_rate(rate_hz: float, gyro: bool) -> None:
    found = outcome(check(2, rate_hz=rate_hz, gyro=gyro, acc_range_g=2.0).items())
    assert found is not None
    assert {r.code for r in found.reasons} == {"range"} | ({"rate"} if rate_hz < 50 else set())
    assert {r.grade for r in found.reasons} == {Grade.GOOD}


@pytest.mark.parametrize("placement", ["foot", "ankle"])
def test_the_reference_is_measured_alike_with_and_without_a_gyro(placement: Placement) -> None:
    for seed in range(4):
        pair = [outcome(check(seed, placement, gyro=g, **PLAIN_DEVICE).items()) for g in (True, False)]
        a, b = (o.reference for o in pair if o is not None)
        assert a is not None
        assert b is not None
        assert a.flex_deg is not None
        assert b.flex_deg is not None
        assert a.flex_deg == pytest.approx(b.flex_deg, rel=0.2)
        assert _angle(a.up, b.up) < 1.0


def test_the_axis_points_to_the_right_of_the_wearer_on_either_foot() -> None:
    level = (1.0, 0.0, 0.0, 0.0)  # the sensor's axes are those of the foot: forward, left, up
    for side in ("left", "right"):
        found = outcome(check(1, side=side, mounting=level, **PLAIN_DEVICE).items())
        assert found is not None
        assert found.reference is not None
        assert found.reference.flex_axis is not None
        assert _angle(found.reference.up, (0.0, 0.0, 1.0)) < 3.0
        assert _angle(found.reference.flex_axis, (0.0, -1.0, 0.0)) < 15.0


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 5), st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: math.hypot(*q) > 0.1)
)
def test_the_mounting_changes_nothing_but_the_directions(seed: int, quaternion: list[float]) -> None:
    as_worn = check(seed, **PLAIN_DEVICE).items()
    turn = _matrix(quaternion)
    other = [_turned(i, turn) for i in as_worn]
    a, b = outcome(as_worn), outcome(other)
    assert a is not None
    assert b is not None
    assert a.reference is not None
    assert b.reference is not None
    assert [r.code for r in a.reasons] == [r.code for r in b.reasons]
    assert a.reference.flex_deg == pytest.approx(b.reference.flex_deg, rel=1e-6)
    assert np.allclose(turn @ np.array(a.reference.up), b.reference.up, atol=1e-9)


def test_a_shift_of_all_times_shifts_the_check() -> None:
    items = check(4).items()
    later = [
        replace(i, fields={**i.fields, "t_s": i.fields["t_s"] + 512.0}) if isinstance(i, Command) else i  # type: ignore[operator]
        for i in shifted(items, 512.0)
    ]
    a, b = outcome(items), outcome(later)
    assert a is not None
    assert b is not None
    assert b.asked_s == tuple((p, t + 512.0) for p, t in a.asked_s)
    assert a.reference is not None
    assert b.reference is not None
    assert [r.code for r in a.reasons] == [r.code for r in b.reasons]
    assert a.reference.flex_deg == pytest.approx(b.reference.flex_deg, rel=1e-6)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_the_stream_opens_anew_at_the_same_sample_however_it_is_cut(sizes: list[int]) -> None:
    items = check(6, after_s=2.0, **PLAIN_DEVICE).items()
    whole, parts = (_opened(referred(i, WearingCheck())) for i in (items, cut(items, sizes)))
    assert whole == parts
    assert whole[0] is not None


def _opened(items: object) -> tuple[int | None, Reference | None]:
    """Index of the first sample that has a reference, and that."""
    reference = None
    for item in items:  # type: ignore[attr-defined]
        if isinstance(item, StreamInfo):
            reference = item.reference
        elif isinstance(item, Samples) and reference is not None:
            return item.first, reference
    return None, None


def test_a_hole_makes_a_check_void() -> None:
    found = outcome(check(3, gaps_s=((8.0, 1.0),), **PLAIN_DEVICE).items())
    assert found is not None
    assert found.reference is None
    assert [r.code for r in found.reasons] == ["gaps"]


def test_a_check_broken_off_or_told_in_disorder_gives_nothing() -> None:
    items = check(3).items()
    without_end = [i for i in items if not (isinstance(i, Command) and i.fields["phase"] == "end")]
    assert outcome(without_end) is None
    lift_late = [_at(i, "lift", 19.0) for i in items]
    assert outcome(lift_late) is None
    nonsense = [replace(i, fields={"phase": 7, "t_s": "x"}) if isinstance(i, Command) else i for i in items]
    assert outcome(nonsense) is None


def _at(item: Item, phase: str, t_s: float) -> Item:
    if isinstance(item, Command) and item.fields["phase"] == phase:
        return replace(item, fields={**item.fields, "t_s": t_s})
    return item


def test_a_sensor_that_reads_nothing_is_no_stand_that_breaks_anything() -> None:
    items = [replace(i, acc_g=i.acc_g * 0.0) if isinstance(i, Samples) else i for i in check(3).items()]
    found = outcome(items)
    assert found is not None
    assert found.reasons


@pytest.mark.parametrize(
    ("degrees", "axis", "code"),
    [(0, 0, None), (20, 0, None), (180, 0, "upside-down"), (180, 1, "upside-down"), (180, 2, "turned"),
     (60, 1, "turned")],
)  # fmt: skip
def test_against_the_last_time(degrees: int, axis: int, code: str | None) -> None:
    """The sensor's axes are those of the foot now, and were turned about one of them the last time."""
    items = check(2, mounting=(1.0, 0.0, 0.0, 0.0), **PLAIN_DEVICE).items()
    found = outcome(items)
    assert found is not None
    assert found.reference is not None
    half = math.radians(degrees) / 2
    turn = _matrix([math.cos(half), *(math.sin(half) * (k == axis) for k in range(3))])
    before = _referred_by(found.reference, turn)
    said = turned(before, found.reference)
    assert (None if said is None else said.code) == code
    follower = WearingCheck(before)
    last = next(o for i in items if (o := follower.process(i)) is not None)
    assert [r.code for r in last.reasons] == ([] if code is None else [code])


def _unit(v: Vector) -> Vector:
    n = math.hypot(*v)
    return v[0] / n, v[1] / n, v[2] / n


unit_vectors = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: math.hypot(*v) > 0.1).map(_unit)


@given(unit_vectors, st.none() | st.tuples(unit_vectors, st.floats(0, 90)), st.floats(0, 50), st.floats(0, 1))
def test_a_reference_survives_being_recorded(
    up: Vector, flex: tuple[Vector, float] | None, noise_deg: float, noise_g: float
) -> None:
    axis, size = flex or (None, None)
    reference = Reference(up, axis, size, noise_deg, noise_g)
    command = reference_command(1, "s", reference)
    assert reference_of(command, "s") == reference
    assert reference_of(command, "another") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"up_x": None}, {"up_x": "1"}, {"up_x": math.nan}, {"up_x": True}, {"up_y": 0.9}, {"noise_deg": -1.0},
        {"noise_g": math.inf}, {"noise_g": None},
    ],
)  # fmt: skip
def test_a_reference_that_is_not_whole_is_none(wrong: dict[str, object]) -> None:
    command = reference_command(1, "s", Reference((1.0, 0.0, 0.0), None, None, 0.1, 0.01))
    bad = replace(command, fields={**command.fields, **wrong})  # type: ignore[dict-item]
    assert reference_of(command, "s") is not None
    assert reference_of(bad, "s") is None


def test_the_prompts_take_no_more_than_twenty_seconds() -> None:
    due = prompts()
    assert due[-1][0] <= 20.0
    assert all(a < b for (a, _), (b, _) in pairwise(due))
    assert [in_words(p, "left").count("LEFT") for p in PROMPTS] == [0, 1, 1, 0]
    assert all("{" not in in_words(p, None) for p in PROMPTS)


def _angle(a: Vector, b: Vector) -> float:
    return math.degrees(math.acos(max(-1.0, min(1.0, sum(p * q for p, q in zip(a, b, strict=True))))))


def _matrix(quaternion: list[float]) -> np.ndarray:
    w, x, y, z = np.array(quaternion) / math.hypot(*quaternion)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def _turned(item: Item, turn: np.ndarray) -> Item:
    if not isinstance(item, Samples):
        return item
    gyr = None if item.gyr_dps is None else item.gyr_dps @ turn.T
    return replace(item, acc_g=item.acc_g @ turn.T, gyr_dps=gyr)


def _referred_by(reference: Reference, turn: np.ndarray) -> Reference:
    def there(v: Vector) -> Vector:
        x, y, z = (turn @ np.array(v)).tolist()
        return x, y, z

    axis = None if reference.flex_axis is None else there(reference.flex_axis)
    return replace(reference, up=there(reference.up), flex_axis=axis)
