"""Two dates drawn together: zeros against all pairs of days, and drawn values that have their codes."""

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Merge
from synthcli.table.calendar import DAY, HOUR, Part, PartEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.duration import SHORT, DurationEncoder
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Kind

_NAME = "begin to end"


def _merge(size: int, missing: bool, draw: st.DataObject) -> Merge:
    """Neighbours together, some cells never drawn; a missing value apart."""
    steps = [0, *draw.draw(st.lists(st.integers(0, 1), min_size=size - 1, max_size=size - 1))]
    groups = np.cumsum([*steps, *[1] * missing])
    weights = draw.draw(st.lists(st.sampled_from([0.0, 1.0, 3.0]), min_size=len(groups), max_size=len(groups)))
    return Merge(groups.astype(np.intp), np.array(weights))


def _grid(name: str, kind: Kind, edges: list[int], missing: bool, draw: st.DataObject) -> ColumnCodec:
    encoder = GridEncoder(type=kind, edges=np.array(edges), decimals=None, missing=missing)
    return ColumnCodec(name, encoder, _merge(encoder.cells, missing, draw))


@st.composite
def _codecs(draw: st.DrawFn, kind: Kind = Kind.DATE, unit: int = 1) -> Codec:
    data = draw(st.data())
    missing, reverse, weekdays = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    edges = st.lists(st.integers(0, 20), min_size=2, max_size=6, unique=True).map(sorted)
    apart = draw(st.lists(st.integers(0, 22), min_size=2, max_size=6, unique=True).map(sorted))
    both = [_grid(name, kind, [e * unit for e in draw(edges)], missing, data) for name in ("begin", "end")]
    encoder = DurationEncoder(type=kind, since="begin", edges=np.array(apart) * unit, missing=missing)
    duration = ColumnCodec(_NAME, encoder, _merge(encoder.cells, missing, data), part_of="end")
    part = PartEncoder(part=Part.WEEKDAY, type=kind, missing=missing)
    parts = [ColumnCodec(f"{c.name} (weekday)", part, part_of=c.name) for c in both] if weekdays else []
    columns = [both[0], *parts[:1], both[1], *parts[1:], duration]
    return Codec(tuple(reversed(columns)) if reverse else tuple(columns))


@given(codec=_codecs())
@settings(max_examples=60, deadline=None)
def test_possible_are_the_codes_that_some_pair_of_days_has(codec: Codec) -> None:
    """All pairs of days on the grids, whose distance is on its grid, and missing ones."""
    by_name = {c.name: c for c in codec.columns}
    ends = {n: by_name[n].encoder.edges for n in ("begin", "end", _NAME)}
    values = {n: [*range(ends[n][0], ends[n][-1]), *([None] if by_name[n].encoder.missing else [])] for n in ends}
    pairs = [
        (a, b)
        for a, b in product(values["begin"], values["end"])
        if a is None or b is None or ends[_NAME][0] <= b - a < ends[_NAME][-1]
    ]
    columns = [pa.array([p[i] for p in pairs], pa.int32()).view(pa.date32()) for i in (0, 1)]
    codes = codec.encode(pa.RecordBatch.from_arrays(columns, names=["begin", "end"])) if pairs else {}
    for zeros in codec.durations[0].zeros():
        found = np.zeros(zeros.possible.shape, dtype=np.bool_)
        if pairs:
            found[tuple(codes[name].astype(int) for name in zeros.clique)] = True
        if zeros.clique == ("begin", "end", _NAME):
            assert np.array_equal(found, zeros.possible)
        else:
            assert not np.any(found & ~zeros.possible), "two weekdays may be apart by days that these grids have not"


@given(codec=_codecs(), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_dates_outside_of_their_grids_are_as_far_apart_as_their_nearest(codec: Codec, seed: int) -> None:
    rng, by_name = np.random.default_rng(seed), {c.name: c for c in codec.columns}
    far, near = [], []
    for name in ("begin", "end"):
        edges = by_name[name].encoder.edges
        places = rng.integers(-90, 110, 200).astype(np.int32)
        far.append(pa.array(places).view(pa.date32()))
        near.append(pa.array(np.clip(places, edges[0], edges[-1] - 1).astype(np.int32)).view(pa.date32()))
    codes, expected = (codec.encode(pa.RecordBatch.from_arrays(v, ["begin", "end"])) for v in (far, near))
    assert {a: c.tolist() for a, c in codes.items()} == {a: c.tolist() for a, c in expected.items()}


@given(codec=_codecs(), seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_drawn_days_have_their_codes(codec: Codec, seed: int) -> None:
    """Every code of both dates and of the duration that is possible with drawn values; weekdays where they can be."""
    rng, (join,) = np.random.default_rng(seed), codec.durations
    room = next(join.zeros(drawn=True))
    cells = np.argwhere(room.possible)
    cells = cells[rng.integers(len(cells), size=50)] if len(cells) else cells
    codes = {name: cells[:, axis] for axis, name in enumerate(room.clique)}
    for name in ("begin", "end"):
        if f"{name} (weekday)" in codec.domain:
            codes[f"{name} (weekday)"] = rng.integers(0, 7, len(cells))
    rows, begin, end = join.draw(codes, rng)
    batch = [at.astype(np.int32) for at in (begin, end)]
    drawn = codec.encode(pa.RecordBatch.from_arrays([pa.array(b).view(pa.date32()) for b in batch], ["begin", "end"]))
    for name in room.clique:
        assert drawn[name].tolist() == codes[name][rows].tolist()
    by_name = {c.name: c for c in codec.columns}
    if all(m is None or (m.weights > 0).all() for m in (by_name[name].merge for name in room.clique)):
        there = [codes[n] < c.size - c.encoder.missing for n, c in by_name.items() if n in room.clique]
        assert len(rows) == np.count_nonzero(np.all(there, axis=0)), "each cell of a code is drawn: some pair fits"


def _stays(parts: bool) -> Codec:
    """January 2024 by the hour, as one period; an hour to five days."""
    first = 19_723 * DAY
    grid = GridEncoder(
        type=Kind.DATETIME, edges=np.array([first, first + 31 * DAY]), decimals=None, missing=False, grain=HOUR
    )
    apart = DurationEncoder(
        type=Kind.DATETIME, since="begin", edges=np.array([HOUR, 2 * HOUR, SHORT, DAY, 2 * DAY, 5 * DAY]), missing=False
    )
    columns = []
    for name in ("begin", "end"):
        columns.append(ColumnCodec(name, grid))
        for part in (Part.WEEKDAY, Part.HOUR) if parts else ():
            encoder = PartEncoder(part=part, type=Kind.DATETIME, missing=False)
            columns.append(ColumnCodec(f"{name} ({part})", encoder, part_of=name))
    return Codec((*columns, ColumnCodec(_NAME, apart, part_of="end")))


@pytest.mark.parametrize("parts", [False, True])
def test_hours_and_weekdays_are_kept_where_nights_are_counted(parts: bool) -> None:
    """All are kept, but what cannot be: weekdays that the duration does not lead to, hours of a short stay."""
    codec, rng, rows = _stays(parts), np.random.default_rng(2), 2_000
    codes = {c.name: rng.integers(0, c.size, rows) for c in codec.columns}
    if parts:  # from weekday to weekday, as many nights as the code says; within a day a later hour
        nights = np.choose(codes[_NAME], [0, 0, 0, 1, rng.integers(2, 5, rows)])
        codes["end (weekday)"] = (codes["begin (weekday)"] + nights) % 7
        codes["begin (hour)"] = np.where(codes[_NAME] < 3, rng.integers(0, 12, rows), codes["begin (hour)"])
        codes["begin (hour)"] = np.where(codes[_NAME] == 3, 8, codes["begin (hour)"])
        later = codes["begin (hour)"] + np.choose(codes[_NAME], [1, 4, 9, 0, 0])
        codes["end (hour)"] = np.where(codes[_NAME] < 4, later, codes["end (hour)"])
    found, begin, end = codec.durations[0].draw(codes, rng)
    assert found.tolist() == list(range(rows))
    values = [pa.array(at).cast(pa.timestamp("us")) for at in (begin, end)]
    drawn = codec.encode(pa.RecordBatch.from_arrays(values, ["begin", "end"]))
    assert all(np.array_equal(drawn[name], codes[name]) for name in codes)
    assert not np.any(begin % HOUR) and not np.any(end % HOUR)


def test_a_duration_belongs_to_two_columns_of_its_kind() -> None:
    codec = _stays(False)
    with pytest.raises(ValueError, match="does not fit"):
        Codec(codec.columns[1:])
    days = GridEncoder(type=Kind.DATE, edges=np.array([0, 9]), decimals=None, missing=False)
    with pytest.raises(ValueError, match="does not fit"):
        Codec((ColumnCodec("begin", days), *codec.columns[1:]))
