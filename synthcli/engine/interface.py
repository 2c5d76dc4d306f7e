"""What an engine counts on: a source of record batches, and a mask that leaves rows out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.table.schema import Schema

RowMask = Callable[[int, int], NDArray[np.bool_]]
"""(first row, number of rows) -> which of them to count; rows are numbered from 0 in the order of the source."""


class BatchSource(Protocol):
    """A table as a stream of record batches; every call streams from the start, in the same order."""

    def batches(self, schema: Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Batches of these columns (all of the schema's by default) in canonical types; null means missing."""
        ...
