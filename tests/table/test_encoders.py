"""Values to codes and back: whatever is drawn lies in its cell and has its type."""

import json
import math
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.table.axis import ARROW_TYPES, LIMITS, from_axis, positions, to_axis, values_at
from synthcli.table.encoders import CategoryEncoder, GridEncoder, encoder_from_json
from synthcli.table.schema import Kind

AXES = (Kind.INTEGER, Kind.DATE, Kind.DATETIME, Kind.TIME)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def grids(draw: st.DrawFn) -> GridEncoder:
    kind = draw(st.sampled_from([*AXES, Kind.NUMBER]))
    missing = draw(st.booleans())
    if kind is Kind.NUMBER:
        edges = sorted(draw(st.sets(FINITE.map(lambda x: x + 0.0), min_size=2, max_size=8)))
        atoms = {math.nextafter(v, math.inf) for v in edges if draw(st.booleans())}
        everything = sorted(v for v in {*edges, *atoms} if np.isfinite(v))
        decimals = draw(st.none() | st.integers(0, 15))
        return GridEncoder(type=kind, edges=np.array(everything), decimals=decimals, missing=missing)
    first, last = LIMITS[kind]
    whole = sorted(draw(st.sets(st.integers(first, min(last + 1, 2**63 - 1)), min_size=2, max_size=8)))
    return GridEncoder(type=kind, edges=np.array(whole, dtype=np.int64), decimals=None, missing=missing)


@given(grids(), st.integers(0, 2**32))
def test_grids_decode_inside_the_cell(encoder: GridEncoder, seed: int) -> None:
    codes = np.repeat(np.arange(encoder.size), 5)
    values = encoder.decode(codes, np.random.default_rng(seed))
    assert values.type == ARROW_TYPES[encoder.type]
    assert encoder.encode(values).tolist() == codes.tolist()
    places, missing = positions(values, encoder.type)
    assert missing.tolist() == (codes == encoder.cells).tolist()
    assert np.all(places[~missing] >= encoder.edges[0])
    assert np.all(places[~missing] <= encoder.edges[-1])
    if encoder.type is not Kind.NUMBER:
        assert np.all(places[~missing] < encoder.edges[-1])


@given(grids(), st.integers(0, 2**32))
def test_compact_values_are_the_same_values(encoder: GridEncoder, seed: int) -> None:
    codes = np.repeat(np.arange(encoder.size), 5).astype(np.min_scalar_type(encoder.size - 1))
    compact = encoder.decode_compact(codes, np.random.default_rng(seed))
    values = encoder.decode(codes, np.random.default_rng(seed))
    assert values.type == ARROW_TYPES[encoder.type]
    assert compact.to_pylist() == values.to_pylist()
    if pa.types.is_dictionary(compact.type):
        again = encoder.decode_compact(codes[:1], np.random.default_rng(seed))
        assert again.dictionary.equals(compact.dictionary)


@pytest.mark.parametrize("size", [1, 2, 254, 255, 256, 257])
@pytest.mark.parametrize("missing", [True, False])
def test_categories_decode_at_every_width(size: int, missing: bool) -> None:
    listed = tuple(map(str, range(size)))
    encoder = CategoryEncoder(values=listed, type=Kind.STRING, missing=missing, other=False)
    codes = np.arange(encoder.size).astype(np.min_scalar_type(encoder.size - 1))
    expected = [*listed, *([None] if missing else [])]
    assert encoder.decode(codes, np.random.default_rng(0)).to_pylist() == expected
    assert encoder.decode_compact(codes, np.random.default_rng(0)).to_pylist() == expected
    with pytest.raises(ValueError, match="outside its range"):
        encoder.decode_compact(np.array([encoder.size]), np.random.default_rng(0))


@given(grids())
def test_grids_survive_a_file(encoder: GridEncoder) -> None:
    again = encoder_from_json(json.loads(json.dumps(encoder.to_json())))
    assert again.to_json() == encoder.to_json()
    assert again.encode(pa.nulls(0, ARROW_TYPES[encoder.type])).dtype == np.uint8
    assert len(encoder.labels()) == encoder.size


@given(st.sampled_from(AXES), st.data())
def test_axes_are_invertible(kind: Kind, data: st.DataObject) -> None:
    first, last = LIMITS[kind]
    places = np.array(data.draw(st.lists(st.integers(first, last), min_size=1, max_size=20)), dtype=np.int64)
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=len(places), max_size=len(places))))
    back, null = positions(values_at(places, missing, kind), kind)
    assert np.array_equal(null, missing)
    assert np.array_equal(back[~missing], places[~missing])
    assert [to_axis(from_axis(int(p), kind), kind) for p in places] == places.tolist()


@given(st.integers(0, 3), st.floats(-1e6, 1e6), st.floats(0.1, 1e6))
def test_decimals_are_kept(decimals: int, low: float, width: float) -> None:
    encoder = GridEncoder(type=Kind.NUMBER, edges=np.array([low, low + width]), decimals=decimals, missing=False)
    values = encoder.decode(np.zeros(50, dtype=np.uint8), np.random.default_rng(0)).to_numpy()
    lattice = np.floor((low + width) * 10**decimals) / 10**decimals
    if lattice >= low + 1 / 10**decimals:
        assert np.all(values == np.round(values, decimals))
    assert np.all((low <= values) & (values <= low + width))


def test_every_integer_of_a_cell_is_drawn_alike() -> None:
    """Chi-square with 9 degrees of freedom under 60: fails by chance once in 10^8 runs, and the seed is fixed."""
    encoder = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 10]), decimals=None, missing=False)
    drawn = encoder.decode(np.zeros(100_000, dtype=np.uint8), np.random.default_rng(5)).to_numpy()
    counts = np.bincount(drawn, minlength=10)
    assert len(counts) == 10
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 60
    tenths = GridEncoder(type=Kind.NUMBER, edges=np.array([0.0, 1.0]), decimals=1, missing=False)
    drawn = tenths.decode(np.zeros(110_000, dtype=np.uint8), np.random.default_rng(5)).to_numpy()
    counts = np.bincount(np.round(drawn * 10).astype(int))
    assert len(counts) == 11
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 62


def test_values_outside_a_grid_go_to_its_ends() -> None:
    encoder = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 5, 10]), decimals=None, missing=True)
    assert encoder.encode(pa.array([-7, 0, 4, 5, 9, 10, 2**62, None])).tolist() == [0, 0, 0, 1, 1, 1, 1, 2]
    assert encoder.labels() == ("0 to 4", "5 to 9", "(missing)")
    number = GridEncoder(type=Kind.NUMBER, edges=np.array([0.0, 1.0]), decimals=None, missing=True)
    assert number.encode(pa.array([-np.inf, 2.0, np.nan, None])).tolist() == [0, 0, 1, 1]
    days = GridEncoder(type=Kind.DATE, edges=np.array([0, 1, 31]), decimals=None, missing=False)
    assert days.labels() == ("1970-01-01", "1970-01-02 to 1970-01-31")
    assert days.encode(pa.array([date(1970, 1, 1), date(1970, 1, 31)])).tolist() == [0, 1]


def test_missing_values_need_a_code() -> None:
    grid = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 9]), decimals=None, missing=False)
    category = CategoryEncoder(values=("a",), type=Kind.STRING, missing=False, other=False)
    with pytest.raises(InputError, match=r"^2 value\(s\) are missing$"):
        grid.encode(pa.array([1, None, None]))
    with pytest.raises(InputError, match="1 value"):
        category.encode(pa.array(["a", None]))
    with pytest.raises(InputError, match="not among the categories") as caught:
        category.encode(pa.array(["a", "secret"]))
    assert "secret" not in str(caught.value)


@given(
    st.sampled_from([Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN]),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_categories_decode_to_themselves(kind: Kind, missing: bool, other: bool, data: st.DataObject) -> None:
    pool = {
        Kind.STRING: st.text(max_size=5),
        Kind.INTEGER: st.integers(-(2**63), 2**63 - 1).map(str),
        Kind.NUMBER: FINITE.map(lambda x: repr(x + 0.0)),
        Kind.BOOLEAN: st.sampled_from(["false", "true"]),
    }[kind]
    values = tuple(data.draw(st.lists(pool, min_size=1, max_size=6, unique_by=lambda v: v)))
    encoder = CategoryEncoder(values=values, type=kind, missing=missing, other=other)
    codes = np.array([c for c in range(encoder.size) if not (other and c == len(values))])
    decoded = encoder.decode(codes, np.random.default_rng(0))
    assert decoded.type == ARROW_TYPES[kind]
    assert encoder.encode(decoded).tolist() == codes.tolist()
    again = encoder_from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    assert len(encoder.labels()) == encoder.size


def test_other_values_come_back_as_listed_ones_by_weight() -> None:
    encoder = CategoryEncoder(values=("a", "b"), type=Kind.STRING, missing=True, other=True, weights=(0.0, 2.0))
    assert encoder.encode(pa.array(["a", "x", None, "b"])).tolist() == [0, 2, 3, 1]
    decoded = encoder.decode(np.array([2] * 20 + [3]), np.random.default_rng(0)).to_pylist()
    assert decoded == ["b"] * 20 + [None]
    nothing = CategoryEncoder(values=(), type=Kind.STRING, missing=False, other=True)
    assert nothing.decode(np.array([0]), np.random.default_rng(0)).to_pylist() == [None]


def test_codes_are_as_narrow_as_they_can_be() -> None:
    for size, dtype in ((256, np.uint8), (257, np.uint16)):
        values = tuple(map(str, range(size)))
        encoder = CategoryEncoder(values=values, type=Kind.INTEGER, missing=False, other=False)
        assert encoder.encode(pa.array([size - 1])).dtype == dtype
        with pytest.raises(ValueError, match="outside"):
            encoder.decode(np.array([size]), np.random.default_rng(0))


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {"kind": "pickle"},
        {"kind": "grid", "type": "integer", "edges": [0, 1], "missing": False},
        {"kind": "grid", "type": "integer", "edges": [0, 1.5], "missing": False, "decimals": None},
        {"kind": "grid", "type": "integer", "edges": [0, 2**70], "missing": False, "decimals": None},
        {"kind": "grid", "type": "integer", "edges": [1, 0], "missing": False, "decimals": None},
        {"kind": "grid", "type": "integer", "edges": [True, 2], "missing": False, "decimals": None},
        {"kind": "grid", "type": "number", "edges": [0, float("nan")], "missing": False, "decimals": None},
        {"kind": "grid", "type": "number", "edges": [0, float("inf")], "missing": False, "decimals": None},
        {"kind": "grid", "type": "number", "edges": [0, 1], "missing": False, "decimals": 99},
        {"kind": "grid", "type": "number", "edges": [0, 1], "missing": 0, "decimals": 2},
        {"kind": "grid", "type": "number", "edges": [[0, 1]], "missing": False, "decimals": 2},
        {"kind": "grid", "type": "string", "edges": [0, 1], "missing": False, "decimals": None},
        {"kind": "grid", "type": "date", "edges": [0, 10**9], "missing": False, "decimals": None},
        {"kind": "category", "values": ["a", "a"], "type": "string", "missing": False, "other": True, "weights": None},
        {"kind": "category", "values": [1], "type": "integer", "missing": False, "other": True, "weights": None},
        {"kind": "category", "values": ["x"], "type": "integer", "missing": False, "other": True, "weights": None},
        {"kind": "category", "values": ["9" * 30], "type": "integer", "missing": False, "other": True, "weights": None},
        {"kind": "category", "values": ["nan"], "type": "number", "missing": False, "other": True, "weights": None},
        {"kind": "category", "values": ["a"], "type": "date", "missing": False, "other": True, "weights": None},
        {"kind": "category", "values": [], "type": "string", "missing": False, "other": False, "weights": None},
        {"kind": "category", "values": ["a"], "type": "string", "missing": False, "other": True, "weights": [-1]},
        {"kind": "category", "values": ["a"], "type": "string", "missing": False, "other": True, "weights": [1, 2]},
        {"kind": "category", "values": ["a"], "type": "string", "missing": False, "other": 1, "weights": None},
    ],
)
def test_hostile_documents_are_refused(document: object) -> None:
    with pytest.raises(InputError, match="damaged"):
        encoder_from_json(document)  # type: ignore[arg-type]
