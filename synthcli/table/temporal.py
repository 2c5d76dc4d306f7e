"""Dates, datetimes and times of day as text: strptime patterns, read and written a column at a time."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.table.axis import LIMITS
from synthcli.table.schema import Column, Kind

ISO = {Kind.DATE: "%Y-%m-%d", Kind.DATETIME: "%Y-%m-%dT%H:%M:%S", Kind.TIME: "%H:%M:%S"}
_DAY = 86_400_000_000
_MONTHS = [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]
_ISO_DATE = "(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})"
_ISO_TIME = "(?P<H>[0-9]{2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,6})[0-9]*)?)?"
_ISO_TEXT = {
    Kind.DATE: _ISO_DATE,
    Kind.DATETIME: f"{_ISO_DATE}[T ]{_ISO_TIME}(?P<z>Z|[+-][0-9]{{2}}:?[0-9]{{2}})?",
    Kind.TIME: _ISO_TIME,
}
_UNITS = (("f", 1), ("S", 1_000_000), ("M", 60_000_000), ("H", 3_600_000_000), ("I", 3_600_000_000))
_DIRECTIVES = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "[0-9]{1,2}",
    "d": "[0-9]{1,2}",
    "H": "[0-9]{1,2}",
    "I": "[0-9]{1,2}",
    "M": "[0-9]{1,2}",
    "S": "[0-9]{1,2}",
    "f": "[0-9]{1,6}",
    "p": "[AaPp][Mm]",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]{3,9}",
    "z": "Z|[+-][0-9]{2}:?[0-9]{2}",
}
_TOKEN = re.compile(r"%(.)|([^%]+)", re.DOTALL)


@dataclass(frozen=True)
class TimeFormat:
    """How a column spells its dates, datetimes or times; `pattern` None is ISO 8601.

    `ValueError` for a pattern with an unknown or repeated directive, or one that does not say the whole date, or the
    hour.
    """

    kind: Kind
    pattern: str | None = None

    @classmethod
    def of(cls, column: Column) -> "TimeFormat":
        """That of a column."""
        return cls(column.kind, None if column.format == "default" else column.format)

    def __post_init__(self) -> None:
        if self.pattern is None:
            return
        names = [directive for directive, _ in self._tokens if directive]
        named = [name for name in names if name != "%"]
        dangling = self.pattern.replace("%%", "").endswith("%")
        if dangling or set(named) - set(_DIRECTIVES):
            raise ValueError(f"{self._what} may use %{', %'.join(_DIRECTIVES)}")
        if len(set(named)) != len(named):
            raise ValueError(f"{self._what} names a part twice")
        if ("I" in named) != ("p" in named):
            raise ValueError(f"%I and %p go together in {self._what}")
        if self.kind is Kind.TIME:
            self._check_time(set(named))
        else:
            self._check_date(set(named))

    def _check_date(self, named: set[str]) -> None:
        if not ({"Y", "y"} & named and {"m", "b", "B"} & named and "d" in named):
            raise ValueError("a date format says year, month and day")
        if self.kind is Kind.DATE and named & set("HIMSfpz"):
            raise ValueError("the format of a date has no time of day")

    def _check_time(self, named: set[str]) -> None:
        if named & set("YymdbB"):
            raise ValueError("the format of a time of day has no date")
        if "z" in named:
            raise ValueError("the format of a time of day has no zone")
        if not named & set("HI"):
            raise ValueError("a time format says the hour")

    @property
    def _what(self) -> str:
        return "a time format" if self.kind is Kind.TIME else "a date format"

    @cached_property
    def _tokens(self) -> list[tuple[str, str]]:
        return [(m.group(1) or "", m.group(2) or "") for m in _TOKEN.finditer(self.pattern or ISO[self.kind])]

    @cached_property
    def _regex(self) -> str:
        if self.pattern is None:
            return f"^{_ISO_TEXT[self.kind]}$"
        parts = [
            re.escape(text) if not name else "%" if name == "%" else f"(?P<{name}>{_DIRECTIVES[name]})"
            for name, text in self._tokens
        ]
        return f"^{''.join(parts)}$"

    @property
    def unit(self) -> int:
        """Positions on the axis that are spelt alike: microseconds of the finest part of a time that is told; 1 day."""
        if self.kind is Kind.DATE or self.pattern is None:
            return 1
        named = {name for name, _ in self._tokens}
        return next((size for name, size in _UNITS if name in named), _DAY)

    def parse(self, text: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Positions on the axis of the kind (0 where null or unreadable), and which entries could be read."""
        parts = pc.extract_regex(text, pattern=self._regex)
        good = parts.is_valid().to_numpy(zero_copy_only=False)
        fields = {field.name: pc.struct_field(parts, field.name) for field in parts.type}
        days, sound = _days(fields, good)  # of a time of day: 1 January 1970
        if self.kind is Kind.DATE:
            return np.where(sound, days, 0), sound
        micros, in_range = _time_of_day(fields, sound)
        first, last = LIMITS[self.kind]
        places = days * _DAY + micros
        sound = in_range & (places >= first) & (places <= last)
        return np.where(sound, places, 0), sound

    def spell(self, places: NDArray[np.int64]) -> pa.Array:
        """Text for positions on the axis; ISO datetimes have microseconds if one of them needs them."""
        if self.pattern is None:
            return _spell_iso(places, self.kind)
        stamps: NDArray[np.datetime64] = places.astype("datetime64[D]" if self.kind is Kind.DATE else "datetime64[us]")
        parts = [_spell_part(name, stamps) if name and name != "%" else text or "%" for name, text in self._tokens]
        if all(isinstance(part, str) for part in parts):
            return pa.array(["".join(map(str, parts))] * len(places), pa.string())
        return pc.binary_join_element_wise(*parts, "")


def unit_of(column: Column) -> int:
    """Positions on a whole number line that are written alike."""
    return TimeFormat.of(column).unit if column.kind.has_format else 1


def _spell_iso(places: NDArray[np.int64], kind: Kind) -> pa.Array:
    """ISO 8601: Arrow's text, with a T between date and time."""
    if kind is Kind.DATE:
        return pa.array(places.astype(np.int32)).view(pa.date32()).cast(pa.string())
    unit = "us" if np.any(places % 1_000_000) else "s"
    if kind is Kind.TIME:
        times = pa.array(places).view(pa.time64("us"))
        return (times if unit == "us" else times.cast(pa.time32("s"))).cast(pa.string())
    text = pa.array(places).view(pa.timestamp("us")).cast(pa.timestamp(unit)).cast(pa.string())
    if not len(places):
        return text
    letters = np.frombuffer(text.buffers()[2], dtype=np.uint8).copy()
    letters = letters[: len(places) * (26 if unit == "us" else 19)]
    letters.reshape(len(places), -1)[:, len("2000-01-01")] = ord("T")
    return pa.StringArray.from_buffers(len(places), text.buffers()[1], pa.py_buffer(letters))


def _number(fields: dict[str, Any], name: str, good: NDArray[np.bool_], default: int) -> NDArray[np.int64]:
    """A named part as integers; the default where the pattern or the text does not have it."""
    if name not in fields:
        return np.full(len(good), default, dtype=np.int64)
    text = pc.if_else(pc.and_(pa.array(good), pc.not_equal(fields[name], "")), fields[name], None)
    numbers: NDArray[np.int64] = text.cast(pa.int64()).fill_null(default).to_numpy(zero_copy_only=False)
    return numbers


def _days(fields: dict[str, Any], good: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970, and which of them are days of the calendar."""
    year = _number(fields, "Y", good, 1970)
    if "y" in fields:
        short = _number(fields, "y", good, 70)
        year = np.where(short < 69, 2000 + short, 1900 + short)  # as POSIX says
    month = _number(fields, "m", good, 1)
    for name, width in (("b", 3), ("B", 9)):
        if name in fields:
            names = pa.array([m[:width].lower() for m in _MONTHS])
            found = pc.index_in(pc.ascii_lower(fields[name]), value_set=names)
            month = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    day = _number(fields, "d", good, 1)
    sound = good & (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[D]").astype(np.int64)
    days = first + day - 1
    return days, sound & (days < after)


def _time_of_day(fields: dict[str, Any], good: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds since midnight in UTC, and which of them are times of a clock."""
    hour, minute, second = (_number(fields, name, good, 0) for name in "HMS")
    sound = good & (hour < 24) & (minute < 60) & (second < 60)
    if "I" in fields:
        twelve = _number(fields, "I", good, 12)
        after_noon = pc.equal(pc.ascii_lower(fields["p"]), "pm").fill_null(False).to_numpy(zero_copy_only=False)
        sound &= (twelve >= 1) & (twelve <= 12)
        hour = twelve % 12 + 12 * after_noon
    micro = np.zeros(len(good), dtype=np.int64)
    if "f" in fields:
        micro = _number({"f": pc.utf8_rpad(fields["f"], 6, "0")}, "f", good, 0)
    offset = _offset(fields["z"], good) if "z" in fields else 0
    return ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + micro, sound


def _offset(zone: pa.Array, good: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Minutes east of Greenwich."""
    sign: NDArray[np.int64] = np.where(pc.starts_with(zone, "-").fill_null(False).to_numpy(zero_copy_only=False), -1, 1)
    digits = pc.replace_substring_regex(zone, "[^0-9]", "")
    number = _number({"z": digits}, "z", good, 0)
    return sign * (number // 100 * 60 + number % 100)


def _spell_part(name: str, stamps: NDArray[Any]) -> pa.Array:
    """One directive's text for every stamp."""
    if name == "f":
        return pc.utf8_lpad(pa.array(_clock(stamps) % 1_000_000).cast(pa.string()), 6, "0")
    number, texts = _calendar_part(name, stamps) if name in "YymdbB" else _clock_part(name, _clock(stamps))
    return _listed(texts).take(pa.array(number))


def _calendar_part(name: str, stamps: NDArray[Any]) -> tuple[NDArray[np.int64], str]:
    """A number for every stamp, and the list of the texts that such numbers stand for."""
    if name == "d":
        days = stamps.astype("datetime64[D]")
        return (days - days.astype("datetime64[M]")).astype(np.int64) + 1, "2"
    if name in "Yy":
        year = stamps.astype("datetime64[Y]").astype(np.int64) + 1970
        return (year, "4") if name == "Y" else (year % 100, "2")
    month = stamps.astype("datetime64[M]").astype(np.int64) % 12
    return (month + 1, "2") if name == "m" else (month, name)


def _clock_part(name: str, micros: NDArray[np.int64]) -> tuple[NDArray[np.int64], str]:
    hour = micros // 3_600_000_000
    parts: dict[str, Callable[[], tuple[NDArray[np.int64], str]]] = {
        "H": lambda: (hour, "2"),
        "I": lambda: ((hour - 1) % 12 + 1, "2"),
        "M": lambda: (micros // 60_000_000 % 60, "2"),
        "S": lambda: (micros // 1_000_000 % 60, "2"),
        "p": lambda: (hour // 12, "p"),
        "z": lambda: (0 * hour, "z"),
    }
    return parts[name]()


def _clock(stamps: NDArray[Any]) -> NDArray[np.int64]:
    """Microseconds since midnight."""
    days = stamps.astype("datetime64[D]").astype("datetime64[us]")
    micros: NDArray[np.int64] = (stamps.astype("datetime64[us]") - days).astype(np.int64)
    return micros


@lru_cache(maxsize=8)
def _listed(texts: str) -> pa.Array:
    """The texts of the numbers 0, 1, 2 …: of two digits, of four, or words."""
    words = {"b": [m[:3] for m in _MONTHS], "B": _MONTHS, "p": ["AM", "PM"], "z": ["+0000"]}
    if texts in words:
        return pa.array(words[texts])
    return pa.array([f"{n:0{texts}d}" for n in range(10 ** int(texts))])
