"""Code arrays: as narrow as they can be, and never outside their range."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_codes(codes: NDArray[np.integer[Any]], size: int) -> NDArray[np.unsignedinteger[Any]]:
    """The codes in the smallest unsigned type that holds 0 … size - 1."""
    return codes.astype(np.min_scalar_type(max(size - 1, 0)), copy=False)


def checked_codes(codes: NDArray[np.integer[Any]], size: int) -> NDArray[np.integer[Any]]:
    """The codes; `ValueError` for one outside 0 … size - 1."""
    if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) < size:
        raise ValueError("a code lies outside its range")
    return codes
