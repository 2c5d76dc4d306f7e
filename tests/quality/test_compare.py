import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.marginal import Domain
from synthcli.quality import counts as counting
from synthcli.quality.compare import compare
from synthcli.quality.counts import Resolution, resolution
from synthcli.quality.distances import sampling_floor, total_variation
from synthcli.quality.marginals import MAX_BARS, bars
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.grid_encoder import GridEncoder
from synthcli.table.schema import Column, Kind, Schema

CODEC = Codec(
    (
        ColumnCodec("town", CategoryEncoder(values=("a", "b", "c"), type=Kind.STRING, missing=True, other=True)),
        ColumnCodec("age", GridEncoder(type=Kind.INTEGER, edges=np.arange(0, 101), decimals=None, missing=False)),
        ColumnCodec("ok", CategoryEncoder(values=("false", "true"), type=Kind.BOOLEAN, missing=False, other=False)),
    )
)
SCHEMA = Schema(
    name="people",
    columns=(
        Column(name="town", kind=Kind.STRING),
        Column(name="age", kind=Kind.INTEGER),
        Column(name="ok", kind=Kind.BOOLEAN),
    ),
)


def batches(rows: int, seed: int, shift: int = 0):
    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(40 + shift, 15, rows), 0, 99).astype(np.int64)
    town = rng.choice(np.array(["a", "b", "c", "z", None], dtype=object), rows)
    whole = pa.RecordBatch.from_arrays(
        [pa.array(town, pa.string()), pa.array(age), pa.array(age > 50)], names=["town", "age", "ok"]
    )
    return [whole.slice(start, 700) for start in range(0, rows, 700)]


def brute(columns: tuple[str, ...], real, synthetic) -> float:
    def shares(stream):
        rows = [
            tuple(codes[c][i] for c in columns) for b in stream for codes in [CODEC.encode(b)] for i in range(len(b))
        ]
        values, seen = np.unique(np.array(rows), axis=0, return_counts=True)
        return {tuple(v): n / len(rows) for v, n in zip(values, seen, strict=True)}

    p, q = shares(real), shares(synthetic)
    return 0.5 * sum(abs(p.get(cell, 0) - q.get(cell, 0)) for cell in p.keys() | q.keys())


def test_distances_agree_with_a_count_by_hand() -> None:
    real, synthetic = batches(2000, 1), batches(1500, 2, shift=8)
    quality = compare(CODEC, SCHEMA, real, synthetic)
    names = quality.attributes
    for i, j in itertools.product(range(3), repeat=2):
        columns = (names[i],) if i == j else (names[i], names[j])
        assert quality.pair_tvd[i][j] == pytest.approx(brute(columns, real, synthetic))
    singles, pairs = (
        np.mean([quality.pair_tvd[i][i] for i in range(3)]),
        np.mean([quality.pair_tvd[i][j] for i, j in itertools.combinations(range(3), 2)]),
    )
    values = {metric.id: metric.value for metric in quality.metrics}
    assert values["quality.tvd1"] == pytest.approx(singles)
    assert values["quality.tvd2"] == pytest.approx(pairs)


def test_columns_show_shares_over_their_labels() -> None:
    quality = compare(CODEC, SCHEMA, batches(2000, 1), batches(1500, 2))
    town, age, ok = quality.columns
    assert town.labels == ("a", "b", "c", "(other)", "(missing)")
    assert len(age.labels) == MAX_BARS and len(ok.labels) == 2
    for column in quality.columns:
        assert sum(column.real) == pytest.approx(1) and sum(column.synthetic) == pytest.approx(1)
        assert len(column.labels) == len(column.real) == len(column.synthetic)
    assert age.tvd == quality.pair_tvd[1][1]


def test_a_sample_of_the_same_law_reaches_the_floor() -> None:
    """Against 200,000 rows: expected ratio 1 within a few percent; 30 % is beyond ten standard deviations."""
    quality = compare(CODEC, SCHEMA, batches(200_000, 3), batches(5_000, 4))
    values = {metric.id: metric.value for metric in quality.metrics}
    assert values["quality.tvd2"] == pytest.approx(values["quality.tvd2.floor"], rel=0.3)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(InputError, match="no synthetic rows"):
        compare(CODEC, SCHEMA, batches(10, 1), [])


def test_a_single_column_has_no_pairs() -> None:
    codec = Codec(CODEC.columns[2:])
    quality = compare(codec, SCHEMA, batches(500, 1), batches(500, 2))
    assert [metric.id for metric in quality.metrics] == ["quality.tvd1", "quality.tvd1.floor"]


@given(st.lists(st.integers(0, 30), min_size=2, max_size=12), st.integers(1, 60))
def test_the_floor_is_the_poisson_mean_absolute_deviation(cells: list[int], rows: int) -> None:
    table = np.array(cells)
    if not table.sum():
        assert sampling_floor(table, rows) == 1.0
        return
    expected = 0.0
    for mean in table[table > 0] * rows / table.sum():
        k = np.arange(400)
        mass = np.exp(k * np.log(mean) - mean - np.cumsum(np.log(np.maximum(k, 1))))
        expected += (np.abs(k - mean) * mass).sum()
    assert sampling_floor(table, rows) == pytest.approx(min(1.0, 0.5 * expected / rows), rel=1e-6)


def test_total_variation_of_nothing_is_one() -> None:
    assert total_variation(np.array([0, 0]), np.array([1, 2])) == 1.0
    assert total_variation(np.array([2, 0]), np.array([0, 5])) == 1.0


def test_wide_tables_are_counted_more_coarsely(monkeypatch) -> None:
    domain = Domain(("x", "y", "z"), (100, 100, 3))
    assert resolution(domain).coarse == domain
    monkeypatch.setattr(counting, "MAX_CELLS", 5000)
    fineness = resolution(domain)
    assert fineness == Resolution(domain, 64) and fineness.coarse.shape == (64, 64, 3)
    thin = fineness.thin(
        {name: np.arange(size, dtype=np.uint8) for name, size in zip("xyz", (100, 100, 3), strict=True)}
    )
    assert list(np.unique(thin["x"])) == list(range(64)) and list(thin["z"]) == [0, 1, 2]
    assert np.all(np.diff(thin["x"].astype(int)) >= 0)


@given(st.integers(41, 200), st.booleans(), st.booleans(), st.randoms())
def test_bars_are_few_and_keep_every_row(size: int, ordered: bool, missing: bool, random) -> None:
    labels = (*(f"v{i}" for i in range(size)), *(("(missing)",) if missing else ()))
    counts = np.array([random.randrange(50) for _ in labels])
    groups, names = bars(labels, counts, ordered)
    assert len(names) == MAX_BARS == len(set(groups)) == groups.max() + 1
    assert len(groups) == len(labels)
    if missing:
        assert names[-1] == "(missing)" and (groups == groups[-1]).sum() == 1
    if ordered:
        assert np.all(np.diff(groups) >= 0)
    else:
        hidden = [c for c, g in zip(counts[:size], groups, strict=False) if "others" in names[g]]
        shown = [c for c, g in zip(counts[:size], groups, strict=False) if "others" not in names[g]]
        assert max(hidden) <= min(shown)
