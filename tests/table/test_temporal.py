"""Dates, datetimes and times of day as text, against Python's own strptime and strftime."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.axis import from_axis, to_axis
from synthcli.table.schema import Kind
from synthcli.table.temporal import TimeFormat

DATES = ("%Y-%m-%d", "%d/%m/%Y", "%m.%d.%Y", "%d %B %Y", "%b %d, %Y", "%Y%m%d", "week of %d-%m-%Y 100%%")
TIMES = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f", "%H.%M on %b %d %Y", "%Y-%m-%dT%H:%M:%S%z")


CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M", "%I:%M %p", "%H h", "%p %I.%M.%S")


def _parse(pattern: str | None, kind: Kind, *texts: str) -> list[object]:
    places, good = TimeFormat(kind, pattern).parse(pa.array(texts, pa.string()))
    return [from_axis(int(p), kind) if g else None for p, g in zip(places, good, strict=True)]


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(DATES))
def test_dates_are_spelt_and_read_as_python_does(day: date, pattern: str) -> None:
    form = TimeFormat(Kind.DATE, pattern)
    text = form.spell(np.array([to_axis(day, Kind.DATE)], dtype=np.int64))[0].as_py()
    assert text == day.strftime(pattern)
    assert _parse(pattern, Kind.DATE, text) == [day]


@given(st.datetimes(min_value=datetime(1000, 1, 1)), st.sampled_from(TIMES))
def test_datetimes_are_spelt_and_read_as_python_does(moment: datetime, pattern: str) -> None:
    moment = moment if "%f" in pattern else moment.replace(microsecond=0)
    moment = moment if "%S" in pattern else moment.replace(second=0)
    form = TimeFormat(Kind.DATETIME, pattern)
    text = form.spell(np.array([to_axis(moment, Kind.DATETIME)], dtype=np.int64))[0].as_py()
    assert text == moment.replace(tzinfo=UTC).strftime(pattern)
    assert _parse(pattern, Kind.DATETIME, text) == [moment]


@given(st.times(), st.sampled_from(CLOCKS))
def test_times_are_spelt_and_read_as_python_does(moment: time, pattern: str) -> None:
    parts = {"minute": "%M", "second": "%S", "microsecond": "%f"}
    moment = moment.replace(**{part: 0 for part, directive in parts.items() if directive not in pattern})
    form = TimeFormat(Kind.TIME, pattern)
    place = to_axis(moment, Kind.TIME)
    text = form.spell(np.array([place], dtype=np.int64))[0].as_py()
    assert text == moment.strftime(pattern)
    assert _parse(pattern, Kind.TIME, text) == [moment]
    assert place % form.unit == 0


@given(st.lists(st.times() | st.times().map(lambda t: t.replace(microsecond=0)), max_size=20))
def test_iso_times(moments: list[time]) -> None:
    """Microseconds for all if one of them has some; minutes alone are read, too."""
    text = TimeFormat(Kind.TIME).spell(np.array([to_axis(t, Kind.TIME) for t in moments], dtype=np.int64))
    fraction = "microseconds" if any(t.microsecond for t in moments) else "seconds"
    assert text.to_pylist() == [t.isoformat(timespec=fraction) for t in moments]
    assert _parse(None, Kind.TIME, *text.to_pylist()) == moments
    assert _parse(None, Kind.TIME, *(t.isoformat("minutes") for t in moments)) == [
        t.replace(second=0, microsecond=0) for t in moments
    ]


@given(st.datetimes(), st.integers(-840, 840))
def test_iso_datetimes(moment: datetime, offset: int) -> None:
    places = np.array([to_axis(moment, Kind.DATETIME)], dtype=np.int64)
    assert _parse(None, Kind.DATETIME, TimeFormat(Kind.DATETIME).spell(places)[0].as_py()) == [moment]
    local = moment.isoformat() + f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    try:
        expected = moment - timedelta(minutes=offset)
    except OverflowError:
        assert _parse(None, Kind.DATETIME, local) == [None]
    else:
        assert _parse(None, Kind.DATETIME, local) == [expected]


@given(st.lists(st.datetimes() | st.datetimes().map(lambda m: m.replace(microsecond=0)), max_size=20))
def test_iso_text_of_many_is_alike(moments: list[datetime]) -> None:
    """Microseconds for all if one of them has some; every year of the calendar."""
    text = TimeFormat(Kind.DATETIME).spell(np.array([to_axis(m, Kind.DATETIME) for m in moments], dtype=np.int64))
    fraction = "microseconds" if any(m.microsecond for m in moments) else "seconds"
    assert text.to_pylist() == [m.isoformat(timespec=fraction) for m in moments]
    days = TimeFormat(Kind.DATE).spell(np.array([to_axis(m.date(), Kind.DATE) for m in moments], dtype=np.int64))
    assert days.to_pylist() == [m.date().isoformat() for m in moments]


@pytest.mark.parametrize(
    ("pattern", "kind", "text"),
    [
        (None, Kind.DATE, "2021-02-29"),
        (None, Kind.DATE, "2021-13-01"),
        (None, Kind.DATE, "2021-00-01"),
        (None, Kind.DATE, "2021-01-00"),
        (None, Kind.DATE, "0000-01-01"),
        (None, Kind.DATE, "2021-1-1"),
        (None, Kind.DATE, "2021-01-01x"),
        (None, Kind.DATE, "２021-01-01"),
        (None, Kind.DATETIME, "2021-01-01T24:00:00"),
        (None, Kind.DATETIME, "2021-01-01T00:60"),
        (None, Kind.DATETIME, "2021-01-01"),
        ("%d/%m/%Y", Kind.DATE, "31/04/2020"),
        ("%d %b %Y", Kind.DATE, "01 Foo 2020"),
        ("%d/%m/%Y %I:%M %p", Kind.DATETIME, "01/01/2020 13:00 PM"),
        (None, Kind.TIME, "24:00"),
        (None, Kind.TIME, "23:59:60"),
        (None, Kind.TIME, "8:30"),
        (None, Kind.TIME, "08:30Z"),
        (None, Kind.TIME, "2021-01-01T08:30"),
        ("%H:%M", Kind.TIME, "08:30:00"),
        ("%I:%M %p", Kind.TIME, "00:30 AM"),
    ],
)
def test_what_is_no_date(pattern: str | None, kind: Kind, text: str) -> None:
    assert _parse(pattern, kind, text, "") == [None, None]


def test_a_finer_fraction_is_cut_off() -> None:
    assert _parse(None, Kind.DATETIME, "2021-01-01T00:00:00.1234569") == [datetime(2021, 1, 1, 0, 0, 0, 123456)]


def test_two_digit_years_follow_posix() -> None:
    assert _parse("%d/%m/%y", Kind.DATE, "01/01/68", "01/01/69") == [date(2068, 1, 1), date(1969, 1, 1)]


@pytest.mark.parametrize("pattern", ["%d/%m", "%Y-%m-%d %Q", "%Y-%Y-%m-%d", "%Y-%m-%d %I", "%Y-%m-%d %", "%Y-%m-%d %H"])
def test_useless_patterns(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"date format|format of a date"):
        TimeFormat(Kind.DATE, pattern)


@pytest.mark.parametrize("pattern", ["%M:%S", "%H:%M %d", "%H:%M%z", "%H:%M:%H", "%I:%M", "%H:%Q", "noon"])
def test_useless_patterns_of_times(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"time format|format of a time"):
        TimeFormat(Kind.TIME, pattern)


def test_the_unit_is_what_is_spelt_alike() -> None:
    units = {"%H:%M": 60_000_000, "%I %p": 3_600_000_000, "%H:%M:%S": 1_000_000, "%H:%M:%S.%f": 1, None: 1}
    assert {pattern: TimeFormat(Kind.TIME, pattern).unit for pattern in units} == units
    assert TimeFormat(Kind.DATETIME, "%Y-%m-%d").unit == 86_400_000_000
    assert TimeFormat(Kind.DATE, "%Y-%m-%d").unit == 1
