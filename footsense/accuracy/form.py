"""The report card as JSON, made of plain values. Shares carry their 95 % interval; null: not measured."""

from collections.abc import Sequence
from typing import Any

from footsense import __version__
from footsense.accuracy.card import (
    Card,
    Completion,
    Counting,
    Eventwise,
    FalseRow,
    Key,
    LiveRow,
    RecognitionRow,
    Row,
)
from footsense.accuracy.measures import Agreement, Rate, Share
from footsense.accuracy.recordings import Failed
from footsense.accuracy.score import SetScore

SCHEMA = "footsense.accuracy/1"
_DIGITS = 6


def to_json(
    real: Card | None,
    simulated: Card | None,
    *,
    drawn: dict[str, Any] | None = None,
    failed: Sequence[Failed] = (),
    without_truth: Sequence[str] = (),
) -> dict[str, Any]:
    """The whole answer. `drawn` says how simulated wearers were drawn; `without_truth` names recordings that
    were not scored."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "real": _card(real) if real else None,
        "simulated": (_card(simulated) | ({"drawn": drawn} if drawn else {})) if simulated else None,
        "without_truth": list(without_truth),
        "failed": [{"file": f.name, "error": f.error} for f in failed],
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "strata": [_row(r) for r in (*card.rows, *card.by_rate)],
        "not_told": [_recognition(r) for r in card.recognition],
        "shown_live": [_live(r) for r in card.live],
        "false_events": [_false(r) for r in card.false],
        "not_exact": [_set(s) for s in card.sets if not s.declined and s.count.off],
    }


def _key(key: Key) -> dict[str, Any]:
    return {
        "exercise": key.exercise,
        "placement": key.placement,
        "device": key.device or None,
        "gyro": key.gyro,
        "rate_band": key.rate_band,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        **_key(row.key),
        "sets": row.sets,
        "people": row.people,
        "completion": _completion(row.completion),
        "declined": _share(row.declined),
        "count": _counting(row.counting),
        "toe_steps": None if row.toe is None else _counting(row.toe),
        "events": _events(row.events),
        "known_after_s": {x.place: {"n": x.n, "p95": _r(x.p95_s)} for x in row.late},
    }


def _completion(c: Completion) -> dict[str, Any]:
    return {
        "false_complete": _share(c.false_complete),
        "sensitivity": _share(c.sensitivity),
        "specificity": _share(c.specificity),
        "not_verifiable": _share(c.not_verifiable),
        "done": c.done,
        "not_done": c.not_done,
    }


def _counting(c: Counting) -> dict[str, Any]:
    return {
        "exact": _share(c.exact),
        "within_one": _share(c.within_one),
        "wrong_but_good": _share(c.wrong_but_good),
        "error": _agreement(c.off),
    }


def _events(e: Eventwise) -> dict[str, Any]:
    return {
        "f1": None if e.f1 is None else _r(e.f1),
        "extra": _rate(e.extra),
        "onset_error_s": _agreement(e.onset),
        "end_error_s": _agreement(e.end),
        "length_error_s": _agreement(e.length),
        "label_right": _share(e.label),
        "label_not_told": e.untold,
    }


def _recognition(row: RecognitionRow) -> dict[str, Any]:
    return {
        **_key(row.key),
        "recognised": _share(row.recognised),
        "another": row.another,
        "doubted": row.doubted,
        "nothing": row.nothing,
    }


def _live(row: LiveRow) -> dict[str, Any]:
    return {**_key(row.key), "sets": row.sets, "error_s": _agreement(row.off), "not_shown": row.missed}


def _false(row: FalseRow) -> dict[str, Any]:
    told = {name or "not_told": _rate(rate) for name, rate in row.false.items()}
    return {"motion": row.motion or None, "recordings": row.recordings, "false": told}


def _set(s: SetScore) -> dict[str, Any]:
    return {
        "name": s.name,
        "exercise": s.exercise,
        "placement": s.stratum.placement,
        "gyro": s.stratum.gyro,
        "rate_hz": _r(s.stratum.rate_hz),
        "true": s.count.true,
        "cut": s.count.cut,
        "found": s.count.found,
        "grade": str(s.grade),
    }


def _share(share: Share) -> dict[str, Any] | None:
    if not share.of:
        return None
    low, high = share.interval
    return {
        "hits": share.hits,
        "of": share.of,
        "share": _r(share.hits / share.of),
        "low": _r(low),
        "high": _r(high),
    }


def _rate(rate: Rate) -> dict[str, Any] | None:
    if rate.bound is None:
        return None
    return {
        "events": rate.events,
        "hours": _r(rate.hours),
        "per_hour": _r(rate.events / rate.hours),
        "upper": _r(rate.bound),
    }


def _agreement(a: Agreement | None) -> dict[str, Any] | None:
    if a is None:
        return None
    return {
        "n": a.n,
        "mean_abs": _r(a.mean_abs),
        "p95_abs": _r(a.p95_abs),
        "bias": _r(a.bias),
        "limits": None if a.limits is None else [_r(x) for x in a.limits],
    }


def _r(value: float) -> float:
    return round(value, _DIGITS)
