"""The page and its pictures: complete, self-contained, escaped, small, the same for the same input."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

import footsense.cli.report as cli
from footsense.analysis import Analysis, RecordingFacts
from footsense.errors import UsageError
from footsense.recording.model import Recording, Track
from footsense.report.circles import Turn, circle_figure, label_places, mean_turn, turns
from footsense.report.page import report_page
from footsense.report.series import Series, collect, envelope, mean_direction, tilt_deg
from footsense.report.theme import LIGHT, PALETTE, PLACEHOLDER
from footsense.report.timeline import timeline_figure
from footsense.routine import load_routine
from footsense.text import display
from footsense.types import Event, Floats, Gap, Grade, Item, Reason, Samples, StreamInfo
from footsense.verify import Answer, verify

RATE_HZ = 50.0


def directions(tilt_a_deg: Floats, tilt_b_deg: Floats) -> Floats:
    """Up-directions (n, 3) of a sensor that tilts about two axes."""
    a, b = np.radians(tilt_a_deg), np.radians(tilt_b_deg)
    return np.column_stack((np.sin(a), np.cos(a) * np.sin(b), np.cos(a) * np.cos(b)))


def session(minutes: float = 1.0) -> tuple[list[Item], tuple[Event, ...]]:
    """Ten circles of 2 s, then stillness with a hole; events of all three kinds at plausible places."""
    n = int(minutes * 60 * RATE_HZ)
    t_s = np.arange(n) / RATE_HZ
    moving = t_s < 20
    phase = np.pi * t_s
    acc = directions(np.where(moving, 20 * np.cos(phase), 20.0), np.where(moving, 12 * np.sin(phase), 0.0))
    acc += np.random.default_rng(1).normal(0, 0.01, acc.shape)
    hole = int(25 * RATE_HZ), int(27 * RATE_HZ)
    parts = [slice(0, hole[0]), slice(hole[1], n)]
    first, second = (Samples(p.start, t_s[p], acc[p], None, np.zeros(len(t_s[p]), np.uint8)) for p in parts)
    gap = Gap(float(first.t_s[-1]), float(second.t_s[0]))
    ways = ["ccw"] * 9 + [None]
    circles = [
        Event("ankle-circles", "circle", 2.0 * i, 2.0 * i + 2, 2.0 * i + 2, {"direction": w})
        for i, w in enumerate(ways)
    ]
    holds = [
        Event("band-flexes", "hold", 30.0 + i, 30.0 + i + length, 40, {}) for i, length in enumerate((6, 5, 2))
    ]
    steps = [
        Event("toe-walk", "step", 30.0 + i, 30.6 + i, 31 + i, {"toe": (True, False, None)[i % 3]})
        for i in range(20)
    ]
    return [StreamInfo(RATE_HZ, has_gyro=False), first, gap, second], (*circles, *holds, *steps)


def recording(items: list[Item], file: str = "some.csv") -> Recording:
    return Recording(file, (Track("a", "left", "foot", lambda: iter(items)),))


def analyses(events: tuple[Event, ...]) -> list[Analysis]:
    facts = RecordingFacts(60.0, 2900, RATE_HZ, gyro=False, gaps=((25.0, 27.0),))
    names = dict.fromkeys(e.exercise for e in events)
    own = {name: tuple(e for e in events if e.exercise == name) for name in names}
    return [Analysis("some.csv", name, "foot", "left", facts, own[name], {}) for name in names]


@pytest.fixture(scope="module")
def page() -> str:
    items, events = session()
    found, routine = analyses(events), load_routine("ground-up")
    return report_page(recording(items), found, routine, verify(routine, found))


class Reader(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_says_what_was_counted_and_what_it_is_worth(page: str) -> None:
    words = " ".join(" ".join(Reader(page).text).split())
    for expected in (
        "some.csv", "Incomplete", "Routine ground-up", "9 of 10 circles the other way (ccw)",
        "10 cw circles, 1 ccw circle missing", "1 hold within 0.4 s of the 5 s asked for",
        "One hole in the data, 2.0 s in all", "left foot", "2,900 samples at 50 Hz",
        "Over time", "The circle’s path", "Holds: band flexes", "Steps",
        "not a medical device", "accuracy on people has not been measured", "Not seen: the band",
    ):  # fmt: skip
        assert expected in words


def test_the_page_needs_nothing_else(page: str) -> None:
    reader = Reader(page)
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    links = [value for name, value in reader.attributes if name in {"src", "href", "xlink:href"}]
    assert links
    assert all(str(value).startswith("#") for value in links)
    assert not re.search(r"url\((?!#)|@import", page)


def test_pictures_are_told_in_words_and_ids_are_unique(page: str) -> None:
    reader = Reader(page)
    told = [value for name, value in reader.attributes if name == "aria-label" and value and "." in value]
    assert len(told) == 4
    ids = [value for name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"(?:url\(|href=\")#([^\")]+)", page))
    assert used <= set(ids)


def test_colours_follow_the_page(page: str) -> None:
    assert not [c for c in PLACEHOLDER.values() if c in page]
    assert "var(--ccw)" in page


def test_the_same_recording_gives_the_same_page() -> None:
    items, events = session()
    first, second = (report_page(recording(items), analyses(events)) for _ in range(2))
    assert first == second


def test_a_recording_without_anything_counted_is_a_page_too() -> None:
    items, _ = session(0.5)
    blind = analyses((Event("ankle-circles", "circle", 0, 1, 1, {}),))[0]
    reason = Reason("too-short", "the recording lasts 1.0 s", Grade.NOT_VERIFIABLE)
    nothing = replace(blind, events=(), grade=Grade.NOT_VERIFIABLE, reasons=(reason,))
    page = report_page(recording(items[:2]), [nothing])
    assert "Over time" in page
    first = page[page.index("What was counted") : page.index("Over time")]
    assert "cannot be counted: the recording lasts 1.0 s." in first
    seen = replace(nothing, grade=Grade.GOOD, reasons=())
    assert "Nothing was counted" in report_page(recording(items[:2]), [seen])


@pytest.mark.parametrize("n", [0, 40])
def test_a_recording_too_short_to_see_anything_has_the_reason_and_no_picture(n: int) -> None:
    t_s = np.arange(n) / RATE_HZ
    still = Samples(0, t_s, np.tile([0.0, 0.0, 1.0], (n, 1)), None, np.zeros(n, np.uint8))
    reason = Reason("too-short", "the recording is too short", Grade.NOT_VERIFIABLE)
    blind = replace(analyses(session()[1])[0], events=(), grade=Grade.NOT_VERIFIABLE, reasons=(reason,))
    page = report_page(recording([StreamInfo(RATE_HZ, has_gyro=False), still]), [blind])
    assert "<svg" not in page
    assert "cannot be counted: the recording is too short." in page


def test_a_long_recording_stays_below_two_megabytes() -> None:
    items, events = session(20)
    page = report_page(recording(items), analyses(events))
    assert len(page.encode()) < 2_000_000


@settings(max_examples=20, deadline=None)
@example("\u202eabc\u200b")
@given(st.text(min_size=1, max_size=60).filter(lambda s: "/" not in s and s not in {".", ".."}))
def test_foreign_text_is_shown_and_never_becomes_markup(text: str) -> None:
    nasty = text + "<script>\"'&</style>"
    reason = Reason("gaps", nasty, Grade.POOR)
    facts = RecordingFacts(1.0, 2, RATE_HZ, gyro=False)
    plain, foreign = (
        report_page(
            Recording(name, ()),
            [
                Analysis(
                    name,
                    None,
                    None,
                    None,
                    facts,
                    (),
                    {},
                    grade=Grade.POOR,
                    reasons=(replace(reason, text=name),),
                )
            ],
        )
        for name in ("plain", nasty.replace("/", "_"))
    )
    assert Reader(foreign).tags == Reader(plain).tags
    shown = display(nasty.replace("/", "_"), 120)
    assert shown in "".join(Reader(foreign).text)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b-\u200f]", foreign)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("role", sorted(set(PALETTE) - {"page", "card", "rule", "band", "gap", "trace2"}))
@pytest.mark.parametrize("scheme", [0, 1])
def test_every_colour_can_be_read(role: str, scheme: int) -> None:
    card, page = PALETTE["card"][scheme], PALETTE["page"][scheme]
    assert min(contrast(PALETTE[role][scheme], c) for c in (card, page)) >= 4.5


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.floats(-1, 1)] * 4), st.floats(5, 40), st.floats(4, 20))
def test_what_goes_right_handed_is_drawn_counter_clockwise(
    q: tuple[float, ...], wide: float, high: float
) -> None:
    q0 = np.array(q) if np.linalg.norm(q) > 0.1 else np.array([1.0, 0, 0, 0])
    w, x, y, z = q0 / np.linalg.norm(q0)
    mounting = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    phase = np.linspace(0, 2 * np.pi, 200)
    up = directions(wide * np.cos(phase), high * np.sin(phase)) @ mounting.T
    centre = mean_direction(up)
    right_handed = np.einsum("ij,j->", np.cross(up[:-1] - centre, up[1:] - centre), centre)
    path = tilt_deg(up, centre)
    area = float(np.sum(path[:-1, 0] * path[1:, 1] - path[1:, 0] * path[:-1, 1]))
    assert np.sign(area) == np.sign(right_handed)
    assert np.ptp(path[:, 0]) >= np.ptp(path[:, 1]) - 0.5  # the longer side lies flat, however it is mounted
    assert np.hypot(*path.T).max() == pytest.approx(max(wide, high), abs=2.0)


def test_the_middle_turn_has_the_size_and_sense_of_the_turns() -> None:
    items, events = session()
    found = [t for t in turns(collect(items), events) if t.direction == "ccw"]
    middle = mean_turn(found)
    assert len(found) == 9
    assert np.ptp(middle, axis=0) == pytest.approx([40, 24], abs=3)
    assert np.sum(middle[:-1, 0] * middle[1:, 1] - middle[1:, 0] * middle[:-1, 1]) > 0


def turn(direction: str, wide: float, high: float = 10.0) -> Turn:
    phase = np.linspace(0, 2 * np.pi, 100) * (-1 if direction == "cw" else 1)
    return Turn(direction, np.column_stack((wide * np.cos(phase), high * np.sin(phase))))


@pytest.mark.parametrize("narrow", [False, True])
def test_both_directions_are_drawn_on_the_same_rings_and_scale(*, narrow: bool) -> None:
    figure = circle_figure([turn("cw", 18.0), turn("ccw", 34.0)], LIGHT, narrow=narrow)
    one, other = figure.axes
    assert (
        [t.get_text() for t in one.texts] == [t.get_text() for t in other.texts] == ["10°", "20°", "30°", "40°"]
    )
    assert one.get_xlim() == other.get_xlim() == one.get_ylim() == other.get_ylim()


@settings(max_examples=20, deadline=None)
@example(8.0, 38.75)
@given(st.floats(8, 40), st.floats(8, 40))
def test_the_labels_of_rings_keep_off_the_curve(wide: float, high: float) -> None:
    one = turn("ccw", wide, high)
    radii = np.arange(10.0, 50.0, 10.0)
    places = label_places(radii, mean_turn([one]), [one])
    apart = np.hypot(*(places[:, None] - one.path_deg).transpose(2, 0, 1)).min(axis=1)
    assert np.hypot(*places.T) == pytest.approx(radii)
    if abs(wide - high) >= 5:  # else the curve may lie on a ring all around
        assert apart.min() > 1.5


def rims(minutes: float, *, narrow: bool) -> set[float]:
    """The widths of the separators of two-second circles in a recording of that length."""
    t_s = np.linspace(0, minutes * 60, 200)
    still = np.tile([0.0, 0.0, 1.0], (200, 1))
    circles = tuple(e for e in session()[1] if e.kind == "circle")
    figure = timeline_figure(Series(t_s, np.ones(200), t_s, still, ()), circles, LIGHT, narrow=narrow)
    return {
        float(width) for drawn in figure.axes[-1].collections for width in np.atleast_1d(drawn.get_linewidth())
    }


def test_separators_are_left_out_where_they_would_eat_the_blocks() -> None:
    assert [rims(m, narrow=False) for m in (1, 4, 10)] == [{0.5}, {0.5}, {0.0}]
    assert [rims(m, narrow=True) for m in (1, 4, 10)] == [{0.5}, {0.0}, {0.0}]


@settings(max_examples=50)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=300), st.integers(1, 50))
def test_thinning_keeps_the_extremes(values: list[float], columns: int) -> None:
    v = np.array(values)
    t_s, low, high = envelope(np.arange(len(v)) * 0.1, v, columns)
    assert len(t_s) <= columns
    assert np.nanmin(low) == v.min()
    assert np.nanmax(high) == v.max()


def test_the_command_writes_the_page_beside_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items, events = session(0.5)
    monkeypatch.setattr(cli, "opened", lambda file, **_: (recording(items, file), analyses(events)))
    result = CliRunner().invoke(cli.command, [str(tmp_path / "walk.csv.gz"), "--routine", "demo"])
    assert (result.exit_code, result.stdout.strip()) == (1, str(tmp_path / "walk.html"))  # the verdict's
    assert "Routine demo" in (tmp_path / "walk.html").read_text(encoding="utf-8")


def test_a_recording_that_cannot_be_read_exits_1_with_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.command, [str(tmp_path / "none.csv")])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "none.csv" in result.stderr


@pytest.mark.parametrize(
    ("name", "output"),
    [("own.csv", "own.csv"), ("own.csv", "other.mcap"), ("own.csv", "other.html"), ("own.csv", None)],
)
def test_nothing_is_written_over_but_an_older_page(tmp_path: Path, name: str, output: str | None) -> None:
    for there in {name, output or "own.html"}:
        (tmp_path / there).write_text("mine")
    args = [str(tmp_path / name), *(["-o", str(tmp_path / output)] if output else [])]
    result = CliRunner().invoke(cli.command, args)
    assert isinstance(result.exception, UsageError)
    assert "choose another place with -o" in str(result.exception)
    assert {p.read_text() for p in tmp_path.iterdir()} == {"mine"}


def test_the_recording_is_kept_under_another_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("mine")
    (tmp_path / "page.html").symlink_to(tmp_path / "own.csv")
    result = CliRunner().invoke(cli.command, [str(tmp_path / "own.csv"), "-o", str(tmp_path / "page.html")])
    assert "is the recording itself" in str(result.exception)


def test_an_older_page_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items, events = session(0.5)
    monkeypatch.setattr(cli, "opened", lambda file, **_: (recording(items, file), analyses(events)))
    for _ in range(2):
        assert CliRunner().invoke(cli.command, [str(tmp_path / "walk.csv")]).exit_code == 0


def test_where_the_recording_lay_is_not_in_the_page(tmp_path: Path) -> None:
    items, events = session(0.5)
    routine, file = load_routine("ground-up"), str(tmp_path / "some.csv")
    found = [replace(a, file=file, side=None) for a in analyses(events)]
    page = report_page(recording(items, file), found, routine, verify(routine, found))
    assert "<li>which foot was it? say it with --side left" in page
    assert str(tmp_path) not in page


def test_a_home_that_may_not_be_written_to_is_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = {**os.environ, "MPLCONFIGDIR": str(tmp_path / "file" / "below")}
    code = [sys.executable, "-c", "import footsense.report"]
    done = subprocess.run(code, env=told, capture_output=True, text=True, check=True, timeout=120)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("answer", [None, *Answer])
def test_the_exit_code_is_the_answer_where_a_routine_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer | None
) -> None:
    monkeypatch.setattr(cli, "opened", lambda file, **_: (None, []))
    monkeypatch.setattr("footsense.report.page.report_page", lambda *_: "")
    monkeypatch.setattr("footsense.verify.verify", lambda *_: SimpleNamespace(verdict=answer))
    args = [str(tmp_path / "a.csv"), *(["--routine", "demo"] if answer else [])]
    assert CliRunner().invoke(cli.command, args).exit_code == (0 if answer in (None, Answer.COMPLETE) else 1)
