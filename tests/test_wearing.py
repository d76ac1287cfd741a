"""The wearing check: what it finds in simulated checks, how its Reference reaches the detectors, its laws."""

import asyncio
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from footsense.analysis import analyse, analyse_marked
from footsense.cli.live import Outcome as RecordOutcome
from footsense.cli.record import Wish
from footsense.cli.record import command as record_command
from footsense.cli.record import run as record
from footsense.cli.screen import Screen
from footsense.cli.wearing import NO_OUTCOME, WearingGuide, worn_before
from footsense.devices import load_profile
from footsense.errors import FootsenseError, UsageError
from footsense.recording import Recording, Track, open_recording
from footsense.session import event_line, replay
from footsense.simulate import PLAIN, Simulated, sample, simulate, write
from footsense.simulate.rig import virtual_rig
from footsense.simulate.wearing_check import Check, Mistakes, simulate_check
from footsense.sources.central import Central, Patience
from footsense.types import Command, Item, Placement, Samples, SensorMeta, Side, StreamInfo
from footsense.wearing import Outcome, WearingCheck, with_commands
from tests.streams import cut


def check(
    seed: int,
    placement: Placement = "foot",
    mistakes: Mistakes | None = None,
    *,
    after_s: float = 0.5,
    **fixed: object,
) -> Check:
    alike = {**PLAIN, "loss": 0.0, **fixed}
    return simulate_check(sample("standing", seed, placement=placement, **alike), mistakes, after_s=after_s)


def outcome(items: Iterable[Item]) -> Outcome | None:
    follower = WearingCheck()
    found = [o for i in items if (o := follower.process(i)) is not None]
    return found[-1] if found else follower.flush()


def codes(items: Iterable[Item]) -> set[str]:
    found = outcome(items)
    assert found is not None
    return {r.code for r in found.reasons}


@pytest.mark.parametrize("placement", ["foot", "ankle", "shank"])
def test_a_check_done_as_asked_finds_nothing_wrong(placement: Placement) -> None:
    items = check(3, placement, rate_hz=100.0, acc_range_g=8.0).items()
    found = outcome(items)
    assert found is not None
    assert found.reasons == ()
    assert found.reference is not None


@pytest.mark.parametrize("sizes", [[1], [7], [500], [3, 64, 1]])
def test_cutting_the_stream_differently_changes_nothing(sizes: list[int]) -> None:
    items = check(5, loss=0.01).items()
    assert outcome(cut(items, sizes)) == outcome(items)


@dataclass
class Guided:
    recording: Recording
    outcome: RecordOutcome
    said: str


def guided(path: Path, made: Simulated, side: Side, placement: Placement) -> Guided:
    """`record --check-wearing` over the virtual radio, by a wearer who does as asked."""
    profile, out = load_profile("generic"), io.StringIO()

    async def run() -> RecordOutcome:
        async with virtual_rig(profile, made, None) as rig:
            central = Central(
                [profile], scan_kw=rig.radio.scan_kw, client_kw=rig.radio.client_kw,
                patience=Patience(settle_s=0.05, attempts=1, reconnect_s=0.5),
            )  # fmt: skip
            wish = Wish(path, side=side, placement=placement, duration_s=24, check_wearing=True)
            return (await record(central, wish, Screen(out)))[0]

    outcome = asyncio.run(run())
    assert outcome.error is None
    return Guided(open_recording(path), outcome, out.getvalue())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Guided:
    wearer = sample("standing", 1, side="left", placement="foot", rate_hz=100.0, **{**PLAIN, "loss": 0.0})
    made = simulate_check(wearer, before_s=0.1, after_s=6.0).made
    return guided(tmp_path_factory.mktemp("wearing") / "a.mcap", made, "left", "foot")


def test_the_guide_asks_and_says_what_it_found(recorded: Guided) -> None:
    lines = recorded.said.splitlines()
    asked = [line for line in lines if line.endswith(("floor.", "times.", "in.", "stand still."))]
    assert len(asked) == 4
    assert "your LEFT foot" in asked[1]
    assert any("Nothing is amiss" in line for line in lines)


class _Said:
    """A session for the guide: what it asks comes back with its time, as in a stream."""

    def __init__(self, rate_hz: float) -> None:
        self.out = io.StringIO()
        self.guide = WearingGuide(Screen(self.out), SensorMeta("a", "", {}, "left", "foot"))
        self.guide.on_item(StreamInfo(rate_hz, has_gyro=False))
        self.now_s = 0.0

    def process(self, command: Command) -> None:
        self.guide.on_item(replace(command, fields={**command.fields, "t_s": self.now_s}))


@pytest.mark.parametrize(("rate_hz", "stall_s"), [(8.0, (0.0, 0.0)), (100.0, (11.0, 21.0))])
def test_a_check_that_cannot_be_judged_ends_all_the_same(rate_hz: float, stall_s: tuple[float, float]) -> None:
    said, n = _Said(rate_hz), round(rate_hz / 2)
    for i in range(60):
        t_s = (i * n + np.arange(n)) / rate_hz
        acc_g = np.tile([0.0, 0.0, 1.0], (n, 1))
        said.guide.on_item(Samples(i * n, t_s, acc_g, None, np.zeros(n, np.uint8)))
        said.now_s = float(t_s[-1])
        if not stall_s[0] <= said.now_s < stall_s[1]:
            said.guide.seen(said, round(said.now_s * 1e9), said.now_s)  # type: ignore[arg-type]
    assert said.guide.over
    assert said.out.getvalue().count(NO_OUTCOME) == 1


def test_the_reference_holds_from_the_end_of_the_check_on(recorded: Guided) -> None:
    (track,) = recorded.recording.tracks
    infos = [i for i in track.items() if isinstance(i, StreamInfo)]
    assert [i.reference is None for i in infos] == [True, False]
    reference = infos[1].reference
    assert reference is not None
    assert reference.flex_deg is not None
    assert 5 < reference.flex_deg < 30


def test_a_replay_sets_it_at_the_same_sample(recorded: Guided) -> None:
    live = [event_line(e) for e in recorded.outcome.events]
    assert live
    for paced in (True, False):
        played = replay(Path(recorded.recording.file), paced=paced)
        assert live == [event_line(e) for _, events in played for e in events]


def test_analysis_finds_what_the_check_found(recorded: Guided) -> None:
    assert not {r.code for r in analyse(recorded.recording).reasons} & {"placement", "side", "loose-strap"}
    (track,) = recorded.recording.tracks
    told = replace(track, placement="shank", source=lambda: (_worn(i) for i in track.items()))
    assert "placement" in {r.code for r in analyse(replace(recorded.recording, tracks=(told,))).reasons}


def _worn(item: Item) -> Item:
    return replace(item, placement="shank") if isinstance(item, StreamInfo) else item


def test_an_earlier_recording_is_what_a_sensor_is_compared_with(recorded: Guided, tmp_path: Path) -> None:
    infos = [i for i in recorded.recording.tracks[0].items() if isinstance(i, StreamInfo)]
    assert worn_before(Path(recorded.recording.file), None) == infos[-1].reference
    made = simulate(sample("sitting", 1, duration_s=5.0))
    write(made, tmp_path / "a.csv")
    with pytest.raises(UsageError, match=r"a\.csv: holds no wearing check; leave out --as-before"):
        worn_before(tmp_path / "a.csv", None)
    other = "right" if recorded.recording.tracks[0].side == "left" else "left"
    with pytest.raises(UsageError, match=f"holds no wearing check of a {other} foot"):
        worn_before(Path(recorded.recording.file), other)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--as-before", "a.mcap"], "add --check-wearing"),
        (["--as-before", "none.mcap", "--check-wearing"], "none.mcap"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_looked_for(args: list[str], words: str) -> None:
    done = CliRunner().invoke(record_command, [*args, "-o", "x.mcap"])
    assert isinstance(done.exception, FootsenseError)
    assert words in str(done.exception)


def test_a_wrong_placement_makes_the_exercises_of_a_guided_session_poor() -> None:
    wearer = sample("ankle-circles", 1, placement="ankle", side="left", **{**PLAIN, "loss": 0.0})
    wrong = simulate_check(wearer, Mistakes(sits="foot"), goes_on=True)
    first = wrong.made.events[1].start_s - 2.0
    marks = [Command(0, "exercise", {"exercise": "ankle-circles", "side": "left", "t_s": first})]
    told = {"poor": wrong, "good": simulate_check(wearer, goes_on=True)}
    for grade, session in told.items():
        items = list(with_commands(session.items(), marks))
        track = Track("", "left", "ankle", lambda items=items: iter(items))
        (analysis,) = analyse_marked(Recording("a.mcap", (track,)))
        assert analysis.exercise == "ankle-circles"
        assert str(analysis.grade) == grade, analysis.reasons
