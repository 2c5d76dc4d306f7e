"""How far dates are apart as codes: against plain arithmetic on moments of time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.table.calendar import DAY, HOUR
from synthcli.table.duration import SHORT, DurationEncoder, durations
from synthcli.table.encoders import encoder_from_json
from synthcli.table.schema import Kind

MINUTE = HOUR // 60
TIMES = DurationEncoder(
    type=Kind.DATETIME,
    since="begin",
    edges=np.array([0, MINUTE, 20 * MINUTE, SHORT, 9 * HOUR, DAY, 2 * DAY, 3 * DAY, 10 * DAY]),
    missing=True,
)
DATES = DurationEncoder(type=Kind.DATE, since="begin", edges=np.array([0, 1, 2, 7, 30]), missing=False)
MOMENTS = st.datetimes(datetime(2019, 12, 30), datetime(2020, 1, 9)).map(lambda m: m.replace(second=0, microsecond=0))


def _micro(moment: datetime) -> int:
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _between(begin: datetime, end: datetime) -> pa.Array:
    return durations(*(pa.array([m], pa.timestamp("us")) for m in (begin, end)), Kind.DATETIME)


@given(begin=MOMENTS, end=MOMENTS)
def test_a_time_is_short_or_on_one_day_or_counted_in_nights(begin: datetime, end: datetime) -> None:
    nights, apart = (end.date() - begin.date()).days, (end - begin) // timedelta(microseconds=1)
    counts_time = end - begin < timedelta(hours=6) or nights == 0
    assert _between(begin, end).to_pylist() == [apart if counts_time else nights * DAY]


@given(begin=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_cell_tells_where_the_later_time_is(begin: datetime, later: timedelta) -> None:
    end = begin + later
    cell = TIMES.encode(_between(begin, end)).astype(np.intp)
    first, beyond = TIMES.window(cell, np.array([_micro(begin)]))
    assert first[0] <= _micro(end) < beyond[0]
    nearest, furthest = (ends[cell[0]] for ends in TIMES.elapsed())
    assert nearest <= later // timedelta(microseconds=1) <= furthest
    fewest, most = (days[cell[0]] for days in TIMES.days_apart())
    assert fewest <= (end.date() - begin.date()).days <= most


@given(begin=MOMENTS, cell=st.integers(0, TIMES.cells - 1), share=st.floats(0, 1, exclude_max=True))
def test_wherever_it_is_in_there_it_has_the_cell(begin: datetime, cell: int, share: float) -> None:
    start = np.array([_micro(begin)])
    first, beyond = TIMES.window(np.array([cell]), start)
    if first < beyond:
        end = first + ((beyond - first) * share).astype(np.int64)
        both = (pa.array(at).cast(pa.timestamp("us")) for at in (start, end))
        assert TIMES.encode(durations(*both, Kind.DATETIME)) == cell
    else:
        assert begin.hour >= 15, "a stay of the same day is over before midnight"


def test_dates_are_days_apart_and_missing_if_one_is() -> None:
    begin = pa.array([date(2020, 2, 28), date(2020, 2, 28), None, date(2020, 3, 1)])
    end = pa.array([date(2020, 3, 1), None, date(2020, 1, 1), date(2020, 2, 1)])
    found = durations(begin, end, Kind.DATE)
    assert found.to_pylist() == [2, None, None, -29]
    allowed = DurationEncoder(type=Kind.DATE, since="begin", edges=DATES.edges, missing=True)
    assert allowed.encode(found).tolist() == [2, 4, 4, 0]
    assert DATES.window(np.array([2]), np.array([100])) == (102, 107)
    with pytest.raises(InputError, match=r"2 value\(s\) are missing"):
        DATES.encode(found)


@pytest.mark.parametrize("encoder", [TIMES, DATES])
def test_a_model_file_keeps_it(encoder: DurationEncoder) -> None:
    read = encoder_from_json(encoder.to_json())
    assert isinstance(read, DurationEncoder)
    assert (read.since, read.type, read.missing) == (encoder.since, encoder.type, encoder.missing)
    assert read.edges.tolist() == encoder.edges.tolist()


def test_cells_are_told_in_the_largest_unit() -> None:
    assert TIMES.labels() == (
        *("0 to 1 min", "1 min to 20 min", "20 min to 6 h", "6 h to 9 h", "9 h to 1 d"),
        *("1 d", "2 d", "3 d to 10 d", "(missing)"),
    )
    assert DATES.labels() == ("0 d", "1 d", "2 d to 7 d", "7 d to 30 d")
    assert TIMES.decode(np.array([5, 8]), np.random.default_rng(0)).to_pylist() == ["1 d", None]


@pytest.mark.parametrize(
    ("kind", "edges", "message"),
    [
        (Kind.INTEGER, [0, 1], "no time goes by"),
        (Kind.DATE, [0.0, 1.0], "whole numbers"),
        (Kind.DATE, [-1, 1], "none below zero"),
        (Kind.DATE, [1, 1], "ascending"),
        (Kind.DATETIME, [0, DAY, DAY + 1], "beyond a day"),
    ],
)
def test_nonsense_is_refused(kind: Kind, edges: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DurationEncoder(type=kind, since="begin", edges=np.array(edges), missing=False)
