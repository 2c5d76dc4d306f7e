"""Files in: whatever way a CSV is written, the same rows come out; what is wrong is counted, never quoted."""

import bz2
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from synthcli.errors import InputError, UsageError
from synthcli.table.dialect import Dialect
from synthcli.table.schema import Column, Kind, Role, Schema
from synthcli.table.source import Source, open_source, validate

ROWS = [("café", 1, 2.5), ('say "hi"', None, -1.0), ("two\nlines", 3, None), (None, 4, 0.0)]
SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="word", kind=Kind.STRING),
        Column(name="n", kind=Kind.INTEGER),
        Column(name="x", kind=Kind.NUMBER),
    ),
)
PLAIN = 'word,n,x\ncafé,1,2.5\n"say ""hi""",,-1.0\n"two\nlines",3,\n,4,0\n'


def _rows(source: Source, schema: Schema = SCHEMA) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for batch in source.batches(schema) for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("encoding", "change"),
    [
        ("utf-8", lambda text: text),
        ("utf-8-sig", lambda text: text),
        ("utf-8", lambda text: text.replace("two\nlines", "two\v").replace("\n", "\r\n").replace("\v", "\nlines")),
        ("utf-8", lambda text: text.replace(",", ";")),
        ("utf-8", lambda text: text.replace(",", "\t")),
        ("utf-8", lambda text: text.replace(",", "|")),
        ("latin-1", lambda text: text),
        ("utf-16", lambda text: text),
        ("utf-16-le", lambda text: text),
        ("utf-8", lambda text: text + "\n\n"),
        ("utf-8", lambda text: text.rstrip("\n")),
    ],
)
def test_every_dialect_gives_the_same_rows(tmp_path: Path, encoding: str, change: Callable[[str], str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(change(PLAIN).encode(encoding))
    with open_source(str(path)) as source:
        assert source.columns == ("word", "n", "x")
        assert _rows(source) == ROWS
        assert _rows(source) == ROWS
        assert validate(source, SCHEMA).rows == 4


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lambda raw: pa.compress(raw, "zstd", asbytes=True)])
def test_compressed_files(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "t.csv.anything"
    raw = compress(PLAIN.encode())
    path.write_bytes(raw)
    with open_source(str(path)) as source:
        assert _rows(source) == ROWS
        assert b"".join(source.raw_chunks()) == raw


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(PLAIN.encode() * 100)[:-30])
    with pytest.raises(InputError, match=r"damaged|to its end"):
        _rows(open_source(str(path)))


def test_standard_input_is_spooled_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PLAIN.encode())))
    with open_source("-") as source:
        path = source._files[0].path
        assert path.stat().st_mode & 0o777 == 0o600
        assert _rows(source) == ROWS
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("1,2\n3,4\n", ("field1", "field2")),
        ("a,b\nx,y\nz,w\n", ("a", "b")),
        ("f,m\nm,f\nf,f\n", ("field1", "field2")),
        (",a\n1,2\n", ("field1", "a")),
        ("only\nx\n\ny\n", ("only",)),
        ('"a;b";c\n"1;2";3\n"4";5\n', ("a;b", "c")),
        ("'a';'b'\n'x;y';'z'\n'u';'v'\n", ("a", "b")),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ("a", "b")),
        ("name\n", ("name",)),
        ("a\u2028b,c\x0bd\n1,2\n", ("a\u2028b", "c\x0bd")),
    ],
)
def test_detection(tmp_path: Path, text: str, columns: tuple[str, ...]) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert open_source(str(tmp_path / "t.csv")).columns == columns


def test_what_is_said_is_not_detected(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1;2\n3;4\n")
    source = open_source(
        str(tmp_path / "t.csv"), Dialect.of(delimiter="comma", header=True, quote="", encoding="cp1252")
    )
    assert source.columns == ("1;2",)
    assert source.dialect == Dialect(delimiter=",", encoding="cp1252", quote="", header=True)
    schema = Schema(name="t", columns=(Column(name="1;2", kind=Kind.STRING),))
    assert _rows(source, schema) == [("3;4",)]


@pytest.mark.parametrize("wrong", [{"delimiter": "ab"}, {"delimiter": "\n"}, {"quote": "''"}, {"encoding": "klingon"}])
def test_impossible_dialects(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Dialect.of(**wrong)  # type: ignore[arg-type]


def test_a_last_cell_may_end_with_a_line_break(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\nx,"y\n"\n')
    schema = Schema(name="t", columns=(Column(name="a", kind=Kind.STRING),))
    assert _rows(open_source(str(tmp_path / "t.csv")), schema) == [("x",)]


def test_an_empty_line_is_a_missing_value_of_a_single_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n\n1\n\n3\n")
    schema = Schema(name="t", columns=(Column(name="n", kind=Kind.INTEGER),))
    assert _rows(open_source(str(tmp_path / "t.csv")), schema) == [(1,), (None,), (3,)]


WIDE = Schema(
    name="t",
    missing_values=("", "?"),
    columns=(
        Column(name="i", kind=Kind.INTEGER, minimum=0, maximum=9, required=True),
        Column(name="x", kind=Kind.NUMBER),
        Column(name="s", kind=Kind.STRING, categories=("a", "b")),
        Column(name="d", kind=Kind.DATE, format="%d/%m/%Y"),
        Column(name="b", kind=Kind.BOOLEAN),
        Column(name="u", kind=Kind.STRING, unique=True),
        Column(name="o", kind=Kind.INTEGER, minimum=0, maximum=1, observed=frozenset({"minimum", "maximum"})),
        Column(name="gone", kind=Kind.INTEGER),
        Column(name="dropped", kind=Kind.INTEGER, role=Role.DROP),
    ),
)
BAD = """i,x,s,d,b,u,o,new
1,1.5,a,01/02/2020,true,k1,7,z
77,inf,a,31/02/2020,maybe,k1,7,z
-5,SECRET,SECRET,2020-01-01,1,k2,7,z
?,?,?,?,?,?,?,?
SECRET,1e999,b,01/02/2020,0,k2,7,z
1,2
1.5,1_000,b,01/02/2020,0,k3,7,z\0
"""


def test_every_problem_is_counted_at_once(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(BAD)
    with pytest.raises(InputError) as caught:
        validate(open_source(str(tmp_path / "t.csv")), WIDE)
    error = caught.value
    lines = [line.split(";")[0] for line in error.details]
    assert lines == [
        "column 'gone' of the schema is not in the table",
        "column 'new' is not in the schema",
        f"{tmp_path}/t.csv has 1 row(s) with another number of fields than the header",
        "column 'i': 2 of 6 values are not integers",
        "column 'i': 1 of 6 values are missing, though required",
        "column 'i': 1 of 6 values lie below the minimum",
        "column 'i': 1 of 6 values lie above the maximum",
        "column 'x': 2 of 6 values are not numbers",
        "column 'x': 2 of 6 values are infinite",
        "column 's': 1 of 6 values are not in the list of categories",
        "column 'd': 2 of 6 values are not dates of the declared format",
        "column 'b': 1 of 6 values are not booleans",
        "column 'u': 2 of 6 values repeat another, though unique",
    ]
    said = f"{error.message} {error.hint} {error.details}"
    for value in ("SECRET", "77", "31/02", "1_000", "maybe", "k1"):
        assert value not in said
    assert "constraints.minimum of field 'i'" in said


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"word,n,x\n", "has no rows"),
        (b"word,word,n,x\na,b,1,2\n", "more than one column is named 'word'"),
        (b"word,n\na,1\n", "column 'x' of the schema is not in the table"),
        (b"word,n,x\na,1,2\nb,1\n", r"1 row\(s\) with another number of fields"),
        (b"word,n,x\na,1,2\nb,1,2,3\n", r"1 row\(s\) with another number of fields"),
        (b'word,n,x\na,1,2\nb,1,"2\nc,3,4\n', "opened in line 3 is not closed"),
        (b'word,n,x\na,1,2\n"b,1,2\nc,3,4\n', "opened in line 3 is not closed"),
        (b"word,n,x\na\0b,1,2\n", "'word': 1 of 1 values hold a NUL byte"),
        (b"word,n,x\na,99999999999999999999,2\n", "'n': 1 of 1 values are not integers"),
    ],
)
def test_single_problems(tmp_path: Path, raw: bytes, message: str) -> None:
    (tmp_path / "t.csv").write_bytes(raw)
    with pytest.raises(InputError, match=message) as caught:
        validate(open_source(str(tmp_path / "t.csv")), SCHEMA)
    assert caught.value.hint


def test_undecodable_bytes_are_told_when_the_encoding_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"word,n,x\nca\xe9,1,2\n")
    with pytest.raises(InputError, match="bytes that are not utf-8") as caught:
        validate(open_source(str(tmp_path / "t.csv"), Dialect.of(encoding="utf-8")), SCHEMA)
    assert "--encoding" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_text_without_the_byte_order_mark_that_its_encoding_wants(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.csv").write_text(PLAIN)
    with pytest.raises(InputError, match=f"t.csv has bytes that are not {encoding}"):
        validate(open_source(str(tmp_path / "t.csv"), Dialect.of(encoding=encoding)), SCHEMA)


@pytest.mark.parametrize("name", ["undefined", "idna", "punycode", "base64", "rot13", "a\0b", ""])
def test_what_is_no_encoding_of_text_files_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no such text encoding"):
        Dialect.of(encoding=name)


@pytest.mark.parametrize("name", ["ascii", "utf-7", "utf-8-sig", "UTF8", "utf-16-be", "utf-32", "cp037", "gb18030"])
def test_encodings_of_text_files_are_known(tmp_path: Path, name: str) -> None:
    (tmp_path / "t.csv").write_bytes("word,n,x\none,1,2.5\n".encode(name))
    with open_source(str(tmp_path / "t.csv"), Dialect.of(encoding=name)) as source:
        assert _rows(source) == [("one", 1, 2.5)]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("path", ["d/p.csv", "d", "d/*", "/dev/null"])
def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d").mkdir()
    os.mkfifo("d/p.csv")
    with pytest.raises(InputError, match=r"(d/p.csv|/dev/null) is not a regular file") as caught:
        open_source(path)
    assert "| synthcli profile - --name NAME" in caught.value.hint


def test_one_damaged_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("word,n,x\né,1,2\nü,1,2\n".encode() * 9 + b"\xe9,1,2\n")
    with pytest.raises(InputError, match="UTF-8 with some damaged bytes"):
        open_source(str(tmp_path / "t.csv"))


def test_other_alphabets_are_told_apart(tmp_path: Path) -> None:
    text = "город,n,x\n" + "Москва и область,1,2\nСанкт-Петербург на Неве,3,4\n" * 40
    (tmp_path / "t.csv").write_bytes(text.encode("cp1251"))
    assert open_source(str(tmp_path / "t.csv")).columns == ("город", "n", "x")


def test_batches_refuse_by_count_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("word,n,x\na,SECRET,1\n")
    with pytest.raises(InputError, match="'n': 1 of 1 values are not integers") as caught:
        _rows(open_source(str(tmp_path / "t.csv")))
    assert "SECRET" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("path", ["no.csv", "no*.parquet", "."])
def test_nothing_to_read(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError):
        open_source(path)
