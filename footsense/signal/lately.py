"""The last seconds of a stream, addressed by absolute index, for those who look back at few places at once."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from footsense.types import Floats, Samples

Indices = NDArray[np.int64]


class Rows:
    """Rows of numbers on one grid, side by side in one array: the newest samples and `keep` before them."""

    def __init__(self, rows: int, keep: int) -> None:
        self._keep = keep
        self._all: Floats = np.zeros((rows, 2 * keep))
        self.restart(0)

    def restart(self, index: int) -> None:
        """Forget all; the next sample has this absolute index."""
        self.start = self.stop = index
        self._zero = index  # absolute index of the first column

    def grow(self, count: int) -> Floats:
        """(rows, count): room for the next samples, to be written by the caller."""
        used = self.stop - self._zero
        if used + count > self._all.shape[1]:
            self._shift(count)
        self.stop += count
        self.start = max(self.start, self.stop - count - self._keep)
        return self._all[:, self.stop - count - self._zero : self.stop - self._zero]

    def _shift(self, count: int) -> None:
        kept = self._all[:, max(self.start, self.stop - self._keep) - self._zero : self.stop - self._zero]
        fresh = np.zeros((len(kept), max(2 * self._keep, self._keep + count)))
        fresh[:, : kept.shape[1]] = kept
        self._zero = self.stop - kept.shape[1]
        self._all = fresh

    def view(self, lo: int, hi: int) -> Floats:
        """(rows, m): what is left of absolute indices lo … hi-1."""
        return self._all[:, max(lo, self.start) - self._zero : max(min(hi, self.stop) - self._zero, 0)]

    def at(self, row: int, index: int) -> float:
        """One value."""
        return float(self._all[row, index - self._zero])

    def take(self, rows: int | slice, at: Indices) -> Floats:
        """([rows,] *at.shape): values at absolute indices, the nearest kept one where there is none."""
        columns = np.minimum(np.maximum(at, self.start), self.stop - 1) - self._zero
        return self._all[rows].take(columns, axis=-1)


class Reel:
    """Samples at the full rate as they came, `keep` of them and more."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._chunks: deque[Samples] = deque()

    def restart(self) -> None:
        self._chunks.clear()

    @property
    def stop(self) -> int:
        """Absolute index after the last sample."""
        return self._chunks[-1].first + len(self._chunks[-1])

    def append(self, samples: Samples) -> None:
        """`samples` are kept, not copied."""
        chunks = self._chunks
        chunks.append(samples)
        while len(chunks) > 1 and chunks[1].first <= self.stop - len(samples) - self._keep:
            chunks.popleft()

    def times(self, at: Indices) -> Floats:
        """Times at absolute indices, the nearest known one where there is none."""
        chunks, first = self._from(int(at.min()), int(at.max()) + 1)
        t_s = _joined([x.t_s for x in chunks])
        return np.asarray(t_s[_inside(at - first, len(t_s))])

    def windows(self, at: Indices, width: int) -> Floats:
        """Acceleration (k, width, 3) from absolute indices `at` (k,) on; the nearest known if there is none."""
        chunks, first = self._from(int(at.min()), int(at.max()) + width)
        acc = _joined([x.acc_g for x in chunks])
        return acc.take(_inside(at[:, None] + np.arange(width) - first, len(acc)), axis=0)

    def _from(self, lo: int, hi: int) -> tuple[list[Samples], int]:
        """The chunks that hold indices lo … hi-1, and the index of their first sample."""
        lo = min(lo, self.stop - 1)
        found: list[Samples] = []
        for chunk in reversed(self._chunks):
            if chunk.first < hi or not found:
                found.append(chunk)
            if chunk.first <= lo:
                break
        return found[::-1], found[-1].first


def _joined(parts: Sequence[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _inside(at: Indices, count: int) -> Indices:
    return np.minimum(np.maximum(at, 0), count - 1)
