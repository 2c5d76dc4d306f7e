"""The units of real files: read by the schema, one on its own, and counted no more than they may be."""

from collections import Counter
from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.engine.local import LocalEngine
from synthcli.engine.units import bound, rows_of_units
from synthcli.errors import InputError
from synthcli.marginal import Domain
from synthcli.privacy import bounding
from synthcli.privacy.bounding import BoundedRows, PrivacyUnit
from synthcli.table.schema import Column, Kind, Role, Schema
from synthcli.table.source import open_source, validate

UNIT = Column(name="person", kind=Kind.STRING, role=Role.UNIT)
SCHEMA = Schema(name="t", columns=(UNIT, Column(name="x", kind=Kind.INTEGER)))


def _bounded(place: Path, most: int, schema: Schema = SCHEMA) -> BoundedRows:
    with open_source(str(place)) as source:
        return bound(source, schema, PrivacyUnit("person", most))


def _counts(place: Path, most: int, *, hold: bool, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """How often each x is counted, where every row's draw is fixed by its x (which is its own, up to 1000)."""
    with open_source(str(place)) as source:
        values = np.concatenate([b.column("x").to_numpy() for b in source.batches(SCHEMA, ["x"])])
        parts = iter(np.split(values, np.cumsum([b.num_rows for b in source.batches(SCHEMA, ["person"])])[:-1]))
        scrambled = np.random.default_rng(5).permutation(1000).astype(np.uint64)
        monkeypatch.setattr(bounding, "_draw", lambda count: scrambled[next(parts)])
        keep = bound(source, SCHEMA, PrivacyUnit("person", most)).as_set().mask
        monkeypatch.undo()
        engine = LocalEngine(source, SCHEMA, keep, validate(source, SCHEMA, hold=1 << 20).held if hold else None)
        return engine.count(_X(), [("x",)])["x",]


class _X:
    domain = Domain(("x",), (1000,))
    joins: ClassVar[dict[str, tuple[str, ...]]] = {}

    def encode(self, batch: pa.RecordBatch) -> dict[str, np.ndarray]:
        return {"x": batch.column("x").to_numpy().astype(np.uint16)}


@pytest.mark.parametrize("hold", [True, False])
def test_a_person_more_adds_her_rows_and_changes_no_others(
    hold: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    lines = [f"p{rng.integers(0, 60)},{i}" for i in range(500)]
    (tmp_path / "a.csv").write_text("person,x\n" + "\n".join(lines) + "\n")
    lines += [f"new,{i}" for i in range(500, 540)]
    rng.shuffle(lines)
    (tmp_path / "b.csv").write_text("person,x\n" + "\n".join(lines) + "\n")
    alone, beside = (_counts(tmp_path / name, 3, hold=hold, monkeypatch=monkeypatch) for name in ("a.csv", "b.csv"))
    assert np.array_equal(alone[:500], beside[:500])
    assert alone[500:].sum() == 0 and beside[500:].sum() == 3
    assert alone.sum() == sum(
        min(n, 3) for n in Counter(line.split(",")[0] for line in lines if "new" not in line).values()
    )


def test_units_are_read_by_the_schema_whatever_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("person,x\n007,1\n7,2\n+7,3\n 7 ,4\n8,5\n")
    as_number = Schema(name="t", columns=(Column(name="person", kind=Kind.INTEGER, role=Role.DROP), SCHEMA["x"]))
    assert _bounded(tmp_path / "a.csv", 1, as_number).units == 2
    assert _bounded(tmp_path / "a.csv", 1).units == 5
    pq.write_table(pa.table({"person": [7, 7, 8], "x": [1, 2, 3]}), tmp_path / "a.parquet")
    for schema in (as_number, SCHEMA):
        assert len(_bounded(tmp_path / "a.parquet", 1, schema).kept) == 2


def test_a_missing_unit_is_refused_without_a_count(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("person,x\np,1\n,2\n")
    with open_source(str(tmp_path / "a.csv")) as source:
        for read in (
            lambda: bound(source, SCHEMA, PrivacyUnit("person", 1)),
            lambda: rows_of_units(source, SCHEMA, "person"),
        ):
            with pytest.raises(InputError, match="rows without a value of 'person' belong to no privacy unit"):
                read()


class _Batches:
    """A source of these batches."""

    def __init__(self, parts: list[list[int]]) -> None:
        self._parts = parts

    def batches(self, schema: Schema, columns: object = None):
        return (pa.RecordBatch.from_pydict({"person": pa.array(part, pa.int64())}) for part in self._parts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 8), max_size=12), max_size=6))
def test_rows_of_units_are_those_of_plain_python(parts: list[list[int]]) -> None:
    found = rows_of_units(_Batches(parts), SCHEMA, "person")
    assert sorted(found.tolist()) == sorted(Counter(chain(*parts)).values())
