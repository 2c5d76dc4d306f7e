"""Several codes as one number."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray


def cell_numbers(codes: Sequence[NDArray[Any]], sizes: Sequence[int]) -> NDArray[Any]:
    """The mixed-radix cell number of every row, in the narrowest unsigned type (int64 beyond 32 bits).

    The codes must lie inside their sizes; with a single code, its own array may come back.
    """
    cells = prod(sizes)
    narrow = np.dtype(np.min_scalar_type(max(cells - 1, 0)) if cells <= 1 << 32 else np.int64)
    cell = codes[0].astype(narrow, copy=False)
    for column, size in zip(codes[1:], sizes[1:], strict=True):
        cell = cell * narrow.type(size) if size < cells else np.zeros_like(cell)  # a size of all cells may not fit
        np.add(cell, column, out=cell, casting="unsafe")  # they lie inside: it fits
    return cell
