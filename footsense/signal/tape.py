"""The last seconds of a signal, addressed by absolute index, however it was cut."""

import numpy as np

from footsense.types import Floats


class Tape:
    """Rows of numbers on one grid: the last chunk as it came, and at least `keep` samples before it."""

    def __init__(self, rows: int, keep: int) -> None:
        self._empty: Floats = np.empty((rows, 0))
        self._keep = keep
        self.restart(0)

    @property
    def stop(self) -> int:
        """Absolute index after the last sample."""
        return self._at + int(self._block.shape[1])

    def restart(self, index: int) -> None:
        """Forget all; the next sample has this absolute index."""
        self.start = self._at = index
        self._tail = self._block = self._empty

    def append(self, block: Floats) -> None:
        """`block` is (rows, n); it is kept, not copied, until the next comes."""
        whole = self._block
        if whole.shape[1] < self._keep:
            whole = np.concatenate([self._tail, whole], axis=1)
        self._tail = whole[:, -self._keep :].copy()
        self._at = self.stop
        self.start = self._at - int(self._tail.shape[1])
        self._block = block

    def view(self, lo: int, hi: int) -> Floats:
        """(rows, m): what is left of absolute indices lo … hi-1."""
        if lo >= self._at:
            return self._block[:, lo - self._at : max(hi - self._at, 0)]
        tail = self._tail[:, max(lo - self.start, 0) : max(hi - self.start, 0)]
        return np.concatenate([tail, self._block[:, : max(hi - self._at, 0)]], axis=1)
