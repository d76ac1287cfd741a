"""What the detectors find in recordings, told by a process that may have to do without some of its processor.

    python -m tests.processor [--fault] FILE…

Prints one JSON object: `control`, digests of numbers that are known to depend on the processor, by what they
come from (`blas`, `simd`, `libm`); `found`, for each file, all events with exact floats and the analysis;
`filters`, a digest of the detectors' coefficients for one rate and another. With `--fault` a product of
matrices stands in the counting path.
"""

import hashlib
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from footsense.analysis import analyse, to_json
from footsense.recording import open_recording
from footsense.session import event_line, replay
from footsense.signal.butterworth import band_pass, high_pass, low_pass, settled
from footsense.signal.front import Front, Signals, delay_at_zero
from footsense.types import Gap, Samples

RATES_HZ = (
    10.0,
    12.5,
    25.0,
    26.0,
    31.25,
    50.0,
    52.0,
    59.97,
    60.0,
    99.83,
    100.0,
    104.0,
    119.0,
    200.0,
    208.0,
    400.0,
)
TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


def control() -> dict[str, str]:
    """Digests of what BLAS, numpy's loops and the C library make of the same numbers."""
    x = np.random.default_rng(0).uniform(0.1, 3.0, (64, 64))
    libm = [f(v) for v in x.ravel().tolist() for f in (math.sin, math.exp, math.log, math.atan)]
    blas = [np.convolve(x[0, :n], x[n, : n + 1]).tobytes() for n in range(1, 60)]
    simd = [np.exp(x).tobytes(), np.arctan2(x, x.T).tobytes(), (x**1.7).tobytes()]
    made = {"blas": [(x @ x).tobytes(), *blas], "simd": simd, "libm": [np.array(libm).tobytes()]}
    return {name: _digest(values) for name, values in made.items()}


def filters() -> str:
    """A digest of coefficients and of the states that filters start from."""
    made: list[bytes] = []
    for rate_hz in RATES_HZ:
        for order, cutoff_hz in ((1, 0.027), (1, 4.0), (2, 2.0), (4, 3.0)):
            sos = low_pass(order, cutoff_hz, rate_hz)
            made += [sos.tobytes(), settled(sos).tobytes(), str(delay_at_zero(sos)).encode()]
        made += [c.tobytes() for c in high_pass(4, 3.0, rate_hz)]
        made += [c.tobytes() for c in band_pass(2, (1.0, 4.5), rate_hz)]
    return _digest(made)


def _digest(values: Sequence[bytes]) -> str:
    return hashlib.sha256(b"".join(values)).hexdigest()


def found(path: Path) -> list[str]:
    """All events of a recording, and its analysis."""
    events = [event_line(e) for _, part in replay(path, paced=False) for e in part]
    return [*events, json.dumps(to_json(analyse(open_recording(path))))]


def put_fault_in() -> None:
    """Turn the slow accelerations by a product of matrices and back, which changes their last bits only."""
    right = Front.process

    def wrong(self: Front, item: Samples | Gap) -> Signals | Gap:
        made = right(self, item)
        if isinstance(made, Signals):
            made.slow.acc_g[:] = made.slow.acc_g @ TURN @ TURN.T
        return made

    Front.process = wrong  # type: ignore[method-assign]


def main(arguments: Sequence[str]) -> None:
    if "--fault" in arguments:
        put_fault_in()
    files = [a for a in arguments if a != "--fault"]
    told = {"control": control(), "filters": filters(), "found": {file: found(Path(file)) for file in files}}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
