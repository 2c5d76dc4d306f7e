"""Several CSV files as one table: a folder, a glob, compressed or not."""

import gzip
from pathlib import Path

import pytest

from synthcli.errors import InputError
from synthcli.table.dialect import Dialect
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.source import open_source, validate

SCHEMA = Schema(name="t", columns=(Column(name="a", kind=Kind.INTEGER), Column(name="b", kind=Kind.STRING)))


def _rows(place: Path | str, dialect: Dialect | None = None) -> list[tuple[int, str]]:
    source = open_source(str(place), dialect)
    rows = [row for batch in source.batches(SCHEMA) for row in batch.to_pylist()]
    assert validate(source, SCHEMA).rows == len(rows)
    return [(row["a"], row["b"]) for row in rows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "1.csv").write_text("a;b\n1;x\n2;y\n")
    (tmp_path / "deep" / "2.CSV.gz").write_bytes(gzip.compress(b"a;b\n3;x\n"))
    (tmp_path / "part-0.tsv").write_text("b;a\nz;4\n")
    for name in ("_SUCCESS", ".part-0.tsv.crc", "README.txt", "_old.csv"):
        (tmp_path / name).write_text("neither a table nor a part of one\n")
    return tmp_path


def test_a_folder_is_one_table_in_the_order_of_its_names(folder: Path) -> None:
    assert _rows(folder) == [(1, "x"), (2, "y"), (3, "x"), (4, "z")]
    parts = [(folder / name).read_bytes() for name in ("deep/1.csv", "deep/2.CSV.gz", "part-0.tsv")]
    assert b"".join(open_source(str(folder)).raw_chunks()) == b"".join(parts)


def test_a_glob_is_one_table(folder: Path) -> None:
    assert _rows(folder / "deep" / "*.csv") == [(1, "x"), (2, "y")]
    assert _rows(folder / "deep" / "*") == [(1, "x"), (2, "y"), (3, "x")]


def test_the_first_files_dialect_is_that_of_all(folder: Path) -> None:
    assert open_source(str(folder)).dialect == Dialect(delimiter=";", encoding="utf-8", quote='"', header=True)
    (folder / "part-1.tsv").write_text("a,b\n5,x\n")
    with pytest.raises(InputError, match="1 of 4 CSV files have other columns than") as refused:
        open_source(str(folder))
    assert refused.value.details == (str(folder / "part-1.tsv"),)


def test_files_without_a_header_have_the_same_width(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("1,x\n2,y\n")
    (tmp_path / "2.csv").write_text("3,z\n")
    assert open_source(str(tmp_path)).columns == ("field1", "field2")
    (tmp_path / "3.csv").write_text("3,z,w\n")
    with pytest.raises(InputError, match="other columns"):
        open_source(str(tmp_path))


def test_two_kinds_of_files_are_not_one_table(folder: Path) -> None:
    (folder / "more.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="both Parquet and CSV"):
        open_source(str(folder))


def test_what_is_wrong_in_one_file_names_it(folder: Path) -> None:
    (folder / "part-1.tsv").write_text('a;b\n5;"x\n')
    with pytest.raises(InputError, match=r"part-1\.tsv: a quote that is opened in line 2 is not closed"):
        _rows(folder)
