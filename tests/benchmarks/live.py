"""What a chunk costs while it arrives: the five detectors beside what else one could do with every chunk.

    python -m tests.benchmarks.live [--minutes 5] [--rate-hz 100] [--chunk-ms 20]

Prints microseconds a chunk: median, 99th percentile, mean, and the share of one core that this is; and whether
the goal for the five detectors is met. The rows are timed in turn within each chunk, so that a machine whose
speed drifts favours none. CPU time of this process is what counts; keep the numerical libraries to one thread
(OMP_NUM_THREADS=1).
"""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
from scipy.signal import butter, find_peaks, sosfilt, sosfiltfilt

from footsense.engine import Engine
from footsense.exercises import exercise_names
from footsense.types import Floats, Samples, StreamInfo
from tests.benchmarks import peers
from tests.benchmarks.replay import recording
from tests.streams import cut

WINDOW_S = 10.0
BAND_HZ = (0.25, 3.0)
GOAL_US = {"median": 250.0, "99 %": 1000.0}  # of the five detectors, for a chunk of 20 ms

Work = Callable[[Samples], object]


def rows(info: StreamInfo) -> dict[str, Work]:
    """What is timed, by name; each is given every chunk."""
    return {
        "five detectors": _detectors(info, None),
        **{f"  {name} alone": _detectors(info, [name]) for name in exercise_names()},
        f"filter the last {WINDOW_S:g} s anew, find peaks": _anew(info.rate_hz),
        "filter on with carried state, find peaks": _onwards(info.rate_hz),
        **dict(peers.live_rows(info)),
        "one numpy reduction (sum)": lambda chunk: chunk.acc_g.sum(),
    }


def _detectors(info: StreamInfo, exercises: Sequence[str] | None) -> Work:
    engine = Engine(exercises)
    engine.process(info)
    return engine.process


def _anew(rate_hz: float) -> Work:
    """What one would write first: the magnitude of a sliding window, band-passed there and back, its peaks."""
    sos = butter(4, BAND_HZ, "bandpass", fs=rate_hz, output="sos")
    window: Floats = np.ones(round(WINDOW_S * rate_hz))

    def work(chunk: Samples) -> object:
        nonlocal window
        magnitude = np.sqrt(np.einsum("ij,ij->i", chunk.acc_g, chunk.acc_g))
        window = np.concatenate([window, magnitude])[-len(window) :]
        return find_peaks(sosfiltfilt(sos, window), height=0.05)[0]

    return work


def _onwards(rate_hz: float) -> Work:
    """The same by someone who knows of causal filters: a peak is a sample above both its neighbours."""
    sos = butter(4, BAND_HZ, "bandpass", fs=rate_hz, output="sos")
    state = np.zeros((len(sos), 2))
    last: Floats = np.zeros(2)

    def work(chunk: Samples) -> object:
        nonlocal state, last
        magnitude = np.sqrt(np.einsum("ij,ij->i", chunk.acc_g, chunk.acc_g))
        new, state = sosfilt(sos, magnitude, zi=state)
        x = np.concatenate([last, new])
        last = x[-2:]
        return np.flatnonzero((x[1:-1] > x[:-2]) & (x[1:-1] >= x[2:]) & (x[1:-1] > 0.05))

    return work


def measure(table: dict[str, Work], chunks: Sequence[Samples]) -> dict[str, Floats]:
    """Seconds (chunks,) of each row."""
    took: dict[str, Floats] = {name: np.empty(len(chunks)) for name in table}
    for k, chunk in enumerate(chunks):
        for name, work in table.items():
            start = time.process_time()
            work(chunk)
            took[name][k] = time.process_time() - start
    return took


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rate-hz", type=float, default=100.0)
    parser.add_argument("--chunk-ms", type=float, default=20.0)
    options = parser.parse_args(arguments)
    info, samples = recording(options.minutes, options.rate_hz)
    size = max(1, round(options.chunk_ms * 1e-3 * options.rate_hz))
    chunks = [c for c in cut([samples], [size]) if isinstance(c, Samples)]
    took = measure(rows(info), chunks)
    print(f"{len(chunks)} chunks of {size} samples of six axes, {options.rate_hz:g} Hz; CPU time in µs a chunk")
    print(f"{'':42} {'median':>8} {'99 %':>8} {'mean':>8}   one core")
    for name, seconds in took.items():
        figures = microseconds(seconds)
        share = 100 * seconds.mean() * options.rate_hz / size
        print(f"{name:42} " + " ".join(f"{x:8.0f}" for x in figures.values()) + f"   {share:.1f} %")
    print(goal(microseconds(took["five detectors"])))


def microseconds(seconds: Floats) -> dict[str, float]:
    """The figures that are shown of the chunks' times (n,)."""
    made = {"median": np.median(seconds), "99 %": np.quantile(seconds, 0.99), "mean": seconds.mean()}
    return {name: 1e6 * float(x) for name, x in made.items()}


def goal(figures: dict[str, float]) -> str:
    """Whether the five detectors are as quick as they should be."""
    met = all(figures[name] <= most for name, most in GOAL_US.items())
    limits = ", ".join(f"{name} ≤ {most:g} µs" for name, most in GOAL_US.items())
    return f"goal for 20 ms at 100 Hz: {limits}: {'met' if met else 'not met'}"


if __name__ == "__main__":
    main()
