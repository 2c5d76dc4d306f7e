"""Columns that follow from others: exact in what is written, whatever is missing and however it is spelt."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.errors import InputError
from synthcli.table.rules.compute import Computed
from synthcli.table.schema_file import dump_schema, load_schema, parse_schema
from synthcli.table.source import open_source
from synthcli.table.write import open_writer

SCHEMA = """\
name: bills
fields:
  - {name: code, type: integer, constraints: {enum: ["01", "02", "03"]}}
  - {name: net, type: number, "synthcli:decimals": 2}
  - {name: tax, type: number, "synthcli:decimals": 3}
  - {name: gross, type: number, "synthcli:decimals": 3}
  - {name: pieces, type: integer}
  - {name: more, type: integer}
  - {name: all, type: integer}
  - {name: label, type: string}
  - {name: due, type: date, format: "%d.%m.%Y"}
rules:
  - sum: {gross: [net, tax]}
  - sum: {all: [pieces, more]}
  - {determines: {code: label}, table: {"01": first, "02": "second, or so"}}
  - {determines: {label: due}, table: {first: 01.02.2024, "second, or so": ""}}
"""


def _maybe(strategy: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | strategy


@given(
    st.lists(
        st.tuples(
            _maybe(st.sampled_from([1, 2, 3])),
            _maybe(st.floats(-1e9, 1e9)),
            _maybe(st.floats(-1e3, 1e3)),
            _maybe(st.integers(-(2**40), 2**40)),
            _maybe(st.integers(-5, 5)),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([".csv", ".parquet"]),
)
def test_what_is_written_adds_up(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple], ending: str) -> None:
    schema = parse_schema(SCHEMA, "the schema", is_json=False)
    kinds = [pa.int64(), pa.float64(), pa.float64(), pa.int64(), pa.int64()]
    arrays = [pa.array(list(cells), kind) for cells, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    batch = pa.RecordBatch.from_arrays(arrays, names=["code", "net", "tax", "pieces", "more"])
    place = tmp_path_factory.mktemp("sums") / f"out{ending}"
    with open_writer(str(place), schema, rng=np.random.default_rng(0)) as writer:
        writer.write(Computed(schema).add(batch))
    names = [column.name for column in schema.columns]
    read = [row for b in open_source(str(place)).batches(schema, names) for row in b.to_pylist()]
    for row, (code, net, tax, pieces, more) in zip(read, rows, strict=True):
        assert (row["net"] is None, row["tax"] is None) == (net is None, tax is None)
        if net is None or tax is None:
            assert row["gross"] is None
        else:
            assert Decimal(repr(row["gross"])) == Decimal(repr(row["net"])) + Decimal(repr(row["tax"]))
        assert row["all"] == (None if pieces is None or more is None else pieces + more)
        assert row["label"] == {1: "first", 2: "second, or so"}.get(code)
        assert (row["due"] is None) == (code != 1)


def test_a_table_beside_the_schema_is_read_and_kept_in_full(tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text('label,code,more\n"A, really",1,x\nB,2,y\n')
    text = """\
fields:
  - {name: code, type: integer}
  - {name: label, type: string}
rules:
  - {determines: {code: label}, table: codes.csv}
"""
    (tmp_path / "s.yaml").write_text(text)
    schema = load_schema(tmp_path / "s.yaml")
    for ending, is_json in ((".json", True), (".yaml", False)):
        assert parse_schema(dump_schema(schema, f"x{ending}"), "it", is_json) == schema
    batch = pa.RecordBatch.from_arrays([pa.array([2, 1, 3, None])], names=["code"])
    assert Computed(schema).add(batch).column("label").to_pylist() == ["B", "A, really", None, None]
    (tmp_path / "codes.csv").write_text("label,code\nA,1\nB,1\n")
    with pytest.raises(InputError, match="problem") as caught:
        load_schema(tmp_path / "s.yaml")
    assert "line 3 of codes.csv gives a value of 'code' a second value of 'label'" in caught.value.details[0]


def test_dictionaries_stay_dictionaries() -> None:
    schema = parse_schema(SCHEMA, "the schema", is_json=False)
    columns = {
        "code": pa.array([1, 2, None, 1]).dictionary_encode(),
        "net": pa.array([0.125, None, 2.0, 3.0]).dictionary_encode(),
        "tax": pa.array([0.001, 0.1, 0.25, 0.5]),
        "pieces": pa.array([1, 2, 3, 4]).dictionary_encode(),
        "more": pa.array([1, 2, 3, None]),
    }
    added = Computed(schema).add(pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns)))
    assert pa.types.is_dictionary(added.column("label").type)
    assert added.column("label").to_pylist() == ["first", "second, or so", None, "first"]
    assert added.column("gross").to_pylist() == [0.121, None, 2.25, 3.5]
    assert added.column("all").to_pylist() == [2, 4, 6, None]
