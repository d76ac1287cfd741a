"""How fast a recording is replayed: the five detectors beside what else one could do with the same array.

    python -m tests.benchmarks.replay [--of motions|day] [--minutes 60] [--rate-hz 100] [--repeats 5]

Two recordings: `motions`, everything that the simulator knows in a row, without a quiet minute, and `day`, in
each hour the routine twice, and sitting, standing and walking.

Prints samples a second of one core (six axes are one sample), the fastest of the repeats and the median, and
how long a row takes as a share of the five detectors' time. Each row runs once before it is timed (some compile
themselves), and the rows are timed in turn within each repeat, so that a machine whose speed drifts favours
none. CPU time of this process is what counts; keep the numerical libraries to one thread (OMP_NUM_THREADS=1).
Other packages are compared where they are installed: `tests/benchmarks/peers.py`.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from footsense.engine import run
from footsense.exercises import exercise_names
from footsense.routine import load_routine
from footsense.simulate import MOTIONS, Scenario, Simulated, perform, simulate
from footsense.types import Floats, Samples, StreamInfo
from tests.benchmarks import peers


@dataclass(frozen=True, slots=True)
class Row:
    """Something to time, and what it said."""

    name: str
    work: Callable[[], object]


def motions(rate_hz: float) -> Iterator[Simulated]:
    """All simulated motions in a row, over and over."""
    for seed in count():
        for motion in MOTIONS:
            yield simulate(Scenario(motion=motion, seed=seed, rate_hz=rate_hz))


def day(rate_hz: float) -> Iterator[Simulated]:
    """In each hour the routine twice, in about 20 minutes, and what one does otherwise."""
    routine = load_routine("ground-up")
    otherwise = {"sitting": 1300.0, "walking": 500.0, "standing": 600.0}
    for seed in count():
        for part in range(2):
            yield perform(routine, Scenario(motion="sitting", seed=2 * seed + part, rate_hz=rate_hz))
        for motion, duration_s in otherwise.items():
            yield simulate(Scenario(motion=motion, seed=seed, rate_hz=rate_hz, duration_s=duration_s))


RECORDINGS = {"motions": motions, "day": day}


def recording(minutes: float, rate_hz: float, of: str = "motions") -> tuple[StreamInfo, Samples]:
    """One stream of six axes without holes."""
    wanted = int(minutes * 60 * rate_hz)
    parts: list[Floats] = []
    for made in RECORDINGS[of](rate_hz):
        assert made.gyr_dps is not None
        parts.append(np.column_stack([made.acc_g, made.gyr_dps]))
        if sum(map(len, parts)) >= wanted:
            break
    axes = np.concatenate(parts)[:wanted]
    t_s = np.arange(wanted) / rate_hz
    acc, gyr = np.ascontiguousarray(axes[:, :3]), np.ascontiguousarray(axes[:, 3:])
    info = StreamInfo(rate_hz, has_gyro=True, placement="foot", acc_range_g=8.0)
    return info, Samples(0, t_s, acc, gyr, np.zeros(wanted, np.uint8))


def rows(info: StreamInfo, samples: Samples) -> list[Row]:
    """What is timed: all detectors first."""
    stream = [info, samples]
    found = [Row("five detectors", lambda: f"{len(run(stream))} events")]
    found += [
        Row(f"  {name} alone", lambda n=name: f"{len(run(stream, [n]))} events") for name in exercise_names()
    ]
    found.append(Row("butter + sosfiltfilt + find_peaks on |a|", lambda: naive(info, samples)))
    found += [Row(name, work) for name, work in peers.rows(info, samples)]
    both = np.column_stack([samples.acc_g, samples.gyr_dps])
    found.append(Row("one read over the array (sum)", lambda: f"{both.sum():.0f}"))
    return found


def naive(info: StreamInfo, samples: Samples) -> str:
    """What one would write first: the magnitude, band-passed there and back, its peaks."""
    magnitude = np.sqrt(np.einsum("ij,ij->i", samples.acc_g, samples.acc_g))
    sos = butter(4, [0.25, 3.0], "bandpass", fs=info.rate_hz, output="sos")
    return f"{len(find_peaks(sosfiltfilt(sos, magnitude), height=0.05)[0])} peaks"


def timed(row: Row) -> float:
    """Seconds of CPU time."""
    start = time.process_time()
    row.work()
    return time.process_time() - start


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", choices=RECORDINGS, default="motions")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate-hz", type=float, default=100.0)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    info, samples = recording(options.minutes, options.rate_hz, options.of)
    table = rows(info, samples)
    said = {row.name: row.work() for row in table}
    seconds: dict[str, list[float]] = {row.name: [] for row in table}
    for _ in range(options.repeats):
        for row in table:
            seconds[row.name].append(timed(row))
    print(f"{len(samples)} samples of six axes, {options.rate_hz:g} Hz, {options.repeats} repeats, CPU time")
    print(f"{'':50} {'fastest':>9} {'median':>9}  M samples/s   time, of the five")
    ours = min(seconds[table[0].name])
    for name, took in seconds.items():
        fastest, middle = (len(samples) / t / 1e6 for t in (min(took), statistics.median(took)))
        print(f"{name:50} {fastest:9.2f} {middle:9.2f} {min(took) / ours:18.3f}   {said[name]}")
    if peers.absent():
        print(f"not compared, because not installed: {', '.join(peers.absent())}")


if __name__ == "__main__":
    main()
