"""Draws the README's picture from a fast demo.

python -m tests.readme_picture
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from footsense.analysis import analyse_marked
from footsense.recording import open_recording
from footsense.report import collect, session_png
from footsense.routine import load_routine

PICTURE = Path(__file__).parent.parent / "notebooks" / "report.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "footsense", "demo", "--fast", "-o", folder]
        subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
        recording = open_recording(Path(folder) / "demo.mcap")
        (track,) = recording.tracks
        events = [e for a in analyse_marked(recording) for e in a.events]
        PICTURE.write_bytes(session_png(collect(track.items()), events, load_routine("demo").items))


if __name__ == "__main__":
    main()
