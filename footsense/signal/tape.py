"""The last seconds of a signal, addressed by absolute index, however it was cut."""

import numpy as np

from footsense.types import Floats


class Tape:
    """Rows of numbers on one grid. `append` adds samples at the end, `trim` lets the oldest go."""

    def __init__(self, rows: int) -> None:
        self._data: Floats = np.empty((rows, 0))
        self.start = 0

    @property
    def stop(self) -> int:
        """Absolute index after the last sample."""
        return self.start + int(self._data.shape[1])

    def restart(self, index: int) -> None:
        """Forget all; the next sample has this absolute index."""
        self._data = self._data[:, :0]
        self.start = index

    def append(self, block: Floats) -> None:
        """`block` is (rows, n)."""
        self._data = np.concatenate([self._data, block], axis=1)

    def trim(self, keep: int) -> None:
        """Keep at least the last `keep` samples; less often than every call, as it copies."""
        if self._data.shape[1] > 2 * keep:
            self.start = self.stop - keep
            self._data = self._data[:, -keep:].copy()

    def view(self, lo: int, hi: int) -> Floats:
        """(rows, m): what is left of absolute indices lo … hi-1."""
        return self._data[:, max(lo - self.start, 0) : max(hi - self.start, 0)]
