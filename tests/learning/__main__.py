"""How many layouts are learned.

python -m tests.learning                 the devices of `firmware_profiles/`, each with its profile hidden;
the table python -m tests.learning --write         the same, and the table in `firmware_profiles/README.md` anew
python -m tests.learning 200 [FIRST]     so many layouts drawn at random, from this seed on
"""

import sys

from footsense.devices import Decoder, load_profile, profile_names
from footsense.resources import data_folder
from tests.learning.devices import NOT_FIXED, lesson
from tests.learning.invented import invented
from tests.learning.score import Score, decoded_with, score

BEGIN, END = "<!-- learned: begin -->\n", "<!-- learned: end -->\n"
LESSON = 1  # the seed of the one that is shown


def device(name: str, seed: int = LESSON) -> Score:
    """How right what is learned from a lesson with this device is."""
    profile = load_profile(name)
    capture, _ = lesson(profile, seed)
    return score(capture, decoded_with(Decoder(profile, {}), capture))


def table() -> str:
    """A line for each device, and how many are right."""
    rows, right = [], 0
    names = [name for name in profile_names() if name != "bthome-v2"]
    for name in names:
        found = device(name)
        right += found.verdict == "right"
        why = NOT_FIXED.get(name) or found.why
        rows.append(f"| `{name}` | {found.verdict} | {'yes' if found.sure else 'no'} | {why} |\n")
        print(rows[-1], end="", flush=True)
    fixed = len(names) - len(NOT_FIXED)
    head = f"{right} of the {fixed} devices with a fixed layout come back right.\n\n"
    return head + "| device | learned | called sure | |\n| --- | --- | --- | --- |\n" + "".join(rows)


def write(text: str) -> None:
    """Puts the table into the page."""
    page = data_folder("firmware_profiles") / "README.md"
    whole = page.read_text(encoding="utf-8")
    before, rest = whole.split(BEGIN)
    page.write_text(before + BEGIN + text + END + rest.split(END)[1], encoding="utf-8")


def drawn(number: int, first: int) -> None:
    """Layouts of seeds from `first` on: those that are not right and sure, and the counts."""
    scores = []
    for seed in range(first, first + number):
        made = invented(seed)
        found = score(made.capture, (made.acc_g, made.gyr_dps), made.own)
        scores.append(found)
        if found.verdict != "right" or not found.sure:
            said = "sure" if found.sure else ""
            print(f"{seed:5} {found.verdict:9} {said:5} {made.words}: {found.why[:110]}", flush=True)
    for verdict in ("right", "part", "wrong", "declined"):
        mine = [s for s in scores if s.verdict == verdict]
        print(f"{verdict:9} {len(mine):4} of {number}, {sum(s.sure for s in mine)} of them called sure")


if __name__ == "__main__":
    if sys.argv[1:] in ([], ["--write"]):
        made = table()
        if sys.argv[1:]:
            write(made)
    else:
        drawn(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
