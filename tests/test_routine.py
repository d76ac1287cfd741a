"""Routines: what is built in, what a file must say, and what its errors tell."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import footsense.routine
from footsense.errors import UsageError
from footsense.routine import Routine, RoutineItem, load_routine, parse_routine, routine_names

HEAD = 'schema = "footsense.routine/1"\nname = "mine"\n[[item]]\n'


def test_ground_up_asks_for_what_the_contract_says() -> None:
    routine = load_routine("ground-up")
    asked = [(i.exercise, i.sides, i.reps or i.sets, i.shortest_s) for i in routine.items]
    each = ("left", "right")
    assert asked == [
        ("top-presses", ("both",), 10, 3.0),
        ("ankle-circles", each, 10, 0.0),
        ("band-flexes", each, 10, 5.0),
        ("toe-walk", ("both",), 6, 18.0),
        ("pencil-pickups", each, 5, 8.0),
    ]
    assert routine.every_days == (2, 3)


def test_every_key_is_explained_at_the_head_of_ground_up_and_no_other() -> None:
    head = (
        (Path(footsense.routine.__file__).parent / "routines" / "ground-up.toml").read_text().split("\n\n")[0]
    )
    explained = set(re.findall(r"^# ([a-z_]+) {2,}\S", head, re.MULTILINE))
    keys = {f.encode_name for kind in (Routine, RoutineItem) for f in msgspec.structs.fields(kind)}
    assert explained == keys - {"item"}
    assert "# [[item]] " in head
    for key in ("max_step_interval_s", "min_toe_share", "max_unlabelled_share"):
        (default,) = [f.default for f in msgspec.structs.fields(RoutineItem) if f.name == key]
        said = re.search(rf"^# {key} .*?optional, ([\d.]+\d)", head, re.MULTILINE | re.DOTALL)
        assert said is not None
        assert float(said[1]) == default


@pytest.mark.parametrize("name", routine_names())
def test_every_built_in_routine_is_valid_and_named_as_its_file(name: str) -> None:
    assert load_routine(name).name == name


def test_a_routine_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + 'exercise = "ankle-circles"\nsides = ["left"]\nreps = 3\n')
    (item,) = load_routine(path).items
    assert (item.kind, item.directions, item.reps) == ("circle", ("cw", "ccw"), 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema = ", "r.toml: not TOML: "),
        (
            'schema = "footsense.routine/9"\nname = "x"\nitem = []',
            'r.toml: schema: expected "footsense.routine/1", got "footsense.routine/9"',
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["left"]\nreps = "ten"',
            "r.toml: item 1 (ankle-circles): reps: expected a whole number from 1 to 10000, got text",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["left"]\nreps = 0',
            "r.toml: item 1 (ankle-circles): reps: ",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["up"]\nreps = 1',
            'r.toml: item 1 (ankle-circles): sides, value 1: expected one of "both", "left", "right", got "up"',
        ),
        (
            HEAD + 'exercise = "toe-walk"\nsides = ["left", "both"]\nsets = 1\nbout_s = 5',
            "r.toml: item 1 (toe-walk): sides: expected 'both' alone",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["left", "left"]\nreps = 1',
            "r.toml: item 1 (ankle-circles): sides: expected each side",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["left"]',
            "r.toml: item 1 (ankle-circles): reps: expected for ",
        ),
        (
            HEAD + 'exercise = "band-flexes"\nsides = ["left"]\nreps = 1\nhold_s = [9, 5]',
            "r.toml: item 1 (band-flexes): hold_s: ",
        ),
        (
            HEAD + 'exercise = "band-flexes"\nsides = ["left"]\nreps = 1\nhold_s = [nan, 5]',
            "r.toml: item 1 (band-flexes): hold_s, value 1: ",
        ),
        (
            HEAD + 'exercise = "toe-walk"\nsides = ["left"]\nreps = 1\nbout_s = 5',
            "r.toml: item 1 (toe-walk): sets: expected for ",
        ),
        (
            HEAD + 'exercise = "toe-walk"\nsides = ["left"]\nsets = 1\nbout_s = 5\nmin_bout_s = 6',
            "r.toml: item 1 (toe-walk): min_bout_s",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["left"]\nreps = 1\nreptiles = 1',
            "r.toml: item 1 (ankle-circles): reptiles: unknown key; is reps meant? (known: exercise, sides, ",
        ),
        (
            HEAD + 2 * 'exercise = "ankle-circles"\nsides = ["left"]\nreps = 1\n[[item]]\n',
            "r.toml: item 3: exercise: missing; expected text of 1 to 80 characters; known are: ankle-",
        ),
        (
            HEAD + 'exercise = "x"\nsides = ["left"]\nreps = 1',
            "r.toml: item 1 (x): exercise: unknown exercise 'x'",
        ),
        (
            HEAD + 'exercise = "band-flexes"\nsides = ["left"]\nreps = 1',
            "r.toml: item 1 (band-flexes): band-flexes is an item that counts holds, with reps and hold_s",
        ),
        (
            HEAD + 'exercise = "toe-walk"\nsides = ["left"]\nsets = 1\nbout_s = 1\nhold_s = [1, 1]',
            "r.toml: item 1 (toe-walk): expected hold_s (holds) or bout_s",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nreps = 1',
            'r.toml: item 1 (ankle-circles): sides: missing; expected a list of 1 to 2 values, each one of "',
        ),
        (
            HEAD + 'exercise = "band-flexes"\nsides = ["left"]\nreps = 1\nhold_s = 5',
            "r.toml: item 1 (band-flexes): hold_s: expected a list of 2 values, each a number above 0 and ",
        ),
        (
            HEAD + 'exercise = "ankle-circles"\nsides = ["both"]\nreps = 1',
            "r.toml: item 1 (ankle-circles): sides: is done foot by foot",
        ),
        (
            HEAD + 'exercise = "band-flexes"\nsides = ["left"]\nreps = 1\nhold_s = [0.5, 5]',
            "r.toml: item 1 (band-flexes): hold_s: expected 1 s or more",
        ),
        (
            HEAD + 'exercise = "toe-walk"\nsides = ["both"]\nsets = 1\nbouts = 5',
            "r.toml: item 1 (toe-walk): bouts: unknown key; is bout_s meant?",
        ),
        (
            'schema = "footsense.routine/1"\nname = "x"\nitem = [3]',
            "r.toml: item 1: expected a table, got a whole",
        ),
        (HEAD + "exercise = 3", "r.toml: item 1: exercise: expected text"),
        ('"item[9]" = 1', "r.toml: item, value 10: unknown key"),
        ('"a - at `$.item[7]`" = 1', "r.toml: "),
        (
            HEAD.replace("[[item]]", "item = []\nevery_days = [1, 0]"),
            "r.toml: item: expected a list of 1 to 100",
        ),
        (
            HEAD.replace("[[item]]", "every_days = [1, 0]\n[[item]]")
            + 'exercise = "ankle-circles"\nsides = ["left"]\nreps = 1',
            "r.toml: every_days, value 2: expected a whole number from 1",
        ),
        ("a = " + "[" * 5000, "r.toml: "),
    ],
)
def test_an_error_says_where_and_what_was_expected(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_routine(text, "r.toml")
    assert str(caught.value).startswith(told)


def test_the_same_exercise_and_side_twice_is_refused() -> None:
    item = 'exercise = "ankle-circles"\nsides = ["left"]\nreps = 1\n'
    with pytest.raises(
        UsageError, match=r"item 2 \(ankle-circles\): ankle-circles for left is already asked for"
    ):
        parse_routine(HEAD + item + "[[item]]\n" + item, "r.toml")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown routine 'gruond-up'; give one of .*ground-up"):
        load_routine("gruond-up")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"x" * 1_000_001])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"mine\.toml: "):
        load_routine(path)


HOSTILE = {
    "deep-array": "a = " + "[" * 60_000,
    "deep-table": "a = " + "{a=" * 20_000,
    "dotted-key": ".".join("a" * 32_000) + " = 1\n",
    "dotted-header": "[" + ".".join("a" * 32_000) + "]\n",
    "many-items": HEAD + "[[item]]\n" * 7_000,
    "many-sides": HEAD + "exercise = 'band-flexes'\nsides = [" + "'left'," * 9_000 + "]",
    "long-number": "a = " + "9" * 60_000,
    "long-fraction": "a = " + "9" * 60_000 + ".5",
    "long-array": "a = [" + "1," * 30_000 + "]",
    "endless": "#\n" * 300_000,
}


@dataclass
class Steps:
    count: int = 0


@contextmanager
def steps_of_python() -> Iterator[Steps]:
    """Counts calls, of C as well: what takes long takes many, on any machine."""
    steps, before = Steps(), sys.getprofile()

    def one(*_: object) -> None:
        steps.count += 1

    sys.setprofile(one)
    try:
        yield steps
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_routine_is_refused_at_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(HOSTILE[name])
    for read in (lambda: load_routine(path), lambda: parse_routine(HOSTILE[name], "r.toml")):
        with steps_of_python() as steps, pytest.raises(UsageError, match=r"r\.toml: [^\n]+$"):
            read()
        assert steps.count < 5_000_000  # five times the most there are; the square of a length is far more


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_routine(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "r.toml"
    path.write_bytes(raw)
    with pytest.raises(UsageError, match=r"r\.toml: [^\n]+$"):
        load_routine(path)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_routine_with_anything_changed_is_read_or_refused_in_one_line(data: st.DataObject) -> None:
    text = (footsense.routine._FOLDER / "ground-up.toml").read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        piece = data.draw(st.text("[]{}=.'\"#\n 0129-+einfax\\,", max_size=4) | st.text(max_size=4))
        text = text[:a] + piece + text[min(b, a + 6) :]
    try:
        routine = parse_routine(text, "r.toml")
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert all(item.shortest_s >= 0 for item in routine.items)


@pytest.mark.skipif(os.name != "posix", reason="not run: pipes with a name are of POSIX")
def test_a_pipe_is_no_routine(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "r.toml")
    with pytest.raises(UsageError, match="it is no file"):
        load_routine(tmp_path / "r.toml")


def test_a_mark_before_utf_8_which_some_editors_write_is_nothing(tmp_path: Path) -> None:
    text = (footsense.routine._FOLDER / "ground-up.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8-sig")
    assert load_routine(tmp_path / "mine.toml") == load_routine("ground-up")
