"""Code arrays: as narrow as they can be, and never outside their range."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_codes(codes: NDArray[np.integer[Any]], size: int) -> NDArray[np.unsignedinteger[Any]]:
    """The codes in the smallest unsigned type that holds 0 … size - 1."""
    return codes.astype(np.min_scalar_type(max(size - 1, 0)), copy=False)


def as_index(codes: NDArray[np.integer[Any]], size: int) -> NDArray[np.int64]:
    """A fresh index array; `ValueError` for a code outside 0 … size - 1."""
    index = np.array(codes, dtype=np.int64)
    if len(index) and not 0 <= int(index.min()) <= int(index.max()) < size:
        raise ValueError("a code lies outside its range")
    return index
