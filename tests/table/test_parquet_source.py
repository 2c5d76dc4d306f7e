"""Parquet in: one file, a folder, a glob; every Arrow type that has a canonical one."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthcli.errors import InputError
from synthcli.table.schema import Column, Kind, Role, Schema
from synthcli.table.source import Source, open_source, validate

PARQUET = pa.table(
    {
        "word": pa.array(["a", None, "b"]).dictionary_encode(),
        "n": pa.array([1, None, 3], pa.int32()),
        "x": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(9, 2)),
        "f": pa.array([1.0, float("nan"), 3.0], pa.float32()),
        "t": pa.array([datetime(2020, 1, 1, 12), None, datetime(1969, 1, 1)], pa.timestamp("ns", "Europe/Zurich")),
        "d": pa.array([datetime(2020, 1, 1), None, datetime(1969, 1, 1)], pa.timestamp("ms")),
        "at": pa.array([time(8, 30), None, time(23, 59, 59)], pa.time32("ms")),
        "zip": pa.array([123, None, 45]),
        "large": pa.array(["?", "y", "z"], pa.large_string()),
        "flag": pa.array([1, 0, None], pa.int8()),
    }
)
TYPED = Schema(
    name="t",
    missing_values=("", "?"),
    columns=tuple(
        Column(name=name, kind=kind)
        for name, kind in {
            "word": Kind.STRING,
            "n": Kind.INTEGER,
            "x": Kind.NUMBER,
            "f": Kind.INTEGER,
            "t": Kind.DATETIME,
            "d": Kind.DATE,
            "at": Kind.TIME,
            "zip": Kind.STRING,
            "large": Kind.STRING,
            "flag": Kind.BOOLEAN,
        }.items()
    ),
)
DROPPED = Column(name="n", kind=Kind.STRING, role=Role.DROP)
EXPECTED = [
    ("a", 1, 1.5, 1, datetime(2020, 1, 1, 12), date(2020, 1, 1), time(8, 30), "123", None, True),
    (None, None, None, None, None, None, None, None, "y", False),
    ("b", 3, -2.25, 3, datetime(1969, 1, 1), date(1969, 1, 1), time(23, 59, 59), "45", "z", None),
]


def _rows(source: Source, schema: Schema) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for batch in source.batches(schema) for row in batch.to_pylist()]


def test_parquet_types_are_cast(tmp_path: Path) -> None:
    pq.write_table(PARQUET, tmp_path / "t.parquet")
    with open_source(str(tmp_path / "t.parquet")) as source:
        assert validate(source, TYPED).rows == 3
        assert _rows(source, TYPED) == EXPECTED


def test_folders_and_globs(tmp_path: Path) -> None:
    for i in range(3):
        pq.write_table(PARQUET.slice(i, 1), tmp_path / f"part-{i}.parquet")
    (tmp_path / "_SUCCESS").touch()
    assert _rows(open_source(str(tmp_path)), TYPED) == EXPECTED
    assert _rows(open_source(str(tmp_path / "part-[01]*.parquet")), TYPED) == EXPECTED[:2]
    pq.write_table(PARQUET.select(["n"]), tmp_path / "other.parquet")
    with pytest.raises(InputError, match="different columns"):
        open_source(str(tmp_path))


def test_parquet_that_does_not_match(tmp_path: Path) -> None:
    table = pa.table({"f": [1.5, 2.0], "n": [[1], [2]]})
    pq.write_table(table, tmp_path / "t.parquet")
    source = open_source(str(tmp_path / "t.parquet"))
    fraction = Schema(name="t", columns=(Column(name="f", kind=Kind.INTEGER),))
    with pytest.raises(InputError, match="'f': 1 of 2 values are not integers"):
        _rows(source, fraction)
    nested = Schema(name="t", columns=(Column(name="n", kind=Kind.STRING),))
    with pytest.raises(InputError, match="nested or binary values in: 'n'"):
        _rows(source, nested)
    assert source.unreadable == ("n",)
    assert validate(source, Schema(name="t", columns=(Column(name="f", kind=Kind.NUMBER), DROPPED))).rows == 2
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(InputError, match="not a readable Parquet"):
        open_source(str(tmp_path / "broken.parquet"))
    (tmp_path / "caf\udce9.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(InputError, match="is not UTF-8"):
        open_source(str(tmp_path / "caf\udce9.parquet"))


@pytest.mark.parametrize("twin", ["1.parquet", "2.parquet"])
def test_two_columns_of_one_name_are_told_in_whichever_file(tmp_path: Path, twin: str) -> None:
    for name in ("1.parquet", "2.parquet"):
        columns = ["a", "b", "a"] if name == twin else ["a", "b"]
        values = [pa.array([1, 2])] * len(columns)
        pq.write_table(pa.table(values, names=columns), tmp_path / name)
    for place in (tmp_path / twin, tmp_path):
        with pytest.raises(InputError, match=r"more than one column is named 'a'$") as caught:
            open_source(str(place))
        assert caught.value.hint == "rename them in the file"


def test_names_of_folders_are_columns_and_points_in_names_are_not_special(tmp_path: Path) -> None:
    for year, place in (("2020", "a b"), ("2021", "c")):
        folder = tmp_path / f"year={year}" / f"place={place}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"n": [1, 2], "n.more": [3, 4]}), folder / "t.parquet", row_group_size=1)
    kinds = {"n.more": Kind.INTEGER, "year": Kind.INTEGER, "n": Kind.INTEGER, "place": Kind.STRING}
    schema = Schema(name="t", columns=tuple(Column(name=name, kind=kind) for name, kind in kinds.items()))
    with open_source(str(tmp_path)) as source:
        assert _rows(source, schema) == [(3, 2020, 1, "a b"), (4, 2020, 2, "a b"), (3, 2021, 1, "c"), (4, 2021, 2, "c")]
        alone = Schema(name="t", columns=(schema.columns[1],))
        assert _rows(source, alone) == [(2020,), (2020,), (2021,), (2021,)]
