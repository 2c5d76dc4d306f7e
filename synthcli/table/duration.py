"""How long it takes from one date to a later one, as codes of its own: an attribute of two columns.

Dates are so many days apart. Datetimes are so many microseconds apart if that is less than `SHORT`, or on one day; else
so many midnights, as nights in a hospital are counted: the hours of both are then free to be what they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.table.axis import positions
from synthcli.table.calendar import DAY, HOUR, SECOND, parts_of_kind
from synthcli.table.codes import as_codes, checked_codes
from synthcli.table.schema import Kind

SHORT = 6 * HOUR

_UNITS = ((DAY, "d"), (HOUR, "h"), (60 * SECOND, "min"), (SECOND, "s"), (SECOND // 1000, "ms"), (1, "us"))


@dataclass(frozen=True, kw_only=True, eq=False)
class DurationEncoder:
    """Code i for a duration in [edges[i], edges[i + 1]), counted from the column `since` to that of the attribute.

    `type` is that of both columns; edges are days, or microseconds of which so many midnights are so many whole days.
    A duration outside the grid counts as the nearest cell; one of a row in which either column is missing, if that is
    allowed, has the last code.
    Its codes alone make no value: `DurationJoin` draws both columns by them.
    """

    kind: ClassVar[str] = "duration"
    type: Kind
    since: str
    edges: NDArray[np.int64]
    missing: bool

    def __post_init__(self) -> None:
        if not parts_of_kind(self.type):
            raise ValueError(f"no time goes by between values of type {self.type}")
        if not np.issubdtype(np.asarray(self.edges).dtype, np.integer):
            raise ValueError("durations are whole numbers of days or microseconds")
        edges = np.array(self.edges, dtype=np.int64)
        if edges.ndim != 1 or len(edges) < 2 or not np.all(edges[:-1] < edges[1:]) or edges[0] < 0:
            raise ValueError("a grid of durations needs two edges or more, in ascending order, none below zero")
        if self.type is Kind.DATETIME and np.any(edges[edges > DAY] % DAY):
            raise ValueError("beyond a day, durations are whole days")
        edges.flags.writeable = False
        object.__setattr__(self, "edges", edges)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.edges) - 1

    @property
    def size(self) -> int:
        """How many codes there are: the cells, and missing."""
        return self.cells + self.missing

    @property
    def ordinal(self) -> int:
        """The cells lie on a scale; missing does not."""
        return self.cells

    def elapsed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """By cell: the least and the greatest distance of two dates, as positions on the axis of their type."""
        low, high = self.edges[:-1], self.edges[1:]
        if self.type is Kind.DATE:
            return low, high - 1
        return np.where(low < DAY, low, np.maximum(low - DAY + 1, SHORT)), high - 1

    def days_apart(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """By cell: the least and the greatest number of midnights between two dates."""
        low, high = self.edges[:-1], self.edges[1:]
        if self.type is Kind.DATE:
            return low, high - 1
        return low // DAY, np.where(high <= SHORT, 1, -(-high // DAY) - 1)

    def measures(self) -> tuple[tuple[int, NDArray[np.int64], NDArray[np.int64]], ...]:
        """What every pair of dates of a cell keeps: units of the axis, and by cell the fewest and the most of them.

        Two dates are so many units apart as there are beginnings of units between them.
        """
        return ((1, *self.elapsed()), *(((DAY, *self.days_apart()),) if self.type is Kind.DATETIME else ()))

    def window(self, cell: NDArray[np.intp], start: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """From where up to where the later date is, given the cell and the position of the earlier one."""
        low, high = self.edges[cell], self.edges[cell + 1]
        if self.type is Kind.DATE:
            return start + low, start + high
        midnight = start // DAY * DAY
        first = np.where(low < DAY, start + low, np.maximum(midnight + low, start + SHORT))
        same_day = np.minimum(start + high, midnight + DAY)
        return first, np.where(high <= SHORT, start + high, np.where(low < DAY, same_day, midnight + high))

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """What `durations` gives to codes. `InputError` (a count) for missing ones that have no code."""
        missing = values.is_null().to_numpy(zero_copy_only=False)
        count = int(missing.sum())
        if count and not self.missing:
            raise InputError(f"{count:,} value(s) are missing", "correct the rows, or the field in the schema")
        codes = np.searchsorted(self.edges[1:-1], values.fill_null(0).to_numpy(zero_copy_only=False), side="right")
        return as_codes(np.where(missing, self.cells, codes), self.size)

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The names of the codes; null for missing."""
        return self.decode_compact(codes, rng).dictionary_decode()

    def decode_compact(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The same as a dictionary array."""
        index = as_codes(checked_codes(codes, self.size), self.cells + 1)
        return pa.DictionaryArray.from_arrays(index, pa.array([*self.labels()[: self.cells], None]), safe=False)

    def certainty(self) -> NDArray[np.float64]:
        """A duration alone is no value."""
        return np.ones(self.size)

    def labels(self) -> tuple[str, ...]:
        """The cells in words: from the first duration up to, not including, the last."""
        ends = (self.edges * (DAY if self.type is Kind.DATE else 1)).tolist()
        return (*(_named(low, high) for low, high in pairwise(ends)), *(("(missing)",) if self.missing else ()))

    def to_json(self) -> dict[str, Any]:
        """A plain object that `encoder_from_json` reads."""
        fields = {"type": self.type.value, "since": self.since, "edges": self.edges.tolist(), "missing": self.missing}
        return {"kind": self.kind, **fields}


def _named(low: int, high: int) -> str:
    is_one_day = high - low == DAY and low % DAY == 0
    return _spelt(low) if is_one_day else f"{_spelt(low) if low else 0} to {_spelt(high)}"


def _spelt(microseconds: int) -> str:
    """A duration in the largest unit that tells it exactly."""
    size, unit = next(u for u in _UNITS if microseconds % u[0] == 0)
    return f"{microseconds // size:,} {unit}"


def durations(earlier: pa.Array, later: pa.Array, kind: Kind) -> pa.Array:
    """What a `DurationEncoder` encodes of two canonical columns: int64, null where either is missing."""
    (start, no_start), (end, no_end) = positions(earlier, kind), positions(later, kind)
    missing = no_start | no_end
    apart = end.astype(np.int64) - start.astype(np.int64)
    if kind is Kind.DATETIME:
        midnights = end // DAY - start // DAY
        apart = np.where((apart < SHORT) | (midnights == 0), apart, midnights * DAY)
    return pa.array(np.where(missing, 0, apart), mask=missing if missing.any() else None)


def columns_of(encoder: Any, column: str) -> tuple[str, ...]:
    """The columns that an encoder of a column reads."""
    return (encoder.since, column) if isinstance(encoder, DurationEncoder) else (column,)


def read_by(encoder: Any, column: str, values: Callable[[str], pa.Array]) -> pa.Array:
    """What an encoder of a column encodes, out of canonical columns."""
    if isinstance(encoder, DurationEncoder):
        return durations(values(encoder.since), values(column), encoder.type)
    return values(column)
