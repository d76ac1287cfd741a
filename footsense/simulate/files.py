"""A simulated recording as files: the CSV, and its truth beside it."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from footsense.analysis import event_json
from footsense.errors import RecordingError
from footsense.recording.model import ending
from footsense.simulate.scenario import EXERCISES
from footsense.simulate.wearer import Simulated
from footsense.text import display
from footsense.types import Event

SCHEMA = "footsense.truth/1"
_COLUMNS = "t_s,ax_g,ay_g,az_g"
_GYRO = ",gx_dps,gy_dps,gz_dps"


def truth_json(made: Simulated) -> dict[str, Any]:
    """The contract's truth object. `exercise` is null for negatives and routines; `simulated` names the motion
    and the seed, `segments` the exercises of a routine."""
    wish = made.scenario
    one = not made.segments and wish.motion in EXERCISES
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "exercise": wish.motion if one else None,
        "placement": wish.placement,
        "side": wish.side,
        "events": [_event(made, e) for e in made.events],
        "simulated": {"motion": "routine" if made.segments else wish.motion, "seed": wish.seed},
    }
    if made.segments:
        out["segments"] = [
            {"exercise": s.exercise, "start_s": round(s.start_s, 6), "end_s": round(s.end_s, 6)}
            for s in made.segments
        ]
    return out


def _event(made: Simulated, event: Event) -> dict[str, Any]:
    """`cut` marks what a gap takes a part of; it happened, but cannot be counted."""
    out = {k: v for k, v in event_json(event).items() if k != "decided_s"}
    return out | {"cut": True} if made.cut(event) else out


def truth_path(path: Path) -> Path:
    """`NAME.truth.json` for `NAME.csv`, `NAME.csv.gz` or `NAME.mcap`."""
    return path.with_name(path.name[: len(path.name) - len(ending(path.name))] + ".truth.json")


def csv_text(made: Simulated) -> str:
    """The recording in the contract's columns: 0.1 ms, 0.1 mg, 0.01 deg/s."""
    columns, formats = [made.t_s[:, None], made.acc_g], ["%.4f", *["%.4f"] * 3]
    if made.gyr_dps is not None:
        columns, formats = [*columns, made.gyr_dps], [*formats, *["%.2f"] * 3]
    text = io.StringIO()
    np.savetxt(text, np.column_stack(columns) + 0.0, fmt=formats, delimiter=",", newline="\n")
    return _COLUMNS + (_GYRO if made.gyr_dps is not None else "") + "\n" + text.getvalue()


def write(made: Simulated, path: Path) -> Path:
    """Write `path` (`.csv` or `.csv.gz`) and its truth; returns the truth's path. The same recording gives the
    same bytes. Raises RecordingError if the place cannot be written."""
    data = csv_text(made).encode()
    try:
        path.write_bytes(gzip.compress(data, 9, mtime=0) if path.name.endswith(".gz") else data)
    except OSError as error:
        raise _unwritten(path, error) from None
    return write_truth(made, path)


def write_truth(made: Simulated, path: Path) -> Path:
    """Write the truth beside `path`; returns its own path. Raises RecordingError if it cannot be written."""
    beside = truth_path(path)
    try:
        beside.write_text(json.dumps(truth_json(made), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritten(path, error) from None
    return beside


def _unwritten(path: Path, error: OSError) -> RecordingError:
    reason = error.strerror or error
    return RecordingError(f"{display(path)}: cannot be written ({reason}); choose another place with -o")
