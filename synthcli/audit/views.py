"""Random views of rows: a few columns each, ordered ones also in coarse steps; and how often a stream shows the same.

A view of a row is what an attacker may know of a person ("aged 30 to 39, in ward 4, with code E11"). Many random views
together see what no marginal of the model's own holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.neighbours import cell_hashes

VIEWS = 64
_WIDEST = 6
"""The most columns of a view: wider ones show nearly every row alone."""
_STEPS = (1, 8, 32)
"""Ordered columns are seen as they are, or in steps of a 32nd or an 8th of their codes."""
_BLOCK = 1 << 17

Codes = NDArray[np.uint32]


@dataclass(frozen=True)
class View:
    """Some columns, each seen in steps of `widths` codes, the first of them `offsets` codes short."""

    columns: tuple[int, ...]
    widths: tuple[int, ...]
    offsets: tuple[int, ...]

    def steps(self, codes: Codes) -> Codes:
        """What the view shows of rows: rows × columns of the view."""
        seen = codes[:, self.columns] + np.array(self.offsets, dtype=np.uint32)
        return np.asarray(seen // np.array(self.widths, dtype=np.uint32), dtype=np.uint32)

    def numbers(self, codes: Codes) -> NDArray[np.uint64]:
        """The same as one number per row, equal where the views are (but for one pair in 2^64)."""
        total: NDArray[np.uint64] = cell_hashes(self.steps(codes)).sum(axis=1, dtype=np.uint64)
        return total


def draw_views(
    spans: Sequence[int], rng: np.random.Generator, count: int = VIEWS, among: Sequence[int] | None = None
) -> tuple[View, ...]:
    """Views of two to six columns, drawn without a look at any row; `spans` as in `Experiment`, 0 where unordered.

    `among`: the attributes that they look at (ascending), all by default.
    """
    seen = np.arange(len(spans)) if among is None else np.array(among)
    most = min(_WIDEST, len(seen))
    views: list[View] = []
    for _ in range(count):
        size = int(rng.integers(min(2, most), most + 1))
        columns = np.sort(rng.choice(seen, size, replace=False))
        widths = [max(1, spans[c] // int(rng.choice(_STEPS[1:]))) if rng.random() < 0.5 else 1 for c in columns]
        offsets = [int(rng.integers(width)) for width in widths]
        views.append(View(tuple(map(int, columns)), tuple(widths), tuple(offsets)))
    return tuple(dict.fromkeys(views))


class Occurrences:
    """How many rows of a stream look, in each view, like each of some given rows."""

    def __init__(self, rows: Codes, views: Sequence[View]) -> None:
        self._views = views
        self._known = [np.unique(view.numbers(rows), return_inverse=True, return_counts=True) for view in views]
        self._counts = [np.zeros(len(numbers), dtype=np.int64) for numbers, _, _ in self._known]
        self._waiting: list[Codes] = []

    def add(self, codes: Codes) -> None:
        """Count these rows, too."""
        self._waiting.append(codes)
        if sum(map(len, self._waiting)) >= _BLOCK:
            self._count()

    def add_own(self) -> None:
        """Count the given rows themselves, each but for itself."""
        for counts, (_, _, own) in zip(self._counts, self._known, strict=True):
            counts += own - 1

    def table(self) -> NDArray[np.int64]:
        """Views × given rows."""
        self._count()
        pairs = zip(self._counts, self._known, strict=True)
        return np.array([counts[place] for counts, (_, place, _) in pairs])

    def _count(self) -> None:
        if not self._waiting:
            return
        codes = np.concatenate(self._waiting)
        self._waiting = []
        for view, counts, (known, _, _) in zip(self._views, self._counts, self._known, strict=True):
            stream = np.sort(view.numbers(codes))
            counts += np.searchsorted(stream, known, side="right") - np.searchsorted(stream, known, side="left")
