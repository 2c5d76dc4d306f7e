"""Values that many rows share, looked for inside the cells of a grid: 501 where all incomes above it are told so.

A cell that rises out of the noise and of the cells around it is split, and counted again, until it holds one value.
Even density would lie half of its rows beside that value.
"""

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery.grid import Edges, spikes

PARTS = 64
"""A cell with a heap is split into so many at once; with as many values or fewer, each gets a cell."""


def hides(edges: Edges, unit: float | None) -> NDArray[np.bool_]:
    """The cells that hold more than one multiple of the unit in which values are told; none where there is no unit."""
    if unit is None:
        return np.zeros(len(edges) - 1, dtype=np.bool_)
    return np.asarray(np.diff(_multiples_below(edges, unit)) > 1)


def opened(edges: Edges, counts: NDArray[np.float64], sigma: float, unit: float) -> tuple[Edges, bool]:
    """The grid with its heaps split, and whether one may hide in a part still.

    `edges` (n + 1), `counts` (n) with noise of standard deviation `sigma`. Where there is no heap, one cell in 1.6
    million is taken for one.
    """
    heaps = np.flatnonzero(spikes(counts, sigma) & hides(edges, unit))
    parts = [_parts(edges[heap : heap + 2], unit) for heap in heaps]
    return np.union1d(edges, np.concatenate([edges, *parts])), any(hides(part, unit).any() for part in parts)


def _parts(cell: Edges, unit: float) -> Edges:
    """The edges of a cell and of its parts: on numbers, in the middle between two multiples of the unit."""
    first, beyond = _multiples_below(cell, unit)
    pieces = int(min(PARTS, beyond - first))
    starts = first + np.floor(np.arange(1, pieces) * (beyond - first) / pieces)
    inner = starts.astype(np.int64) if np.issubdtype(cell.dtype, np.integer) else (starts - 0.5) * unit
    return np.unique(np.concatenate([cell, inner[(inner > cell[0]) & (inner < cell[1])]]))


def _multiples_below(edges: Edges, unit: float) -> NDArray[np.float64]:
    """The first multiple at or above each edge, in units: a hair below one counts as one."""
    return np.asarray(np.ceil(edges / unit - 1e-9))
