"""Values as positions on a number line, and back: integers as they are, dates in days, datetimes and times of day in
microseconds (since 1970, since midnight)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.table.schema import Bound, Kind

ARROW_TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.STRING: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.DATETIME: pa.timestamp("us"),
    Kind.TIME: pa.time64("us"),
}
"""The canonical Arrow type of each kind; datetimes are UTC without saying so."""

_EPOCH = datetime(1970, 1, 1)
_FIRST_DAY = date.min.toordinal() - _EPOCH.toordinal()
_LAST_DAY = date.max.toordinal() - _EPOCH.toordinal()
_DAY = 86_400_000_000

LIMITS: dict[Kind, tuple[int, int]] = {
    Kind.INTEGER: (-(2**63), 2**63 - 1),
    Kind.DATE: (_FIRST_DAY, _LAST_DAY),
    Kind.DATETIME: (_FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1),
    Kind.TIME: (0, _DAY - 1),
}
"""The first and the last position that a value of a whole kind can have."""


def axis_dtype(kind: Kind) -> Any:
    """float64 for numbers, int64 for everything that is whole."""
    return np.float64 if kind is Kind.NUMBER else np.int64


def to_axis(value: Bound, kind: Kind) -> int | float:
    """The position of one value; datetimes with a zone are moved to UTC first."""
    if kind is Kind.NUMBER:
        return float(value)  # type: ignore[arg-type]
    if kind is Kind.DATETIME and isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return (naive - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, time):
        return (datetime.combine(_EPOCH, value) - _EPOCH) // timedelta(microseconds=1)
    if kind is Kind.DATE and isinstance(value, date):
        return value.toordinal() - _EPOCH.toordinal()
    return int(value)  # type: ignore[arg-type]


def from_axis(position: int | float, kind: Kind) -> Bound:
    """The value at a position."""
    if kind is Kind.NUMBER:
        return float(position)
    if kind is Kind.DATETIME:
        return _EPOCH + timedelta(microseconds=int(position))
    if kind is Kind.TIME:
        return (_EPOCH + timedelta(microseconds=int(position))).time()
    return date.fromordinal(int(position) + _EPOCH.toordinal()) if kind is Kind.DATE else int(position)


def positions(values: pa.Array, kind: Kind) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The positions of a canonical array (0 where missing), and which are missing; NaN counts as missing."""
    if values.type != ARROW_TYPES[kind]:
        raise TypeError(f"{kind} values of Arrow type {values.type}, expected {ARROW_TYPES[kind]}")
    missing = values.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    if kind is Kind.DATE:
        values = values.view(pa.int32())
    elif kind.has_clock:
        values = values.view(pa.int64())
    places = values.fill_null(0).to_numpy(zero_copy_only=False).astype(axis_dtype(kind), copy=False)
    return (np.where(missing, 0, places) if missing.any() else places), missing


def values_at(places: NDArray[Any], missing: NDArray[np.bool_], kind: Kind) -> pa.Array:
    """The canonical array of the values at these positions, null where missing."""
    mask = missing if missing.any() else None
    if kind is Kind.DATE:
        return pa.array(places.astype(np.int32), mask=mask).view(pa.date32())
    return pa.array(places.astype(axis_dtype(kind), copy=False), mask=mask).view(ARROW_TYPES[kind])
