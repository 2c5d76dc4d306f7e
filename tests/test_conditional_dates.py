"""Conditions on dates of which a weekday is modelled: it counts, and so does what other columns have to do with it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from synthcli.conditional import subpopulation
from synthcli.errors import UsageError
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import PrivacyStatement, Synthesizer
from synthcli.table.calendar import DAY, HOUR, Part, PartEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.condition.parser import parse_condition
from synthcli.table.condition.rows import satisfying
from synthcli.table.condition.vocabulary import Vocabulary
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Column, Kind, Schema

MONDAY = 19_058  # 7 March 2022
WEEK = np.array([MONDAY, MONDAY + 7]) * DAY
STATEMENT = PrivacyStatement(
    dataset="t", epsilon=1.0, delta=1e-9, rho=0.1, key_delta=0.0, mechanism="sieve", spends=(), created="2026-01-01"
)


def _release() -> Synthesizer:
    """Two periods of four and two weeks; few Saturdays, no Sundays; on Mondays alone kind a."""
    grid = GridEncoder(type=Kind.DATE, edges=np.array([MONDAY, MONDAY + 28, MONDAY + 42]), decimals=None, missing=False)
    weekday = PartEncoder(part=Part.WEEKDAY, type=Kind.DATE, missing=False)
    kind = CategoryEncoder(values=("a", "b"), type=Kind.STRING, missing=False, other=False)
    codec = Codec(
        (
            ColumnCodec("day", grid),
            ColumnCodec("day (weekday)", weekday, part_of="day"),
            ColumnCodec("kind", kind),
        )
    )
    with np.errstate(divide="ignore"):
        days = np.log([[4.0, 4, 4, 4, 4, 1, 0], [2, 2, 2, 2, 2, 0, 0]])
        kinds = np.log([[1.0, 0.0], *[[0.0, 1.0]] * 6])
    potentials = {("day", "day (weekday)"): days, ("day (weekday)", "kind"): kinds}
    columns = (
        Column(name="day", kind=Kind.DATE, required=True),
        Column(name="kind", kind=Kind.STRING, categories=("a", "b"), required=True),
    )
    return Synthesizer(
        schema=Schema(name="t", columns=columns),
        codec=codec,
        model=MarkovRandomField(codec.domain, potentials, 900.0),
        measurements=(),
        statement=STATEMENT,
    )


@pytest.mark.parametrize(
    ("where", "probability", "share"),
    [
        ("day == '2022-03-07'", 1 / 31, 1.0),
        ("day == '2022-03-08'", 1 / 31, 0.0),
        ("day == '2022-03-12'", 0.25 / 31, 0.0),
        ("'2022-03-07' <= day < '2022-03-14'", 5.25 / 31, 1 / 5.25),
        ("day < '2022-04-04'", 21 / 31, 4 / 21),
        ("day >= '2022-04-11' and kind == 'b'", 4 / 31, 0.0),
        ("day in ('2022-03-13', '2022-04-12')", 1 / 31, 0.0),
        ("weekday(day) == 'Monday'", 6 / 31, 1.0),
        ("WEEKDAY(day) in ('saturday', 'Sunday')", 1 / 31, 0.0),
        ("month(day) == 4", 11.25 / 31, 2 / 11.25),
        ("month(day) == 'April' or weekday(day) >= 'Friday'", 15 / 31, 2 / 15),
        ("not weekday(day) == 'Monday' and day < '2022-03-20'", 8.5 / 31, 0.0),
        ("3 < month(day) and not (weekday(day) not in ('Monday', 'Tuesday'))", 4 / 31, 0.5),
    ],
)
def test_days_are_as_likely_as_their_weekdays(where: str, probability: float, share: float) -> None:
    """Rows are rounded to within one a cell of the model."""
    found = subpopulation(_release(), where)
    assert found.probability == pytest.approx(probability, rel=1e-6)
    rows = pa.Table.from_batches(list(found.sample(2_100, np.random.default_rng(1)))).to_pylist()
    assert sum(row["kind"] == "a" for row in rows) / 2_100 == pytest.approx(share, abs=0.02)
    assert all((row["kind"] == "a") == (row["day"].weekday() == 0) for row in rows), "weekdays go with kinds"
    assert not any(row["day"].weekday() == 6 for row in rows)
    satisfied = parse_condition(where, Vocabulary(_release().schema, _release().codec))
    table = pa.Table.from_pylist(rows).cast(pa.schema({"day": pa.date32(), "kind": pa.string()})).to_batches()[0]
    assert satisfying(satisfied, table, _release().schema).all(), "by their values, too"
    assert min(row["day"] for row in rows) >= date(2022, 3, 7)


def _times(known: bool) -> Synthesizer:
    """Two weeks in hours of the night, of the morning and of noon, in two kinds; or, if hours are not known, any."""
    edges = np.array([MONDAY, MONDAY + 7, MONDAY + 14]) * DAY
    grid = GridEncoder(type=Kind.DATETIME, edges=edges, decimals=None, missing=False, grain=DAY // 48)
    hour = PartEncoder(part=Part.HOUR, type=Kind.DATETIME, missing=False)
    kind = CategoryEncoder(values=("a", "b"), type=Kind.STRING, missing=False, other=False)
    parts = (ColumnCodec("at (hour)", hour, part_of="at"),) if known else ()
    codec = Codec((ColumnCodec("at", grid), *parts, ColumnCodec("kind", kind)))
    hours = np.zeros((24, 2))
    hours[3], hours[8], hours[12] = (1, 0), (2, 2), (0, 5)
    with np.errstate(divide="ignore"):
        potentials = {("at (hour)", "kind"): np.log(hours)} if known else {("kind",): np.log([3.0, 7.0])}
    at = Column(name="at", kind=Kind.DATETIME, required=True)
    return replace(
        _release(),
        schema=Schema(name="t", columns=(at, _release().schema.columns[1])),
        codec=codec,
        model=MarkovRandomField(codec.domain, potentials, 900.0),
    )


@pytest.mark.parametrize(
    ("where", "known", "probability", "share"),
    [
        ("hour(at) == 8", True, 0.4, 0.5),
        ("hour(at) in (3, 12, 20)", True, 0.6, 1 / 6),
        ("hour(at) < 10 and at >= '2022-03-14T00:00:00'", True, 0.25, 0.6),
        ("not hour(at) == 8 and weekday(at) == 'Monday' or kind == 'b' and hour(at) == 8", True, 0.2 + 0.6 / 7, 1 / 20),
        ("hour(at) == 8", False, 1 / 24, 0.3),
        ("22 <= hour(at) and weekday(at) in ('Monday', 'Friday') and kind == 'a'", False, 0.3 / 12 * 2 / 7, 1.0),
    ],
)
def test_hours_are_as_likely_as_they_are(where: str, known: bool, probability: float, share: float) -> None:
    """Rows are rounded to within one a cell of the model."""
    release = _times(known)
    found = subpopulation(release, where)
    assert found.probability == pytest.approx(probability, rel=1e-6)
    rows = pa.Table.from_batches(list(found.sample(2_100, np.random.default_rng(1)))).combine_chunks()
    assert rows["kind"].to_pylist().count("a") / 2_100 == pytest.approx(share, abs=0.08)
    satisfied = parse_condition(where, Vocabulary(release.schema, release.codec))
    plain = rows.cast(pa.schema({"at": pa.timestamp("us"), "kind": pa.string()})).to_batches()[0]
    assert satisfying(satisfied, plain, release.schema).all()
    assert {at.minute for at in rows["at"].to_pylist()} == {0, 30}


def test_an_hour_that_no_row_has_is_refused() -> None:
    with pytest.raises(UsageError, match="its probability is zero"):
        subpopulation(_times(True), "hour(at) == 4 or kind == 'b' and hour(at) == 3")


@pytest.mark.parametrize("where", ["day == '2022-03-13'", "weekday(day) == 'Sunday'", "month(day) == 2"])
def test_what_no_weekday_leaves_is_refused(where: str) -> None:
    with pytest.raises(UsageError, match="its probability is zero"):
        subpopulation(_release(), where)


@pytest.mark.parametrize(
    ("where", "says", "hint"),
    [
        ("weekday(kind) == 'Monday'", "at character 1: column 'kind' has no weekday", "dates or datetimes"),
        ("hour(day) == 3", "at character 1: column 'day' has no hour", "a column of datetimes"),
        ("minute(day) == 3", "at character 1: 'minute' is no part of a date", "weekday, month or hour"),
        ("weekday(day) == 'Moonday'", "at character 17: this is no weekday", "did you mean 'Monday'?"),
        ("weekday(day) == 3", "at character 17: this is no weekday", "in quotes"),
        ("month(day) in (1, 13)", "at character 19: this is no month", "from 1 to 12"),
        ("weekday(day == 'Monday'", "at character 13: '==' cannot stand here", "a closing parenthesis"),
        ("weekday('2022-03-07') == 'Monday'", "cannot stand here", "the column of a date"),
        ("hour(at) == 24", "at character 13: this is no hour", "from 0 to 23"),
        ("hour(at) == '8'", "at character 13: this is no hour", "without quotes"),
        ("weekday(days) == 'Monday'", "there is no column 'days'", "'day'"),
        ("weekday(day)", "the condition ends", "a comparison"),
    ],
)
def test_what_is_no_part_of_a_date(where: str, says: str, hint: str) -> None:
    release = _times(True) if "(at)" in where else _release()
    with pytest.raises(UsageError) as refused:
        subpopulation(release, where)
    assert says in refused.value.message and hint in refused.value.hint


def test_a_weekday_that_is_no_attribute_can_be_asked_for() -> None:
    """Days are even then: of the two weeks each day is one in fourteen."""
    whole = _release()
    codec = Codec((whole.codec.columns[0], whole.codec.columns[2]))
    plain = replace(whole, codec=codec, model=MarkovRandomField(codec.domain, {}, 900.0))
    found = subpopulation(plain, "weekday(day) == 'Sunday' and day >= '2022-04-04'")
    assert found.probability == pytest.approx(1 / 14)
    rows = pa.Table.from_batches(list(found.sample(200, np.random.default_rng(1)))).to_pylist()
    assert {row["day"] for row in rows} == {date(2022, 4, 10), date(2022, 4, 17)}


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize(
    "where",
    [
        "kind == 'a' or weekday(day) == 'Monday'",
        "day is missing or weekday(day) == 'Sunday'",
        "day < '2022-03-14' or month(day) == 4",
        "kind == 'b' or weekday(day) == 'Friday' and month(day) == 3",
    ],
)
def test_weekdays_of_some_alternatives_alone(where: str, compact: bool) -> None:
    """Of the boxes some draw days of a weekday, others any: together they are one table, with compact columns, too."""
    whole = _release()
    encoder = replace(whole.codec.columns[0].encoder, missing=True)
    codec = Codec((ColumnCodec("day", encoder), whole.codec.columns[2]))
    schema = Schema(name="t", columns=tuple(replace(column, required=False) for column in whole.schema.columns))
    plain = replace(whole, schema=schema, codec=codec, model=MarkovRandomField(codec.domain, {}, 900.0))
    drawn = list(subpopulation(plain, where).sample(300, np.random.default_rng(1), compact=compact))
    types = pa.schema({"day": pa.date32(), "kind": pa.string()})
    (table,) = pa.Table.from_pylist(pa.Table.from_batches(drawn).to_pylist()).cast(types).to_batches()
    satisfied = parse_condition(where, Vocabulary(schema, codec))
    assert table.num_rows == 300 and satisfying(satisfied, table, schema).all()


def test_weekdays_of_ordered_columns_are_refused() -> None:
    whole = _release()
    end = Column(name="end", kind=Kind.DATE, required=True)
    schema = Schema(name="t", columns=(whole.schema.columns[0], end), rules=(Order(columns=("day", "end")),))
    codec = Codec((whole.codec.columns[0], replace(whole.codec.columns[0], name="end")))
    ordered = replace(whole, schema=schema, codec=codec, model=MarkovRandomField(codec.domain, {}, 9.0))
    with pytest.raises(UsageError, match="keeps column 'day' in order with others, and no weekday of it"):
        subpopulation(ordered, "weekday(day) == 'Monday'")


@pytest.mark.parametrize(("grain", "weekday"), [(DAY, True), (DAY, False), (HOUR // 2, True), (HOUR // 2, False)])
@pytest.mark.parametrize("end", ["2022-03-10T12:00:00", "2022-03-10T00:00:00", "2022-03-10T16:45:00"])
def test_a_day_that_a_condition_cuts_counts_by_the_times_that_are_drawn(grain: int, weekday: bool, end: str) -> None:
    """Of days told by their midnights alone, all of a day lies before its noon: against drawn rows, one by one.

    Days are drawn by randomised rounding: a share of 20,000 rows is off by few of them, and times by 6 standard errors
    of those in one day of seven (1 %) but once in 5e8.
    """
    grid = GridEncoder(type=Kind.DATETIME, edges=WEEK, decimals=None, missing=False, grain=grain)
    parts = (PartEncoder(part=Part.WEEKDAY, type=Kind.DATETIME, missing=False),) if weekday else ()
    codec = Codec((ColumnCodec("at", grid), *(ColumnCodec("at (weekday)", p, part_of="at") for p in parts)))
    schema = Schema(name="t", columns=(Column(name="at", kind=Kind.DATETIME, required=True),))
    model = MarkovRandomField(codec.domain, {}, 900.0)
    release = replace(_release(), schema=schema, codec=codec, model=model)
    rng, wanted = np.random.default_rng(0), datetime.fromisoformat(end)
    codes = {c.name: rng.integers(0, c.size, 20_000) for c in codec.columns}
    before = np.mean([at < wanted for at in codec.decode(codes, rng).column("at").to_pylist()])
    found = subpopulation(release, f"at < '{end}'")
    assert found.probability == pytest.approx(before, abs=0.01)
    drawn = pa.Table.from_batches(list(found.sample(500, rng)))["at"].to_pylist()
    assert all(
        at < wanted and (at - datetime(1970, 1, 1)) % timedelta(microseconds=grain) == timedelta() for at in drawn
    )
