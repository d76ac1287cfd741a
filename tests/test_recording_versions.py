"""Recordings of every version of the format are read for ever; `python -m tests.recording.fixture` adds one."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from footsense.analysis import analyse, analyse_marked
from footsense.recording import open_recording
from footsense.recording.mcap import replayed, scan_mcap
from footsense.session import event_line, inputs_of, replay
from footsense.types import Samples, Status
from tests.recording import fixture

KEPT = sorted(fixture.FOLDER.glob("*.mcap"))


def truth_of(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def test_every_version_is_here() -> None:
    assert [p.stem for p in KEPT] == ["1a-first", "1b-segments-clocks-links"]


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.stem)
def test_what_was_recorded_comes_back(path: Path) -> None:
    truth, scan = truth_of(path), scan_mcap(path)
    packets = [f.packet for f in replayed(path) if f.packet]
    assert (scan.closed, scan.damage, scan.packets) == (True, (), truth["packets"])
    assert hashlib.sha256(b"".join(p.payload for p in packets)).hexdigest() == truth["payloads_sha256"]
    assert [packets[k].host_ns for k in (0, -1)] == [truth["first_host_ns"], truth["last_host_ns"]]
    (sensor,) = scan.sensors
    assert (sensor.id, sensor.side, sensor.placement) == (truth["sensor"], "left", "foot")
    assert sensor.settings == truth["settings"]
    assert scan.simulated


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.stem)
def test_its_samples_are_those_that_were_measured(path: Path) -> None:
    truth = truth_of(path)
    (track,) = open_recording(path).tracks
    acc_g = np.concatenate([i.acc_g for i in track.items() if isinstance(i, Samples)])
    assert len(acc_g) == truth["samples"]
    assert acc_g[::50] == pytest.approx(np.array(truth["every_50th_acc_g"]), abs=1e-3)


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.stem)
def test_its_circles_are_counted_marked_or_not_live_or_replayed(path: Path) -> None:
    circles, recording = truth_of(path)["circles"], open_recording(path)
    assert analyse(recording, "ankle-circles").counts["circles"] == circles
    (marked,) = analyse_marked(recording)
    assert (marked.exercise, marked.counts["circles"]) == ("ankle-circles", circles)
    lines = [[event_line(e) for _, events in replay(path, paced=p) for e in events] for p in (True, False)]
    assert lines[0] == lines[1]
    assert sum('"kind":"circle"' in line for line in lines[0]) == circles


def test_what_a_version_says_more_is_there() -> None:
    first, second = (scan_mcap(p).segment for p in KEPT)
    assert first.session == ""
    assert (len(second.session), second.number) == (36, 1)
    said = [i for i in inputs_of(KEPT[1]) if isinstance(i, Status)]
    assert [i.about for i in said] == ["clock", "link"]
    assert said[0].fields["boottime_ns"] is None
    assert said[1].fields == {"sensor": fixture.SENSOR, "event": "connected", "mtu": 247, "rssi_dbm": -61}


def test_this_version_writes_as_the_newest_of_them(tmp_path: Path) -> None:
    fixture.write(tmp_path / "now.mcap")
    kept, now = ([*replayed(p)] for p in (KEPT[-1], tmp_path / "now.mcap"))
    assert [(f.topic, f.seq, f.host_ns, f.packet) for f in now] == [
        (f.topic, f.seq, f.host_ns, f.packet) for f in kept
    ]
    assert [sorted(f.fields or {}) for f in now] == [sorted(f.fields or {}) for f in kept]
