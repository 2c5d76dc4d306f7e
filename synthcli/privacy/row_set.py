"""A set of a table's rows in one bit a row: small enough to keep, and to ask about any stretch of the table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RowSet:
    """Rows of a table of `rows` rows; `bits` has one for each, packed into bytes, the first row's highest."""

    rows: int
    bits: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.rows < 0 or self.bits.dtype != np.uint8 or self.bits.shape != ((self.rows + 7) // 8,):
            raise ValueError("a set of rows has one bit for each row of the table")
        if self.rows % 8 and self.bits[-1] & (0xFF >> self.rows % 8):
            raise ValueError("a set of rows holds no row beyond the table")

    @staticmethod
    def of(rows: int, numbers: NDArray[np.int64]) -> "RowSet":
        """The rows of these numbers, in any order; `IndexError` beyond the table."""
        mask = np.zeros(rows, dtype=np.bool_)
        mask[numbers] = True
        return RowSet(rows, np.packbits(mask))

    def mask(self, start: int, count: int) -> NDArray[np.bool_]:
        """Which of the rows start … start + count - 1 are in the set; `ValueError` beyond the table."""
        if not 0 <= start <= start + count <= self.rows:
            raise ValueError("these rows lie outside the table")
        first = start // 8
        bits = np.unpackbits(self.bits[first : (start + count + 7) // 8])
        return bits[start - 8 * first :][:count].astype(np.bool_)

    def numbers(self) -> NDArray[np.int64]:
        """The numbers of its rows, ascending."""
        return np.flatnonzero(np.unpackbits(self.bits, count=self.rows)).astype(np.int64)
