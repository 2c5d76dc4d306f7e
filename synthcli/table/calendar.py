"""The parts of dates that come back: weekday, month, hour; and the units in which times of day are told.

All in UTC, as datetimes are read.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.table.axis import positions
from synthcli.table.codes import as_codes, checked_codes
from synthcli.table.schema import Kind

SECOND = 1_000_000
HOUR = 3600 * SECOND
HOURS = 24
DAY = HOURS * HOUR
GRAINS = (DAY, HOUR, HOUR // 2, HOUR // 4, HOUR // 12, 60 * SECOND, SECOND, SECOND // 1000, 1)
"""Units that times of day are told in, in microseconds; each is a multiple of the next."""

_THURSDAY = 3
_FIRST = ("January", "February", "March", "April", "May", "June")
_MONTHS = (*_FIRST, "July", "August", "September", "October", "November", "December")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Part(StrEnum):
    """A part of a date that comes back."""

    WEEKDAY = "weekday"
    MONTH = "month"
    HOUR = "hour"

    @property
    def names(self) -> tuple[str, ...]:
        """What its numbers 0, 1, 2 … stand for."""
        hours = tuple(f"{hour:02d}:00 to {hour:02d}:59" for hour in range(HOURS))
        return {Part.MONTH: _MONTHS, Part.WEEKDAY: _WEEKDAYS, Part.HOUR: hours}[self]

    def of(self, places: NDArray[np.int64], kind: Kind) -> NDArray[np.int64]:
        """The part's number at positions on the axis of a date or a datetime."""
        if self is Part.HOUR:
            return places % DAY // HOUR
        days = days_of(places, kind)
        if self is Part.WEEKDAY:
            return (days + _THURSDAY) % 7
        return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12


def parts_of_kind(kind: Kind) -> tuple[Part, ...]:
    """The parts that values of a kind have."""
    parts = {Kind.DATE: (Part.WEEKDAY, Part.MONTH), Kind.DATETIME: (Part.WEEKDAY, Part.MONTH, Part.HOUR)}
    return parts.get(kind, ())


def days_of(places: NDArray[np.int64], kind: Kind) -> NDArray[np.int64]:
    """The days since 1970 of positions on the axis of a date or a datetime."""
    return places if kind is Kind.DATE else places // DAY


@dataclass(frozen=True, kw_only=True)
class PartEncoder:
    """A part of a date or datetime as its number; a missing value, if allowed, has the last code.

    Its codes alone make no value: `Calendar` joins them with those of the column.
    """

    kind: ClassVar[str] = "part"
    part: Part
    type: Kind
    missing: bool

    def __post_init__(self) -> None:
        if self.part not in parts_of_kind(self.type):
            raise ValueError(f"a {self.type} has no {self.part}")

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.part.names) + self.missing

    @property
    def ordinal(self) -> int:
        """Hours, weekdays and months follow each other."""
        return len(self.part.names)

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical dates or datetimes to codes. `InputError` (a count) for missing values that have no code."""
        places, missing = positions(values, self.type)
        count = int(missing.sum())
        if count and not self.missing:
            raise InputError(f"{count:,} value(s) are missing", "correct the rows, or the field in the schema")
        return as_codes(np.where(missing, self.ordinal, self.part.of(places, self.type)), self.size)

    def decode(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The names of the parts; null for missing."""
        return self.decode_compact(codes, rng).dictionary_decode()

    def decode_compact(self, codes: NDArray[np.integer[Any]], rng: np.random.Generator) -> pa.Array:
        """The same as a dictionary array."""
        index = as_codes(checked_codes(codes, self.size), self.ordinal + 1)
        return pa.DictionaryArray.from_arrays(index, pa.array([*self.part.names, None]), safe=False)

    def certainty(self) -> NDArray[np.float64]:
        """A part is its code."""
        return np.ones(self.size)

    def labels(self) -> tuple[str, ...]:
        """The names of the codes."""
        return (*self.part.names, *(("(missing)",) if self.missing else ()))

    def to_json(self) -> dict[str, Any]:
        """A plain object that `encoder_from_json` reads."""
        return {"kind": self.kind, "part": self.part.value, "type": self.type.value, "missing": self.missing}
