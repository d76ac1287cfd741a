"""`footsense analyze`: what was done in these files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from footsense.cli import options
from footsense.cli.opened import opened_recording
from footsense.cli.progress import Progress
from footsense.errors import RecordingError, UsageError
from footsense.exercises import detector
from footsense.text import counted, display, json_text

if TYPE_CHECKING:
    from footsense.analysis import Analysis


@click.command(name="analyze")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--exercise", metavar="E", help="Look for this exercise only, over the whole file.")
@options.placement
@options.side
@click.option("--check-wearing", is_flag=True, help="They begin with a wearing check, not marked: find it.")
@click.option("--confidence", is_flag=True, help="How often such counts were right for simulated wearers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, one line a file.")
@click.pass_context
def command(
    ctx: click.Context, /, *, files: tuple[str, ...], exercise: str | None, confidence: bool, as_json: bool,
    **worn: Any,
) -> None:  # fmt: skip
    """Say what was done in these recordings (.csv, .csv.gz, .mcap).

    Without --exercise the exercises are recognised. Exit code 1 if a file could not be read or cannot show
    what was asked, 2 if an option disagrees with what a recording says of itself; the others go on.
    """
    if exercise is not None:
        detector(exercise)
    code = 0
    for number, file in enumerate(files, 1):
        with Progress(f"[{number}/{len(files)}] {file}") as progress:
            code = max(code, _one(file, exercise, worn, progress, confidence=confidence, as_json=as_json))
    ctx.exit(code)


def _one(
    file: str,
    exercise: str | None,
    worn: dict[str, Any],
    progress: Progress,
    *,
    confidence: bool,
    as_json: bool,
) -> int:
    """Prints what was done in a file, or why that cannot be said; the exit code that it asks for."""
    from footsense.analysis import analyse, error_json  # noqa: PLC0415
    from footsense.types import Grade  # noqa: PLC0415

    try:
        analysis = analyse(opened_recording(file, **worn), exercise)
    except (RecordingError, UsageError) as error:  # an option may disagree with one file of many
        if as_json:
            progress.echo(json_text(error_json(file, str(error))))
        else:
            progress.echo(f"footsense: {display(error, 500)}", err=True)
        return 2 if isinstance(error, UsageError) else 1
    progress.echo((_json if as_json else in_words)(file, analysis, confidence=confidence))
    return 1 if analysis.grade is Grade.NOT_VERIFIABLE else 0


def _json(_file: str, analysis: "Analysis", *, confidence: bool) -> str:
    from footsense.analysis import to_json  # noqa: PLC0415
    from footsense.confidence import count_confidence, shipped, with_confidence  # noqa: PLC0415

    if not confidence:
        return json_text(to_json(analysis))
    said = {"calibrated_on": shipped().calibrated_on, "count_exact": count_confidence(analysis)}
    return json_text(to_json(with_confidence(analysis)) | {"confidence": said})


def in_words(file: str, analysis: "Analysis", *, confidence: bool = False) -> str:
    """An analysis for a person: a few lines."""
    facts = analysis.recording
    said = [analysis.exercise or "all exercises", analysis.placement, analysis.side]
    gaps = (
        f", {counted(len(facts.gaps), 'gap')} ({sum(b - a for a, b in facts.gaps):.1f} s)" if facts.gaps else ""
    )
    samples = f"{facts.samples:,} sample{'s' * (facts.samples != 1)}"
    gyro = "with gyro" if facts.gyro else "no gyro"
    lines = [
        f"{display(Path(file))}  ({', '.join(s for s in said if s)})",
        f"  {facts.duration_s:.1f} s, {samples} at {facts.rate_hz:.3g} Hz, {gyro}{gaps}",
        *(f"  {line}" for line in _dated(analysis)),
        *(f"  {line}" for line in _found(analysis)),
        *(f"  {s.start_s:8.1f} to {s.end_s:.1f} s  {s.exercise}" for s in analysis.segments),
        f"  quality: {analysis.grade}",
        *(f"    {r.code}: {r.text}" for r in analysis.reasons),
        *([_confidence(analysis)] if confidence else []),
    ]
    return "\n".join(lines)


def _dated(analysis: "Analysis") -> list[str]:
    lines = [] if analysis.began is None else [f"began {analysis.began:%Y-%m-%d %H:%M:%S} UTC"]
    return lines + [f"the machine's date was set by {s:+.1f} s meanwhile" for s in analysis.date_set_s]


def _confidence(analysis: "Analysis") -> str:
    from footsense.confidence import count_confidence, shipped  # noqa: PLC0415

    share = count_confidence(analysis)
    told = "not known" if share is None else f"exact in {share:.0%} of such sets"
    return f"  confidence: {told} ({shipped().calibrated_on}; no evidence on people)"


def _found(analysis: "Analysis") -> list[str]:
    counts = {what: n for what, n in analysis.counts.items() if n is not None}
    if len(counts) < len(analysis.counts):
        return ["this recording cannot show it"]
    lines = []
    if counts.get("circles") or (analysis.exercise and "circles" in counts):
        this, other = counts["circles_cw"], counts["circles_ccw"]
        lines.append(
            f"{counted(counts['circles'], 'circle')}: {this} one way (cw), {other} the other way (ccw)"
        )
    if counts.get("holds") or (analysis.exercise and "holds" in counts):
        held = ", ".join(f"{e.end_s - e.start_s:.1f}" for e in analysis.events if e.kind == "hold")
        lines.append(counted(counts["holds"], "hold") + (f": {held} s" if held else ""))
    if counts.get("steps") or (analysis.exercise and "steps" in counts):
        lines.append(f"{counted(counts['steps'], 'step')}, {counts['toe_steps']} of them on tiptoe")
    return lines or ["no exercise recognised"]
