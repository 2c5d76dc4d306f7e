"""Bounds and typed categories as a schema file spells them."""

import re
from datetime import date, datetime, time
from math import isfinite

import pyarrow as pa

from synthcli.table.axis import LIMITS, from_axis
from synthcli.table.schema import Bound, Kind
from synthcli.table.temporal import TimeFormat

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")


def parse_bound(text: object, kind: Kind, spelling: str) -> Bound:
    """The value of a text, dates in the column's own spelling or in ISO 8601; `ValueError` for anything else."""
    if not isinstance(text, str) or "_" in text:
        raise ValueError("not text")
    if kind is Kind.INTEGER:
        return _integer(text)
    if kind is Kind.NUMBER:
        if not isfinite(float(text)):
            raise ValueError("not finite")
        return float(text)
    return _instant(text, kind, spelling)


def _integer(text: str) -> int:
    first, last = LIMITS[Kind.INTEGER]
    if not _INTEGER.fullmatch(text) or not first <= int(text) <= last:
        raise ValueError("not a 64-bit integer")
    return int(text)


def _instant(text: str, kind: Kind, spelling: str) -> Bound:
    """A date or datetime; zones are moved to UTC, and a day alone is its midnight."""
    for pattern in (None,) if spelling == "default" else (spelling, None):
        places, good = TimeFormat(kind, pattern).parse(pa.array([text], pa.string()))
        if good[0]:
            return from_axis(int(places[0]), kind)
    if kind is Kind.DATETIME:
        return datetime.combine(date.fromisoformat(text), time())
    raise ValueError("not a date")
