"""Dates split in period, weekday, month and hour, and joined again: in their cell, with their parts if they can."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.marginal import Merge
from synthcli.table.axis import values_at
from synthcli.table.calendar import DAY, GRAINS, HOUR, Part, PartEncoder, parts_of_kind
from synthcli.table.codec import Codec, ColumnCodec, codec_from_json
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Kind

MONDAY = 17_532
"""1 January 2018, in days since 1970."""


@st.composite
def codecs(draw: st.DrawFn) -> Codec:
    kind, missing = draw(st.sampled_from([Kind.DATE, Kind.DATETIME])), draw(st.booleans())
    unit = 1 if kind is Kind.DATE else draw(st.sampled_from([DAY, HOUR, 7 * HOUR // 3]))
    widths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=8))
    edges = (MONDAY if kind is Kind.DATE else MONDAY * DAY) + np.cumsum([0, *widths]) * unit
    grain = draw(st.sampled_from(GRAINS)) if kind is Kind.DATETIME else 1
    encoder = GridEncoder(type=kind, edges=edges, decimals=None, missing=missing, grain=grain)
    starts = draw(st.lists(st.booleans(), min_size=len(widths) - 1, max_size=len(widths) - 1))
    groups = np.cumsum([0, *starts, *([True] if missing else [])])
    weights = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 5.0]), min_size=len(groups), max_size=len(groups))))
    parts = draw(st.sets(st.sampled_from(parts_of_kind(kind)), min_size=1))
    date = ColumnCodec("date", encoder, Merge(groups, weights))
    encoders = (PartEncoder(part=part, type=kind, missing=missing) for part in sorted(parts))
    return Codec((date, *(ColumnCodec(f"date ({e.part})", e, part_of="date") for e in encoders)))


@settings(max_examples=60, deadline=None)
@given(codecs(), st.integers(0, 2**32))
def test_dates_lie_in_their_cell_whatever_the_parts(codec: Codec, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = {c.name: rng.integers(0, c.size, 200) for c in codec.columns}
    batch = codec.decode(codes, rng)
    assert batch.schema.names == ["date"]
    assert codec.encode(batch)["date"].tolist() == codes["date"].tolist()
    again = codec_from_json(json.loads(json.dumps(codec.to_json())))
    assert again.to_json() == codec.to_json()


@settings(max_examples=60, deadline=None)
@given(codecs(), st.integers(0, 2**32))
def test_no_real_date_has_codes_that_the_calendar_excludes(codec: Codec, seed: int) -> None:
    rng, column = np.random.default_rng(seed), codec.columns[0]
    codes = codec.encode(
        pa.RecordBatch.from_arrays([column.encoder.decode(rng.integers(0, column.encoder.size, 300), rng)], ["date"])
    )
    for zeros in codec.calendars["date"].zeros():
        drawn = zeros.possible[tuple(codes[a] for a in zeros.clique)]
        merge = column.merge
        assert merge is not None
        if np.all(merge.weights > 0):
            assert drawn.all()


@settings(max_examples=60, deadline=None)
@given(codecs(), st.integers(0, 2**32))
def test_a_date_outside_of_the_grid_counts_as_its_nearest_with_all_parts(codec: Codec, seed: int) -> None:
    rng, column = np.random.default_rng(seed), codec.columns[0]
    encoder = column.encoder
    assert isinstance(encoder, GridEncoder)
    low, high = int(encoder.edges[0]), int(encoder.edges[-1]) - 1
    places = rng.integers(low - 1000 * (high - low + 1), high + 1000 * (high - low + 1), 300)
    missing = np.array([encoder.missing and bool(rng.random() < 0.1) for _ in places])
    far, near = (values_at(p, missing, encoder.type) for p in (places, np.clip(places, low, high)))
    codes, expected = (codec.encode(pa.RecordBatch.from_arrays([v], ["date"])) for v in (far, near))
    assert {a: c.tolist() for a, c in codes.items()} == {a: c.tolist() for a, c in expected.items()}
    assert np.array_equal(*(codec.calendars["date"].log_within(values) for values in (far, near)))


def _datetimes(days: int, *parts: Part, grain: int = 1, missing: bool = False) -> Codec:
    edges = MONDAY * DAY + np.array([0, days]) * DAY
    encoder = GridEncoder(type=Kind.DATETIME, edges=edges, decimals=None, missing=missing, grain=grain)
    encoders = (PartEncoder(part=part, type=Kind.DATETIME, missing=missing) for part in parts)
    return Codec((ColumnCodec("t", encoder), *(ColumnCodec(e.part.value, e, part_of="t") for e in encoders)))


def test_every_part_comes_back_where_the_period_holds_it() -> None:
    codec = _datetimes(730, Part.WEEKDAY, Part.MONTH, Part.HOUR, grain=HOUR // 4, missing=True)
    rng = np.random.default_rng(0)
    codes = {c.name: rng.integers(0, c.size - 1, 5_000) for c in codec.columns}
    for of_row in codes.values():
        of_row[:100] = of_row.max() + 1  # missing, with all parts
    batch = codec.decode(codes, rng)
    assert batch.column("t").null_count == 100
    back = codec.encode(batch)
    assert all(back[name].tolist() == of_row.tolist() for name, of_row in codes.items())
    places = batch.column("t").drop_null().view(pa.int64()).to_numpy()
    assert set(places % HOUR) == {0, HOUR // 4, HOUR // 2, 3 * HOUR // 4}


def test_a_period_without_the_weekday_keeps_its_month_and_its_days() -> None:
    codec = _datetimes(3, Part.WEEKDAY, Part.MONTH)  # Monday to Wednesday
    codes = {"t": np.zeros(300, int), "weekday": np.full(300, 5), "month": np.zeros(300, int)}
    back = codec.encode(codec.decode(codes, np.random.default_rng(0)))
    assert set(back["weekday"]) == {0, 1, 2}
    (zeros,) = [z for z in codec.calendars["t"].zeros() if z.clique == ("t", "weekday")]
    assert zeros.possible.tolist() == [[True, True, True, False, False, False, False]]


def test_days_are_drawn_by_the_density_of_the_grid() -> None:
    edges = MONDAY + np.array([0, 7, 14])
    encoder = GridEncoder(type=Kind.DATE, edges=edges, decimals=None, missing=False)
    column = ColumnCodec("d", encoder, Merge(np.array([0, 0]), np.array([9.0, 1.0])))
    weekday = PartEncoder(part=Part.WEEKDAY, type=Kind.DATE, missing=False)
    codec = Codec((column, ColumnCodec("w", weekday, part_of="d")))
    days = codec.decode({"d": np.zeros(1000, int), "w": np.full(1000, 2)}, np.random.default_rng(0)).column("d")
    first = days.view(pa.int32()).to_numpy() == MONDAY + 2
    assert 899 <= first.sum() <= 901, "nine in ten, by randomised rounding"


def test_parts_are_named_and_a_missing_date_needs_a_code() -> None:
    encoder = PartEncoder(part=Part.WEEKDAY, type=Kind.DATE, missing=False)
    assert encoder.encode(pa.array([MONDAY, MONDAY + 6, 0], pa.int32()).view(pa.date32())).tolist() == [0, 6, 3]
    assert encoder.decode(np.array([0, 6]), np.random.default_rng(0)).to_pylist() == ["Monday", "Sunday"]
    with pytest.raises(InputError, match=r"1 value\(s\) are missing"):
        encoder.encode(pa.array([None], pa.date32()))
    with pytest.raises(ValueError, match="has no hour"):
        PartEncoder(part=Part.HOUR, type=Kind.DATE, missing=False)


def test_parts_belong_to_a_column_of_their_kind() -> None:
    codec = _datetimes(30, Part.HOUR)
    with pytest.raises(ValueError, match="does not fit its column"):
        Codec(codec.columns[1:])
    with pytest.raises(ValueError, match="belongs to a column"):
        ColumnCodec("hour", codec.columns[1].encoder)


def test_how_likely_a_value_is_adds_up_to_one_over_the_values_with_its_codes() -> None:
    codec = _datetimes(14, Part.WEEKDAY, Part.HOUR, grain=HOUR // 4, missing=True)
    quarters = MONDAY * DAY + np.arange(14 * 96) * (HOUR // 4)
    values = pa.array(np.append(quarters, 0), mask=np.arange(14 * 96 + 1) == 14 * 96).view(pa.timestamp("us"))
    chance = np.exp(codec.calendars["t"].log_within(values))
    codes = codec.encode(pa.RecordBatch.from_arrays([values], ["t"]))
    total = np.bincount(codes["weekday"].astype(int) * 32 + codes["hour"], chance)
    assert total[total > 0] == pytest.approx(np.ones(7 * 24 + 1)), "two Mondays with four quarters at nine o'clock"
