"""Cues for top presses: given, recorded, simulated, and matched by the verifier to holds that were counted."""

import asyncio
import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from footsense.accuracy.columns import markdown
from footsense.accuracy.cued import CuedRow, following_cues, not_moving, table
from footsense.analysis import Analysis, RecordingFacts, SensorFacts, analyse, analyse_marked
from footsense.cli.record import Wish
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.cli.simulate import command as simulate_command
from footsense.cli.verify import command as verify_command
from footsense.cli.verify import in_words
from footsense.cues import Cue, Pacer, Plan, asked, cue_of
from footsense.devices import load_profile
from footsense.engine import run
from footsense.errors import UsageError
from footsense.recording import open_recording
from footsense.routine import load_routine
from footsense.simulate import Scenario, simulate
from footsense.simulate.cued import Cued, following, ignoring, write_mcap
from footsense.simulate.rig import virtual_rig
from footsense.sources.central import Central, Patience
from footsense.types import Command, Event, Grade, Reason
from footsense.verify import Answer, ItemVerdict, as_json, verify
from footsense.verify.cues import LATEST_S, SOONEST_S, answers
from tests.accuracy.cued import main as print_cued

DAILY = load_routine("top-presses-daily")
EVERY_S = 8.0
PRESS_S = [10.0 + EVERY_S * k for k in range(10)]
CUES = tuple(Cue(t, "top-presses", "press", 3.0) for t in PRESS_S)
UNLIKE = Reason("unlike", "the movements go in different directions", Grade.POOR)
PLAN = Plan(presses=4)


# -- what a cue is


def test_a_cue_survives_being_a_command() -> None:
    cue = Cue(4.5, "top-presses", "press", 3.0)
    command = asked(7, cue)
    assert (command.host_ns, command.kind) == (7, "cue")
    assert cue_of(replace(command, fields={**command.fields, "t_s": 4.5})) == cue


@pytest.mark.parametrize(
    "command",
    [
        Command(0, "note", {"t_s": 1.0, "exercise": "top-presses", "asks": "press"}),
        Command(0, "cue", {"exercise": "top-presses", "asks": "press"}),
        Command(0, "cue", {"t_s": "1", "exercise": "top-presses", "asks": "press"}),
        Command(0, "cue", {"t_s": 1.0, "exercise": 7, "asks": "press"}),
        Command(0, "cue", {"t_s": 1.0, "exercise": "top-presses", "asks": "jump"}),
        Command(0, "cue", {"t_s": 1.0, "exercise": "top-presses", "asks": "press", "hold_s": "long"}),
    ],
)
def test_what_is_no_cue_is_left_alone(command: Command) -> None:
    assert cue_of(command) is None


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 9.0), min_size=1, max_size=60))
def test_each_cue_is_given_once_and_not_before_its_time(steps_s: list[float]) -> None:
    pacer, now_s, given_s = Pacer(PLAN, "left"), 0.0, []
    planned = [c.t_s for c in PLAN.cues()]
    for step in [*steps_s, 100.0, 1.0]:
        now_s += step
        due = [c for c in pacer.due(now_s, round(now_s * 1e9)) if c.kind == "cue"]
        assert all(t <= now_s for t in planned[len(given_s) : len(given_s) + len(due)])
        given_s += due
    assert [c.fields["asks"] for c in given_s] == ["press", "release"] * PLAN.presses
    assert pacer.over


# -- matching

spans = st.lists(
    st.tuples(st.floats(0, 100), st.floats(1, 9)).map(lambda x: (x[0], x[0] + x[1])), unique=True, max_size=30
)
moments = st.lists(st.floats(0, 100), max_size=15).map(sorted)


@settings(max_examples=40)
@given(spans, moments)
def test_one_hold_answers_one_cue_and_begins_after_it(
    holds: list[tuple[float, float]], at: list[float]
) -> None:
    cues = [Cue(t, "top-presses", "press") for t in at]
    found = answers(holds, cues)
    assert found <= set(holds)
    assert len(found) <= len(cues)
    for start_s, _ in found:
        assert any(t + SOONEST_S <= start_s <= t + LATEST_S for t in at)


@settings(max_examples=40)
@given(spans, moments, st.floats(-50, 50))
def test_a_hold_that_nobody_asked_for_never_matches_more(
    holds: list[tuple[float, float]], at: list[float], extra_s: float
) -> None:
    cues = [Cue(t, "top-presses", "press") for t in at]
    more = answers([*holds, (extra_s, extra_s + 3.0)], cues)
    assert len(answers(holds, cues)) <= len(more) <= len(answers(holds, cues)) + 1


def test_a_second_hold_after_a_cue_answers_nothing() -> None:
    assert answers([(11.0, 12.2), (12.6, 16.0)], CUES[:1]) == {(11.0, 12.2)}


def test_a_hold_answers_no_cue_that_comes_after_it_or_long_before() -> None:
    assert answers([(10.1, 14.0), (9.0, 14.0), (10.1 + LATEST_S, 20.0)], CUES[:1]) == frozenset()


# -- the verdict


def presses(lag_s: float, number: int = 10) -> tuple[Event, ...]:
    starts = [t + lag_s for t in PRESS_S[:number]]
    return tuple(Event("top-presses", "hold", t, t + 4.0, t + 4.4) for t in starts)


def analysis(events: tuple[Event, ...], cues: tuple[Cue, ...] = CUES, **changes: object) -> Analysis:
    facts = RecordingFacts(100.0, 10_000, 100.0, gyro=True)
    plain = Analysis("a.mcap", "top-presses", "foot", "left", facts, events, {}, cues=cues)
    return replace(plain, **changes)  # type: ignore[arg-type]


def judged(*analyses: Analysis) -> ItemVerdict:
    (item,) = verify(DAILY, analyses).items
    return item


def test_holds_that_each_followed_a_cue_are_cue_matched() -> None:
    item = judged(analysis(presses(1.0)))
    assert (item.verdict, item.basis, item.cues, item.answered) == (Answer.COMPLETE, "cue-matched", 10, 10)
    told = as_json(verify(DAILY, [analysis(presses(1.0))]))["items"][0]  # type: ignore[index]
    assert told["basis"] == "cue-matched"
    assert told["cues"] == {"given": 10, "answered": 10}
    assert "10 of 10 cues answered" in in_words(verify(DAILY, [analysis(presses(1.0))]))


def test_holds_out_of_step_with_the_cues_count_as_without_cues() -> None:
    item = judged(analysis(presses(5.0)))
    assert (item.verdict, item.basis, item.answered) == (Answer.COMPLETE, "counted", 0)


def test_without_cues_nothing_is_said_of_them() -> None:
    (item,) = as_json(verify(DAILY, [analysis(presses(1.0), ())]))["items"]  # type: ignore[misc]
    assert {"basis", "cues"}.isdisjoint(item)
    assert "cue" not in str(item["seen"])


def test_cues_alone_are_no_presses() -> None:
    item = judged(analysis(()))
    assert (item.verdict, item.basis, dict(item.counted)) == (Answer.INCOMPLETE, "counted", {"holds": 0})


holds_apart = st.lists(  # a detector never gives two that begin together
    st.tuples(st.floats(0, 95), st.floats(1, 6)), max_size=14, unique_by=lambda hold: hold[0]
)


@given(holds_apart, moments)
@settings(max_examples=30)
def test_cues_never_change_what_is_counted(raw: list[tuple[float, float]], at: list[float]) -> None:
    events = tuple(Event("top-presses", "hold", a, a + n, a + n) for a, n in raw)
    cues = tuple(Cue(t, "top-presses", "press") for t in at)
    plain, cued = judged(analysis(events, ())), judged(analysis(events, cues))
    assert (plain.counted, plain.verdict, plain.evidence) == (cued.counted, cued.verdict, cued.evidence)
    assert cued.answered <= min(len(cues), cued.counted["holds"])


def test_cues_settle_no_doubt_about_the_data() -> None:
    """A poor grade is never complete, by the contract."""
    for reasons in ((UNLIKE,), (Reason("strap", "loose", Grade.POOR),)):
        item = judged(analysis(presses(1.0), grade=Grade.POOR, reasons=reasons))
        assert (item.verdict, item.basis, item.answered) == (Answer.NOT_VERIFIABLE, "cue-matched", 10)


def test_cues_for_another_exercise_are_none_for_this() -> None:
    others = tuple(replace(c, exercise="band-flexes") for c in CUES)
    assert judged(analysis(presses(1.0), others)).basis is None


def test_each_sensor_is_matched_in_its_own_time() -> None:
    sided = tuple(replace(e, attributes={"side": "left"}) for e in presses(1.0))
    cues = [replace(c, side="left") for c in CUES] + [replace(c, side="right", t_s=c.t_s + 4.0) for c in CUES]
    facts = RecordingFacts(100.0, 10_000, 100.0, gyro=True)
    sensors = (SensorFacts("a", "left", "foot", facts), SensorFacts("b", "right", "foot", facts))
    item = judged(analysis(sided, tuple(cues), side=None, sensors=sensors))
    assert (item.cues, item.answered, item.basis) == (10, 10, "cue-matched")


# -- simulated wearers, and the way through a file


@cache
def follower() -> Cued:
    return following(
        Scenario(motion="top-presses", seed=4, side="left", tidy=True, rate_hz=50.0), PLAN, misses=0.0
    )


def test_a_follower_begins_after_each_cue() -> None:
    asked_s = [c.t_s for c in follower().cues if c.asks == "press"]
    begun = [e.start_s for e in follower().made.events]
    assert len(begun) == len(asked_s) == follower().followed
    assert all(0.2 < b - a < 2.5 for a, b in zip(asked_s, begun, strict=True))


def test_missed_cues_are_not_answered() -> None:
    wish = Scenario(motion="top-presses", seed=11, tidy=True, rate_hz=50.0)
    cued = following(wish, Plan(presses=8), misses=0.5)
    assert 0 < cued.followed < 8
    assert len(cued.made.events) == cued.followed
    (item,) = verify(DAILY, analyse_marked(cued.recording())).items
    assert item.answered == cued.followed
    assert item.cues == 8


def test_who_misses_all_stands() -> None:
    assert following(Scenario(motion="top-presses", rate_hz=50.0), PLAN, misses=1.0).made.events == ()


def test_detectors_see_no_cue() -> None:
    plain = analyse(replace_items(follower()), "top-presses")
    (cued,) = analyse_marked(follower().recording())
    assert plain.events == cued.events != ()
    assert run(follower().items(), ["top-presses"]) == run(follower().made.items(), ["top-presses"])


def replace_items(cued: Cued) -> object:
    recording = cued.recording("plain.csv")
    (track,) = recording.tracks
    return replace(recording, tracks=(replace(track, source=lambda: iter(cued.made.items())),))


def test_a_file_keeps_the_cues(tmp_path: Path) -> None:
    path = write_mcap(follower(), tmp_path / "a.mcap")
    recording = open_recording(path)
    assert recording.simulated
    (told,) = analyse_marked(recording)
    (meant,) = analyse_marked(follower().recording())
    assert [c.asks for c in told.cues] == [c.asks for c in follower().cues]
    at_s = [c.t_s for c in told.cues]
    assert at_s == pytest.approx([c.t_s for c in follower().cues], abs=0.25)
    assert [e.start_s for e in told.events] == pytest.approx([e.start_s for e in meant.events], abs=0.1)


def test_an_mcap_needs_a_gyro(tmp_path: Path) -> None:
    cued = ignoring(Scenario(motion="standing", rate_hz=50.0, gyro=False), PLAN)
    with pytest.raises(UsageError, match="gyro"):
        write_mcap(cued, tmp_path / "a.mcap")


@pytest.mark.parametrize(("motion", "basis"), [("top-presses", "cue-matched"), ("sitting", "counted")])
def test_simulated_and_verified_on_the_command_line(motion: str, basis: str, tmp_path: Path) -> None:
    path = str(tmp_path / "a.mcap")
    wish = [motion, "--presses", "3", "--seed", "4", "--tidy", "--rate-hz", "50", "-o", path]
    made = CliRunner().invoke(simulate_command, wish)
    assert made.exit_code == 0, made.output
    assert "3 cues" in made.output
    assert (tmp_path / "a.truth.json").is_file()
    told = CliRunner().invoke(verify_command, [path, "--routine", "top-presses-daily", "--json"])
    (item,) = json.loads(told.stdout)["items"]
    assert item["verdict"] != "complete"  # ten are asked for
    assert item["basis"] == basis
    assert item["cues"]["answered"] == item["counted"]["holds"]


@pytest.mark.parametrize(
    ("args", "words"), [(["walking", "-o", "a.csv"], "kept in an .mcap"), (["ground-up"], "with --presses")]
)
def test_cues_where_they_cannot_be_are_refused(args: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        CliRunner().invoke(simulate_command, [*args, "--presses", "3"], catch_exceptions=False)


def test_record_gives_and_keeps_the_cues(tmp_path: Path) -> None:
    profile = load_profile("generic")
    wearer = simulate(Scenario(motion="sitting", duration_s=30, seed=1))
    out = io.StringIO()

    async def recorded() -> Path:
        async with virtual_rig(profile, wearer, None) as rig:
            patience = Patience(settle_s=0.05, attempts=1, reconnect_s=0.5)
            here = Central(
                [profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw, patience=patience
            )
            wish = Wish(tmp_path / "a.mcap", side="left", placement="foot", presses=1)
            outcome, _ = await record(here, wish, Screen(out))
            assert not rig.sensor.finished.is_set()  # it ended by itself
            return outcome.path

    (told,) = analyse_marked(open_recording(asyncio.run(recorded())))
    assert [(c.exercise, c.asks, c.hold_s) for c in told.cues] == [
        ("top-presses", "press", 3.0),
        ("top-presses", "release", None),
    ]
    said = out.getvalue()
    assert said.index("grip the floor") < said.index("let go") < said.index("that was all")


# -- the measurement


def test_the_measurement_counts_and_has_bounds() -> None:
    rows = [*not_moving([3], PLAN), following_cues([3], PLAN, misses=0.0)]
    *idle, busy = rows
    assert [r.cues for r in rows] == [PLAN.presses] * len(rows)
    assert all(r.followed == r.complete == 0 for r in idle)
    assert busy.followed == PLAN.presses
    assert busy.answered > 0
    assert busy.hours > 0.01


def test_hours_in_which_the_data_were_declined_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_ankle = Scenario(motion="top-presses", seed=3, placement="ankle")  # where no press can be seen
    monkeypatch.setattr("footsense.accuracy.cued.sample", lambda *_, **__: at_the_ankle)
    row = following_cues([3], PLAN)
    assert (row.sets, row.unverifiable, row.hours, row.cues) == (1, 1, 0.0, 0)


def test_the_measurement_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_cued(["--sets", "1", "--following", "1", "--seed-from", "5"])
    printed = capsys.readouterr().out
    assert "seeds from 5 on" in printed
    assert sum(line.startswith("| ") for line in printed.splitlines()) == 2 + 5


def test_the_table_states_upper_bounds() -> None:
    row = CuedRow("standing", 400, 10.0, 4000, 12, 3, 0, 9, 0)
    words = markdown(table([row]))
    assert "| 1.20 (≤ 1.94) | 0.30 (≤ 0.78) | 3 (0.1%, ≤ 0.2%) | 0 (0.0%, ≤ 1.0%) |" in words
