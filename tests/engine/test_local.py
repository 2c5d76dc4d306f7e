"""The local engine against plain Python counting, on streams cut anywhere."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.engine import local
from synthcli.engine.local import LocalEngine
from synthcli.errors import InputError
from synthcli.marginal import Domain
from synthcli.table.held import HeldColumn, HeldTable
from synthcli.table.schema import Column, Kind, Role, Schema

SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="a", kind=Kind.INTEGER),
        Column(name="b", kind=Kind.INTEGER),
        Column(name="s", kind=Kind.STRING),
        Column(name="id", kind=Kind.STRING, role=Role.DROP),
    ),
)


@dataclass
class ListSource:
    """Rows in memory, cut into batches at given sizes; remembers what was asked for."""

    rows: list[tuple[int, int, str | None]]
    sizes: Sequence[int] = (2, 1, 5)
    asked: list[list[str]] = field(default_factory=list)

    def batches(self, schema: Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        names = list(columns) if columns is not None else ["a", "b", "s", "id"]
        self.asked.append(names)
        types = {"a": pa.int64(), "b": pa.int64(), "s": pa.string(), "id": pa.string()}
        start, cut = 0, 0
        while start < len(self.rows):
            size = max(1, self.sizes[cut % len(self.sizes)])
            part = self.rows[start : start + size]
            data = {"a": [r[0] for r in part], "b": [r[1] for r in part], "s": [r[2] for r in part]}
            data["id"] = [str(i) for i in range(len(part))]
            yield pa.record_batch([pa.array(data[n], types[n]) for n in names], names=names)
            start, cut = start + size, cut + 1


class Halves:
    """Codes a and b as they stand, and a view of `a` under another name."""

    domain = Domain(("a", "b", "a halved"), (4, 3, 2))
    joins: ClassVar[dict[str, tuple[str, ...]]] = {}

    def encode(self, batch: pa.RecordBatch) -> dict[str, np.ndarray]:
        present = set(batch.schema.names)
        codes = {n: batch.column(n).to_numpy().astype(np.uint8) for n in ("a", "b") if n in present}
        if "a" in codes:
            codes["a halved"] = codes["a"] // 2
        return codes


rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([None, "x", "y", "", "é\0"])), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(rows=rows, sizes=st.lists(st.integers(1, 7), min_size=1, max_size=4), masked=st.booleans(), data=st.data())
def test_counts_are_those_of_plain_python_whatever_the_batches(rows, sizes, masked, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))) if masked else [True] * len(rows)
    mask = np.array(kept, dtype=bool)
    engine = LocalEngine(ListSource(rows, sizes), SCHEMA, (lambda at, n: mask[at : at + n]) if masked else None)
    survivors = [row for row, keep in zip(rows, kept, strict=True) if keep]
    tables = engine.count(Halves(), [("a", "b"), ("a halved",), ("b", "a halved"), ()])
    assert all(table.dtype == np.int64 for table in tables.values())
    for (a, b), count in np.ndenumerate(tables["a", "b"]):
        assert count == sum(row[:2] == (a, b) for row in survivors)
    for (b, half), count in np.ndenumerate(tables["b", "a halved"]):
        assert count == sum((row[1], row[0] // 2) == (b, half) for row in survivors)
    assert tables[("a halved",)].sum() == tables[()] == len(survivors)
    assert engine.keys("s") == Counter(row[2] for row in survivors if row[2] is not None)


def _held(rows):
    """Every row's value on its own, repeated or not: an index need not be the shortest."""
    types = {"a": pa.int64(), "b": pa.int64(), "s": pa.string()}
    columns = {}
    for place, (name, kind) in enumerate(types.items()):
        values = pa.array([row[place] for row in rows][::-1], kind)
        columns[name] = HeldColumn(values, np.arange(len(rows), dtype=np.uint8)[::-1])
    return HeldTable(columns, len(rows))


@settings(max_examples=60, deadline=None)
@given(rows=rows, masked=st.booleans(), size=st.integers(1, 9), data=st.data())
def test_a_table_in_memory_counts_like_the_source_it_came_from(rows, masked, size, data):
    kept = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    mask = np.array(kept, dtype=bool)
    keep = (lambda at, n: mask[at : at + n]) if masked else None
    source = ListSource(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "BLOCK_ROWS", size)
        engine = LocalEngine(source, SCHEMA, keep, _held(rows))
        cliques = [("a", "b"), ("a halved",), ()]
        tables, keys = engine.count(Halves(), cliques), engine.keys("s")
        assert source.asked == []
        read = LocalEngine(source, SCHEMA, keep)
        assert all(np.array_equal(table, tables[c]) for c, table in read.count(Halves(), cliques).items())
        assert keys == read.keys("s")


@pytest.mark.parametrize("known", [True, False])
def test_codes_of_two_columns_are_counted_row_by_row(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory, if it is known which columns these are; else the rows are read."""

    class Sum:
        domain = Domain(("sum",), (7,))
        joins: ClassVar[dict[str, tuple[str, ...]]] = {"sum": ("a", "b")} if known else {}

        def encode(self, batch):
            both = {"a", "b"} <= set(batch.schema.names)
            return {"sum": sum(batch.column(n).to_numpy() for n in "ab").astype(np.uint8)} if both else {}

    rows = [(1, 1, None), (3, 2, None), (1, 1, None), (0, 2, None)]
    monkeypatch.setattr(local, "BLOCK_ROWS", 3)
    source, keep = ListSource(rows), lambda at, n: np.arange(at, at + n) < 3
    table = LocalEngine(source, SCHEMA, keep, _held(rows)).count(Sum(), [("sum",)])["sum",]
    assert table.tolist() == [0, 0, 2, 0, 0, 1, 0]
    assert bool(source.asked) is not known


def test_values_without_a_code_are_counted_by_rows():
    class Refusing(Halves):
        def encode(self, batch):
            if np.any(batch.column("a").to_numpy() > 3):
                raise InputError(f"{np.sum(batch.column('a').to_numpy() > 3)} value(s)", "mend them")
            return super().encode(batch)

    rows = [(9, 0, None)] * 2
    held = HeldTable({"a": HeldColumn(pa.array([9]), np.zeros(2, np.uint8))}, 2)
    with pytest.raises(InputError, match=r"2 value\(s\)"):
        LocalEngine(ListSource(rows), SCHEMA, held=held).count(Refusing(), [("a",)])
    every_other = [(1, 0, None), (9, 0, None)]
    keep = lambda at, n: np.arange(at, at + n) % 2 == 0  # noqa: E731
    engine = LocalEngine(ListSource(every_other), SCHEMA, keep, _held(every_other))
    assert engine.count(Refusing(), [("a",)])["a",].tolist() == [0, 1, 0, 0]


def test_blocks_are_summed(monkeypatch):
    monkeypatch.setattr(local, "BLOCK_ROWS", 3)
    source = ListSource([(i % 4, i % 3, None) for i in range(100)], (1, 2))
    table = LocalEngine(source, SCHEMA).count(Halves(), [("a", "b")])["a", "b"]
    assert table.sum() == 100 and table[1, 2] == sum(i % 4 == 1 and i % 3 == 2 for i in range(100))


def test_reads_only_the_columns_it_needs_in_one_pass():
    source = ListSource([(1, 1, "x")])
    LocalEngine(source, SCHEMA).count(Halves(), [("b",)])
    LocalEngine(source, SCHEMA).count(Halves(), [("a", "b"), ("a",)])
    LocalEngine(source, SCHEMA).count(Halves(), [("a halved",)])
    LocalEngine(source, SCHEMA).keys("s")
    assert source.asked == [["b"], ["a", "b"], ["a", "b", "s"], ["s"]]


def test_keys_are_spelt_canonically():
    source = ListSource([(10, 0, None), (10, 1, None), (-3, 1, None)])
    assert LocalEngine(source, SCHEMA).keys("a") == {"10": 2, "-3": 1}


def test_a_code_outside_the_domain_is_no_other_cell():
    with pytest.raises(ValueError, match="outside its domain"):
        LocalEngine(ListSource([(9, 0, None)]), SCHEMA).count(Halves(), [("a",)])
