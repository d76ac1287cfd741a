"""The wearing check on simulated wearers: what is found of each mistake, and what is found where there is none.

python -m tests.accuracy.wearing 1000 150        # first seed, wearers
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from footsense.accuracy.measures import share
from footsense.accuracy.words import of_all
from footsense.simulate import sample
from footsense.simulate.wearing_check import Mistakes, simulate_check
from footsense.types import Grade, Placement, StreamInfo
from footsense.wearing import Shown, WearingCheck, findings, found_in

PLACEMENTS: tuple[Placement, ...] = ("foot", "ankle", "shank")
FIRM: Mapping[str, object] = {"worn": None, "loss": 0.0, "slip_deg": 0.0, "creep_deg": 0.0}
LOOSE_HZ = 14.0  # straps that ring below that are loose ones in the population


@dataclass(frozen=True, slots=True)
class Done:
    """One check: what is said of the stream, and what it showed."""

    info: StreamInfo
    shown: Shown

    def says(self, placement: Placement) -> dict[str, Grade]:
        """The findings about the wearing if the wearer says that the sensor sits there."""
        found = findings(self.shown, replace(self.info, placement=placement))
        return {r.code: r.grade for r in found if r.code not in ("rate", "range")}


def done(seed: int, placement: Placement, mistakes: Mistakes | None = None, **fixed: object) -> Done | None:
    wearer = sample("standing", seed, placement=placement, **{**FIRM, **fixed})
    if "strap_hz" not in fixed and wearer.strap_hz is not None and wearer.strap_hz < LOOSE_HZ:
        wearer = replace(wearer, strap_hz=None)
    check, found, info = WearingCheck(), None, None
    for item in simulate_check(wearer, mistakes).items():
        info = item if isinstance(item, StreamInfo) else info
        found = check.process(item) or found
    found = found or check.flush()
    return None if found is None or info is None else Done(info, found.shown)


MISTAKES: Mapping[str, tuple[Mistakes, Mapping[str, object], str]] = {
    "done as asked": (Mistakes(), {}, ""),
    "on the other foot than said": (Mistakes(other_foot=True), {}, "side"),
    "circle inward first": (Mistakes(other_way=True), {}, "side"),
    "toes not lifted": (Mistakes(no_lift=True), {}, "placement"),
    "no circle": (Mistakes(no_circle=True), {}, "no-circle"),
    "never still": (Mistakes(restless=True), {}, "not-still"),
    "strap rings at 8 Hz": (Mistakes(), {"strap_hz": 8.0, "strap_damping": 0.1}, "loose-strap"),
    "strap slips by 10°": (Mistakes(), {"slip_deg": 10.0}, "loose-strap"),
}


def table(seeds: Sequence[int]) -> Iterator[str]:
    """For each mistake and placement the share in which its code is found (any, where nothing is wrong), and in
    which another finding lowers the grade."""
    yield (
        "| what was done | "
        + " | ".join(f"{p}: found | {p}: other lowers the grade" for p in PLACEMENTS)
        + " |"
    )
    yield "| --- |" + " --- | --- |" * len(PLACEMENTS)
    right: dict[Placement, list[Done]] = {}
    for what, (mistakes, fixed, code) in MISTAKES.items():
        cells = []
        for placement in PLACEMENTS:
            checks = [d for s in seeds if (d := done(s, placement, mistakes, **fixed)) is not None]
            right.setdefault(placement, checks)
            cells += _cells([d.says(placement) for d in checks], code)
        yield f"| {what} | {' | '.join(cells)} |"
    yield from _mismatches(right)


def _mismatches(right: Mapping[Placement, Sequence[Done]]) -> Iterator[str]:
    """How often another placement than the true one is found out."""
    yield ""
    yield "| said | worn on | found |"
    yield "| --- | --- | --- |"
    for said in PLACEMENTS:
        others = [p for p in PLACEMENTS if p != said]
        for there in others:
            says = [d.says(said).keys() & {"placement", "side"} for d in right[there]]
            yield f"| {said} | {there} | {of_all(share(map(bool, says)))} |"


def _cells(says: Sequence[dict[str, Grade]], code: str) -> list[str]:
    """Share in which the code is found (any, where nothing is wrong), and in which another lowers the grade."""
    found = [code in s if code else bool(s) for s in says]
    lowered = [any(g is not Grade.GOOD and c != code for c, g in s.items()) for s in says]
    return [of_all(share(found)), of_all(share(lowered))]


def alone(seeds: Sequence[int]) -> Iterator[str]:
    """How many checks are found in samples alone."""
    yield ""
    yield "| worn on | found in samples alone |"
    yield "| --- | --- |"
    for placement in PLACEMENTS:
        made = (simulate_check(sample("standing", s, placement=placement, **FIRM)) for s in seeds)
        found = share(found_in(m.items(told=False)) is not None for m in made)
        yield f"| {placement} | {of_all(found)} |"


def main(first: int, count: int) -> None:
    seeds = range(first, first + count)
    for line in (*table(seeds), *alone(seeds)):
        print(line, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
