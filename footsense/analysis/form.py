"""An analysis as the contract's JSON object, and in words."""

from typing import Any

from footsense.analysis.model import Analysis, RecordingFacts
from footsense.types import Event

SCHEMA = "footsense.analysis/1"
_DIGITS = 6


def to_json(analysis: Analysis) -> dict[str, Any]:
    """The `analyze --json` object, keys in the contract's order; times and figures to 1e-6."""
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "file": analysis.file,
        "exercise": analysis.exercise,
        "placement": analysis.placement,
        "side": analysis.side,
        "recording": _recording(analysis.recording) | _dated(analysis),
        "events": [event_json(e) for e in analysis.events],
        "counts": dict(analysis.counts),
        "segments": [
            {"exercise": s.exercise, "start_s": _r(s.start_s), "end_s": _r(s.end_s)} for s in analysis.segments
        ],
        "quality": {
            "grade": str(analysis.grade),
            "reasons": [{"code": r.code, "text": r.text} for r in analysis.reasons],
        },
    }
    if analysis.sensors:
        out["sensors"] = [
            {
                "id": s.id, "side": s.side, "placement": s.placement, "rate_hz": _r(s.recording.rate_hz),
                "samples": s.recording.samples, "gaps": _gaps(s.recording),
                **({"host_s": [[_r(t), _r(h)] for t, h in s.host_s]} if s.host_s else {}),
                **({} if s.host_within_s is None else {"host_within_s": _r(s.host_within_s)}),
            }
            for s in analysis.sensors
        ]  # fmt: skip
    return out


def event_json(event: Event) -> dict[str, Any]:
    """An event as the contract writes it; attributes follow the times, by name."""
    return {
        "kind": event.kind,
        "exercise": event.exercise,
        "start_s": _r(event.start_s),
        "end_s": _r(event.end_s),
        "decided_s": _r(event.decided_s),
        **{k: _r(v) for k, v in sorted(event.attributes.items())},
    }


def error_json(file: str, error: str) -> dict[str, str]:
    """What stands in the place of a file that cannot be read."""
    return {"schema": SCHEMA, "file": file, "error": error}


def _recording(facts: RecordingFacts) -> dict[str, Any]:
    return {
        "duration_s": _r(facts.duration_s),
        "samples": facts.samples,
        "rate_hz": _r(facts.rate_hz),
        "gyro": facts.gyro,
        "gaps": _gaps(facts),
    }


def _dated(analysis: Analysis) -> dict[str, Any]:
    """When time 0 was, where that is known; what the date was set by meanwhile, where it was."""
    began, set_s = analysis.began, [_r(s) for s in analysis.date_set_s]
    said = {} if began is None else {"began_utc": began.isoformat(timespec="microseconds")}
    return said | ({"date_set_s": set_s} if set_s else {})


def _gaps(facts: RecordingFacts) -> list[list[float]]:
    return [[_r(a), _r(b)] for a, b in facts.gaps]


def _r(value: Any) -> Any:
    return round(value, _DIGITS) if isinstance(value, float) else value
