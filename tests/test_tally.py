"""What the screen shows of a routine while it is done."""

import io

import pytest

from footsense.cli.screen import Screen
from footsense.cli.tally import Tally
from footsense.routine import load_routine
from footsense.types import Event, Progress


def _event(exercise: str, kind: str, start_s: float, end_s: float, **attributes: str | bool | None) -> Event:
    return Event(exercise, kind, start_s, end_s, end_s, attributes)


def test_circles_are_counted_each_way_in_the_order_seen() -> None:
    tally = Tally(load_routine("demo"))
    tally.begin("ankle-circles", "left", 0.0)
    ways = ["ccw", "ccw", "cw", None]
    tally.add(_event("ankle-circles", "circle", i, i + 1, direction=way) for i, way in enumerate(ways))
    line = tally.shown()[0]
    assert line.startswith(" ▸ ankle circles, left")
    assert "this way ●●○○○ 2/5   the other way ●○○○○ 1/5   1 of unclear direction" in line


def test_a_line_that_two_events_change_is_told_once() -> None:
    tally = Tally(load_routine("demo"))
    tally.begin("ankle-circles", "left", 0.0)
    events = [_event("ankle-circles", "circle", i, i + 1, direction="cw") for i in range(2)]
    (line,) = tally.add(events)
    assert line.counts().startswith("this way ●●○○○ 2/5")


def test_holds_that_are_too_short_do_not_count() -> None:
    tally = Tally(load_routine("demo"))
    tally.begin("band-flexes", "left", 0.0)
    tally.add([_event("band-flexes", "hold", 0, 6), _event("band-flexes", "hold", 8, 11)])
    tally.progress([Progress("band-flexes", "hold", 2, 3.25, "holding")])
    assert "●○○ 1/3   1 too short   holding 3.2 s of 5" in tally.shown()[1]
    tally.end(12.0)
    assert "holding" not in tally.shown()[1]


def test_a_bout_is_as_long_as_its_steps_follow_each_other() -> None:
    tally = Tally(load_routine("demo"))
    tally.begin("toe-walk", "both", 0.0)
    starts = [0.0, 1.0, 2.0, 9.0, 10.0]
    tally.add(_event("toe-walk", "step", t, t + 0.5, toe=t < 9) for t in starts)
    assert "2.5 s of 10   3 of 5 steps on tiptoe" in tally.shown()[2]


def test_what_was_not_begun_is_not_counted_and_late_events_are() -> None:
    tally = Tally(load_routine("demo"))
    assert tally.add([_event("band-flexes", "hold", 0, 6)]) == []
    tally.begin("band-flexes", "left", 0.0)
    tally.end(5.0)
    assert len(tally.add([_event("band-flexes", "hold", 0, 6)])) == 1
    assert tally.add([_event("band-flexes", "hold", 4, 9)]) == []


@pytest.mark.parametrize("columns", [99, 59, 49])
def test_a_narrow_screen_keeps_the_counts(columns: int) -> None:
    tally = Tally(load_routine("demo"))
    tally.begin("ankle-circles", "left", 0.0)
    tally.add(
        _event("ankle-circles", "circle", i, i + 1, direction=way) for i, way in enumerate(["ccw"] * 5 + ["cw"])
    )
    tally.begin("toe-walk", "both", 20.0)
    tally.add(_event("toe-walk", "step", 20.0 + i, 20.5 + i, toe=True) for i in range(12))
    circles, holds, walk = tally.shown(columns)
    assert max(map(len, (circles, holds, walk))) <= columns
    assert ("5/5" in circles, "1/5" in circles, "0/3" in holds) == (True, True, True)
    assert ("11.5 s of 10" in walk, "12 of 12" in walk) == (True, True)
    assert circles.startswith("   ankle")
    assert ("●" in circles) == (columns > 80)


def test_without_a_terminal_only_lasting_lines_are_printed() -> None:
    out = io.StringIO()
    screen = Screen(out)
    screen.update(["moving"])
    screen.say("counted")
    screen.close()
    assert out.getvalue() == "counted\n"


def test_a_terminal_without_the_signs_gets_plainer_ones() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    Screen(out).say("▸ ●●○ 2/3 …")
    assert raw.getvalue() == b"> **. 2/3 ...\n"


def test_on_a_terminal_the_block_is_drawn_over_itself() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen(out := Terminal())
    screen.update(["one", "two"], now=True)
    screen.update(["one", "three"], now=True)
    assert out.getvalue().count("\x1b[2A") == 1
    assert out.getvalue().count("three") == 1
