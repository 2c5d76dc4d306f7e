"""One row more changes no other row: what neighbouring files are when they are read.

Every value is read on its own. A reader that looked at a whole batch, or at all files, to read one cell would make two
files that differ by one row two tables that differ by many, and the privacy of rows would not be that of cells.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthcli.engine.local import LocalEngine
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source, validate


def _read(place: Path, kind: Kind, column: str = "x") -> Counter[Any]:
    schema = Schema(name="t", columns=(Column(name=column, kind=kind),))
    with open_source(str(place)) as source:
        return Counter(value for batch in source.batches(schema, [column]) for value in batch.column(0).to_pylist())


def _parquet(place: Path, values: pa.Array) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"x": values}), place)
    return place


@pytest.mark.parametrize("stranger", [2**62, -(2**62), 2**63 - 1, -(2**63), 9_223_372_036_854_776])
def test_a_time_that_does_not_fit_leaves_the_others_alone(stranger: int, tmp_path: Path) -> None:
    stamps = [1_700_000_000_000 + i for i in range(50)]
    alone = _read(_parquet(tmp_path / "a.parquet", pa.array(stamps, pa.timestamp("ms"))), Kind.DATETIME)
    beside = _read(_parquet(tmp_path / "b.parquet", pa.array([*stamps, stranger], pa.timestamp("ms"))), Kind.DATETIME)
    assert len(alone) == 50
    assert beside - alone == Counter({None: 1}) and not alone - beside


def test_a_day_beyond_all_times_leaves_the_others_alone(tmp_path: Path) -> None:
    days = [0, -1, 20_000, 106_751_991, -106_751_991]
    place = _parquet(tmp_path / "a.parquet", pa.array([*days, 106_751_992, -(2**31), None], pa.date32()))
    schema = Schema(name="t", columns=(Column(name="x", kind=Kind.DATETIME),))
    with open_source(str(place)) as source:
        (batch,) = source.batches(schema)
        found = batch.column(0).view(pa.int64()).to_pylist()
    assert found == [*(day * 86_400_000_000 for day in days), None, None, None]


def test_the_last_time_that_fits_is_read(tmp_path: Path) -> None:
    last = (2**63 - 1) // 1000
    place = _parquet(tmp_path / "a.parquet", pa.array([last, -last, None], pa.timestamp("ms")))
    schema = Schema(name="t", columns=(Column(name="x", kind=Kind.DATETIME),))
    with open_source(str(place)) as source:
        (batch,) = source.batches(schema)
        assert batch.column(0).view(pa.int64()).to_pylist() == [last * 1000, -last * 1000, None]


def test_a_folder_more_leaves_the_names_of_the_others_alone(tmp_path: Path) -> None:
    for region, rows in (("01", 5), ("02", 4)):
        _parquet(tmp_path / f"region={region}" / "a.parquet", pa.array(range(rows)))
    alone = _read(tmp_path, Kind.STRING, "region")
    assert alone == Counter({"01": 5, "02": 4})
    assert _read(tmp_path, Kind.INTEGER, "region") == Counter({1: 5, 2: 4})
    _parquet(tmp_path / "region=2%20A" / "a.parquet", pa.array([1]))
    assert _read(tmp_path, Kind.STRING, "region") - alone == Counter({"2 A": 1})
    _parquet(tmp_path / "region=__HIVE_DEFAULT_PARTITION__" / "a.parquet", pa.array([1]))
    assert _read(tmp_path, Kind.STRING, "region") - alone == Counter({"2 A": 1, None: 1})


@pytest.mark.parametrize(
    ("kind", "values", "stranger"),
    [
        (Kind.STRING, pa.array(["007", "8.0"]), pa.array([5])),
        (Kind.STRING, pa.array(["007", "8.0"]), pa.array([5.5])),
        (Kind.STRING, pa.array(["007", "8.0"]), pa.array([None], pa.null())),
        (Kind.NUMBER, pa.array([1.23456789012345]), pa.array([1.0], pa.float32())),
        (Kind.NUMBER, pa.array([1.5]), pa.array([1])),
        (Kind.DATETIME, pa.array([1_700_000_000_123_456], pa.timestamp("us")), pa.array([0], pa.timestamp("ms"))),
    ],
)
def test_a_file_of_other_types_leaves_the_others_alone(
    kind: Kind, values: pa.Array, stranger: pa.Array, tmp_path: Path
) -> None:
    """The stranger's file comes first: Arrow would give its types to all."""
    _parquet(tmp_path / "b.parquet", values)
    alone = _read(tmp_path, kind)
    _parquet(tmp_path / "a.parquet", stranger)
    beside = _read(tmp_path, kind)
    assert not alone - beside and (beside - alone).total() == 1


def test_folders_may_be_nested_and_validated(tmp_path: Path) -> None:
    _parquet(tmp_path / "year=2020" / "month=1" / "a.parquet", pa.array([7]))
    columns = tuple(Column(name=name, kind=Kind.INTEGER) for name in ("x", "year", "month"))
    with open_source(str(tmp_path)) as source:
        assert set(source.columns) == {"x", "year", "month"}
        assert validate(source, Schema(name="t", columns=columns)).rows == 1


def test_minus_zero_is_the_key_of_zero(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n" + "-0.0\n" * 3 + "0\n" * 2 + "1.5\n")
    schema = Schema(name="t", columns=(Column(name="x", kind=Kind.NUMBER),))
    with open_source(str(tmp_path / "a.csv")) as source:
        assert LocalEngine(source, schema).keys("x") == {"0": 5, "1.5": 1}
