"""Pieces of a number line drawn by their mass, each row's among those that have its key and touch its window."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


class Windowed:
    """Pieces [low, high) that do not overlap, in ascending order, each with a key and a mass.

    Pieces of a key that have no mass at all weigh as much as they are wide.
    """

    def __init__(self, low: Whole, high: Whole, key: NDArray[np.integer[Any]], mass: NDArray[np.float64]) -> None:
        self.low, self.high = low, high
        self._keys, of_piece = np.unique(key, return_inverse=True)
        empty = (np.bincount(of_piece, mass) <= 0)[of_piece]
        self._order = np.argsort(of_piece, kind="stable")
        self._mass = np.where(empty, (high - low).astype(np.float64), mass)[self._order]
        self._before = np.concatenate([[0.0], np.cumsum(self._mass)])
        self._place = of_piece[self._order] * len(low) + self._order  # ascending: by key, then along the line

    def draw(
        self, wanted: NDArray[np.integer[Any]], first: Whole, beyond: Whole, rng: np.random.Generator
    ) -> NDArray[np.intp]:
        """A piece for each row with the wanted key that reaches into [first, beyond); -1 where there is none.

        What a window cuts off a piece does not count: its mass is even.
        """
        key = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        left = np.searchsorted(self.high, first, side="right")
        right = np.searchsorted(self.low, beyond, side="left")
        start, stop = (np.searchsorted(self._place, key * len(self.low) + end) for end in (left, right))
        found = np.full(len(wanted), -1, dtype=np.intp)
        some = np.flatnonzero((self._keys[key] == wanted) & (start < stop))
        start, stop = start[some], stop[some]
        a = self._before[start] + self._cut(start, first[some] - self.low[self._order[start]])
        b = self._before[stop] - self._cut(stop - 1, self.high[self._order[stop - 1]] - beyond[some])
        drawn = np.searchsorted(self._before, a + rng.random(len(some)) * np.maximum(b - a, 0.0), side="right") - 1
        found[some] = self._order[np.clip(drawn, start, stop - 1)]
        return found

    def _cut(self, place: NDArray[np.intp], off: Whole) -> NDArray[np.float64]:
        """The mass of so much of a piece."""
        piece = self._order[place]
        share: NDArray[np.float64] = np.maximum(off, 0) / (self.high[piece] - self.low[piece])
        return share * self._mass[place]
