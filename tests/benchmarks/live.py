"""What a chunk costs while it arrives: the five detectors beside what else one could do with every chunk.

    python -m tests.benchmarks.live [--minutes 5] [--rate-hz 100] [--chunk-ms 20]

Prints microseconds a chunk: median, 99th percentile, mean, and the share of one core that this is. The rows
are timed in turn within each chunk, so that a machine whose speed drifts favours none. CPU time of this
process is what counts; keep the numerical libraries to one thread (OMP_NUM_THREADS=1).
"""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from footsense.engine import Engine
from footsense.exercises import exercise_names
from footsense.types import Floats, Samples, StreamInfo
from tests.benchmarks.replay import recording
from tests.streams import cut

WINDOW_S = 10.0

Work = Callable[[Samples], object]


def rows(info: StreamInfo) -> dict[str, Work]:
    """What is timed, by name; each is given every chunk."""
    return {
        "five detectors": _detectors(info, None),
        **{f"  {name} alone": _detectors(info, [name]) for name in exercise_names()},
        f"filter the last {WINDOW_S:g} s anew, find peaks": _anew(info.rate_hz),
        "one numpy reduction (sum)": lambda chunk: chunk.acc_g.sum(),
    }


def _detectors(info: StreamInfo, exercises: Sequence[str] | None) -> Work:
    engine = Engine(exercises)
    engine.process(info)
    return engine.process


def _anew(rate_hz: float) -> Work:
    """What one would write first: the magnitude of a sliding window, band-passed there and back, its peaks."""
    sos = butter(4, [0.25, 3.0], "bandpass", fs=rate_hz, output="sos")
    window: Floats = np.ones(round(WINDOW_S * rate_hz))

    def work(chunk: Samples) -> object:
        nonlocal window
        magnitude = np.sqrt(np.einsum("ij,ij->i", chunk.acc_g, chunk.acc_g))
        window = np.concatenate([window, magnitude])[-len(window) :]
        return find_peaks(sosfiltfilt(sos, window), height=0.05)[0]

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
        middle, high, mean = (1e6 * x for x in (np.median(seconds), np.quantile(seconds, 0.99), seconds.mean()))
        share = 100 * seconds.mean() * options.rate_hz / size
        print(f"{name:42} {middle:8.0f} {high:8.0f} {mean:8.0f}   {share:.1f} %")


if __name__ == "__main__":
    main()
