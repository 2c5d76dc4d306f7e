"""A table in memory is the table in the file, and checking it finds what a pass over the rows finds."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.table import csv_source, held
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source, validate

SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="n", kind=Kind.INTEGER),
        Column(name="x", kind=Kind.NUMBER, missing_values=("?", "")),
        Column(name="s", kind=Kind.STRING),
        Column(name="d", kind=Kind.DATE),
    ),
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-3, 400),
        st.none() | st.sampled_from([0.0, 0.5, 1e300, -2.25]) | st.floats(-9, 9),
        st.none() | st.sampled_from(["a", "b,", " c "]),
        st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    ),
    min_size=1,
    max_size=60,
)


def _write(path: Path, rows: Sequence[tuple[object, ...]], dictionary: bool = False) -> None:
    types = (pa.int64(), pa.float64(), pa.string(), pa.date32())
    columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), types, strict=True)]
    if dictionary:
        columns = [column.dictionary_encode() for column in columns]
    table = pa.table(columns, names=["n", "x", "s", "d"])
    if path.suffix == ".csv":
        arrow_csv.write_csv(table, path)
    else:
        pq.write_table(table, path, row_group_size=7)


@settings(deadline=None, max_examples=60)
@given(ROWS, st.sampled_from([".csv", ".parquet", ".dictionary"]), st.sampled_from([1, 5, 1 << 16]))
def test_what_is_held_is_what_is_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]], kind: str, most: int
) -> None:
    path = tmp_path_factory.getbasetemp() / f"held{kind.replace('dictionary', 'parquet')}"
    _write(path, rows, kind == ".dictionary")
    with pytest.MonkeyPatch.context() as patch, open_source(str(path)) as source:
        patch.setattr(held, "_MOST", most)
        patch.setattr(csv_source, "_BLOCK", 64 << 10)
        found = validate(source, SCHEMA, hold=1 << 30)
        assert found.held is not None
        assert found.rows == found.held.rows == len(rows)
        whole = pa.Table.from_batches(source.batches(SCHEMA))
    for name, column in found.held.columns.items():
        assert column.index.dtype == np.min_scalar_type(len(column.values) - 1)
        assert column.values.take(pa.array(column.index)).equals(whole[name].combine_chunks())


def test_many_batches_share_their_distinct_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source, "_BLOCK", 1 << 16)
    rng = np.random.default_rng(0)
    rows = [(int(n), 0.5, "a", None) for n in rng.integers(0, 300, 50_000)]
    _write(tmp_path / "t.csv", rows)
    table = validate(open_source(str(tmp_path / "t.csv")), SCHEMA, hold=1 << 30).held
    assert table is not None
    assert len(table.columns["n"].values) == 300
    assert [column.index.itemsize for column in table.columns.values()] == [2, 1, 1, 1]


def test_more_distinct_values_than_a_list_holds(tmp_path: Path) -> None:
    numbers = np.random.default_rng(1).permutation(200_000)
    pq.write_table(pa.table({"n": numbers}), tmp_path / "t.parquet")
    schema = Schema(name="t", columns=SCHEMA.columns[:1])
    table = validate(open_source(str(tmp_path / "t.parquet")), schema, hold=1 << 30).held
    assert table is not None
    column = table.columns["n"]
    assert np.array_equal(column.values.to_numpy()[column.index], numbers)


def test_a_table_that_is_too_large_is_checked_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source, "_BLOCK", 1 << 16)
    monkeypatch.setattr(held, "_WINDOW", 1000)
    rows = [(i, i / 7, "a", None) for i in range(30_000)]
    _write(tmp_path / "t.csv", rows)
    for hold in (0, 1, 50_000):
        found = validate(open_source(str(tmp_path / "t.csv")), SCHEMA, hold=hold)
        assert found.held is None
        assert found.rows == 30_000


@pytest.mark.parametrize("hold", [0, 1000, 1 << 30])
def test_wrong_cells_are_counted_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hold: int) -> None:
    monkeypatch.setattr(csv_source, "_BLOCK", 1 << 16)
    monkeypatch.setattr(held, "_WINDOW", 100)
    lines = [f"{i % 7},{i}.5,word,2020-01-01" for i in range(20_000)]
    lines[100:103] = ["seven,inf,word,2020-01-01"] * 3
    lines[15_000] = "seven,1,word,yesterday"
    (tmp_path / "t.csv").write_text("n,x,s,d\n" + "\n".join(lines) + "\n")
    with pytest.raises(InputError) as error:
        validate(open_source(str(tmp_path / "t.csv")), SCHEMA, hold=hold)
    told = "\n".join(error.value.details)
    assert "'n': 4 of 20,000 values are not integers" in told
    assert "'x': 3 of 20,000 values are infinite" in told
    assert "'d': 1 of 20,000 values are not dates" in told
    assert "seven" not in told


def test_files_of_several_types_make_one_column(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    for place, values in enumerate((pa.array([1, 2, None]), pa.array(["2", "03"]), pa.array([4.0, float("nan")]))):
        pq.write_table(pa.table({"n": values}), tmp_path / "t" / f"{place}.parquet")
    schema = Schema(name="t", columns=SCHEMA.columns[:1])
    table = validate(open_source(str(tmp_path / "t")), schema, hold=1 << 20).held
    assert table is not None
    column = table.columns["n"]
    assert column.values.take(pa.array(column.index)).to_pylist() == [1, 2, None, 2, 3, 4, None]
