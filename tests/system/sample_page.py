"""Writes a report page of a simulated session, for `page.sh`. usage: sample_page.py OUT.html"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from footsense.analysis import Analysis, RecordingFacts
from footsense.recording.model import Recording, Track
from footsense.report.page import report_page
from footsense.routine import load_routine
from footsense.simulate import Scenario, simulate_routine
from footsense.types import Item
from footsense.verify import verify


def main(out: Path) -> None:
    session = simulate_routine(
        [
            Scenario(motion="ankle-circles", seed=3, reps=5, side="left"),
            Scenario(motion="band-flexes", seed=4, reps=3),
            Scenario(motion="toe-walk", seed=5, sets=1, reps=12),
        ]
    )

    def items() -> Iterator[Item]:
        yield session.info()
        yield session.samples()

    facts = RecordingFacts(float(session.t_s[-1]), len(session.t_s), 100.0, gyro=True)
    found = [
        Analysis(
            "session.csv",
            s.exercise,
            "foot",
            "left",
            facts,
            tuple(e for e in session.events if e.exercise == s.exercise),
            {},
        )
        for s in session.segments
    ]
    routine = load_routine("demo")
    recording = Recording("session.csv", (Track("a", "left", "foot", items),))
    out.write_text(report_page(recording, found, routine, verify(routine, found)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
