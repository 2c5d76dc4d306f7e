"""Where in a cell of a number grid a value may lie: on multiples of 10^-decimals, as written numbers do."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXACT = 2.0**53


@dataclass(frozen=True, kw_only=True)
class Lattice:
    """Per cell: the smallest and the largest value allowed, and the multiples `first` … `last` of 1 / `scale` between.

    A cell without a multiple (`first > last`) is drawn from evenly, whatever the decimals.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    scale: float

    @staticmethod
    def of(edges: NDArray[np.float64], decimals: int | None) -> "Lattice":
        """The lattice of a grid: half-open cells, the last one closed unless it holds one value."""
        low, high = edges[:-1], np.nextafter(edges[1:], -np.inf)
        if high[-1] > low[-1]:
            high[-1] = edges[-1]
        scale = 10.0 ** (decimals or 0)
        ranges = [_multiples(float(a), float(b), scale) for a, b in zip(low, high, strict=True)]
        if decimals is None:
            ranges = [(0, -1)] * len(low)
        first, last = np.array(ranges, dtype=np.int64).T
        return Lattice(low=low, high=high, first=first, last=last, scale=scale)

    def counts(self) -> NDArray[np.float64]:
        """How many values each cell has; infinitely many where any number of it is drawn."""
        anything = np.where(self.low == self.high, 1.0, np.inf)
        return np.where(self.first <= self.last, (self.last - self.first + 1).astype(np.float64), anything)

    def draw(self, cells: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        """One value inside each cell."""
        share = rng.random(len(cells))
        low, high = self.low[cells], self.high[cells]
        out: NDArray[np.float64] = np.clip((1 - share) * low + share * high, low, high)
        round_ = np.flatnonzero((self.first <= self.last)[cells])
        if len(round_):
            inside: NDArray[Any] = cells[round_]
            out[round_] = rng.integers(self.first[inside], self.last[inside], endpoint=True) / self.scale
        return out


def _multiples(low: float, high: float, scale: float) -> tuple[int, int]:
    """The integers k with low <= k / scale <= high, in floating point; (0, -1) for none, or too large ones."""
    if max(abs(low), abs(high)) * scale >= _EXACT:
        return 0, -1
    first, last = ceil(low * scale) - 1, floor(high * scale) + 1
    while first / scale < low:
        first += 1
    while last / scale > high:
        last -= 1
    return (first, last) if first <= last else (0, -1)
