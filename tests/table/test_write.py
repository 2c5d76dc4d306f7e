"""Rows out: what is written reads back as it was, whole or not at all."""

import csv
import re
import subprocess
import sys
import uuid
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import InputError, UsageError
from synthcli.table import csv_text
from synthcli.table.axis import ARROW_TYPES
from synthcli.table.dialect import Dialect
from synthcli.table.schema import Column, Kind, Role, Schema, Surrogate
from synthcli.table.source import open_source
from synthcli.table.spell import spell
from synthcli.table.write import open_writer

SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="row", kind=Kind.INTEGER, role=Role.SURROGATE, surrogate=Surrogate("sequence")),
        Column(name="code", kind=Kind.INTEGER, categories=("01", "2")),
        Column(name="secret", kind=Kind.STRING, role=Role.DROP),
        Column(name="price", kind=Kind.NUMBER, decimals=2, missing_values=("?", "")),
        Column(name="day", kind=Kind.DATE, format="%d.%m.%Y"),
        Column(name="when", kind=Kind.DATETIME),
        Column(name="at", kind=Kind.TIME, format="%H:%M"),
        Column(name="ok", kind=Kind.BOOLEAN, true_values=("yes",), false_values=("no",)),
        Column(name="word", kind=Kind.STRING),
        Column(name="id", kind=Kind.STRING, role=Role.SURROGATE, surrogate=Surrogate("uuid")),
        Column(name="plate", kind=Kind.STRING, role=Role.SURROGATE, surrogate=Surrogate("pattern", "\\A-Aa 99\\\\")),
    ),
)
BATCH = pa.RecordBatch.from_pydict(
    {
        "word": pa.array(['a,"b"', "c\nd", None]),
        "code": pa.array([1, 2, None]),
        "price": pa.array([1.0, -0.001, None]),
        "day": pa.array([date(2020, 1, 2), None, date(999, 12, 31)]),
        "when": pa.array([datetime(2020, 1, 2, 3, 4, 5), None, None], pa.timestamp("us")),
        "at": pa.array([time(23, 4, 59), None, time(0, 0, 1)], pa.time64("us")),
        "ok": pa.array([True, False, None]),
    }
)


def _write(path: Path, seed: int = 1, batches: int = 2) -> None:
    with open_writer(str(path), SCHEMA, rng=np.random.default_rng(seed)) as writer:
        for _ in range(batches):
            writer.write(BATCH)


def test_csv_is_spelt_as_the_schema_says(tmp_path: Path) -> None:
    _write(tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text("utf-8").splitlines()
    assert lines[0] == "row,code,price,day,when,at,ok,word,id,plate"
    assert lines[1].startswith('1,01,1.00,02.01.2020,2020-01-02T03:04:05,23:04,yes,"a,""b""",')
    assert lines[2].startswith('2,2,0.00,,,,no,"c')
    assert lines[4].startswith("3,,?,31.12.0999,,00:00,,,")
    assert lines[5].startswith("4,01,")
    identifiers = [line.rsplit(",", 2)[1:] for line in (lines[1], lines[4], lines[5])]
    assert all(uuid.UUID(identifier).version == 4 for identifier, _ in identifiers)
    assert all(re.fullmatch(r"A-[A-Z][a-z] [0-9]{2}\\", plate) for _, plate in identifiers)
    assert len({identifier for identifier, _ in identifiers}) == 3


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        _write(tmp_path / f"{name}.csv", seed)
    a, b, c = ((tmp_path / f"{name}.csv").read_bytes() for name in "abc")
    assert a == b != c


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    expected = BATCH.select(["code", "price", "day", "when", "at", "ok", "word"]).to_pylist()
    expected[1]["price"] = 0.0
    expected[0]["at"], expected[2]["at"] = time(23, 4), time(0, 0)
    for name in ("t.csv", "t.parquet"):
        _write(tmp_path / name, batches=1)
        with open_source(str(tmp_path / name)) as source:
            rows = [row for batch in source.batches(SCHEMA) for row in batch.to_pylist()]
        assert rows == expected


def test_parquet_has_canonical_types(tmp_path: Path) -> None:
    _write(tmp_path / "t.parquet")
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.schema.field("price").type == pa.float64()
    assert table.schema.field("day").type == pa.date32()
    assert table.schema.field("id").type == pa.string()
    assert table["row"].to_pylist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", datetime(2020, 1, 2, 3, 4, 5)),
        ("%d/%m/%Y %I:%M %p", datetime(2020, 1, 2, 3, 4)),
        ("%Y%m%d", datetime(2020, 1, 2)),
        ("default", datetime(2020, 1, 2, 3, 4, 5, 678)),
    ],
)
def test_parquet_holds_no_finer_times_than_the_format_has(tmp_path: Path, pattern: str, expected: datetime) -> None:
    schema = Schema(name="t", columns=(Column(name="when", kind=Kind.DATETIME, format=pattern),))
    moments = pa.array([datetime(2020, 1, 2, 3, 4, 5, 678)], pa.timestamp("us"))
    with open_writer(str(tmp_path / "t.parquet"), schema) as writer:
        writer.write(pa.RecordBatch.from_arrays([moments], names=["when"]))
    assert pq.read_table(tmp_path / "t.parquet")["when"].to_pylist() == [expected]


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=8)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.none() | TEXT, st.none() | st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=30),
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_any_table_survives_a_csv_file(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[tuple[str | None, int | None]],
    numbers: list[float | None],
    delimiter: str,
) -> None:
    path = str(tmp_path_factory.getbasetemp() / "any.csv")
    columns = (
        Column(name="s", kind=Kind.STRING),
        Column(name="i", kind=Kind.INTEGER),
        Column(name="x", kind=Kind.NUMBER),
    )
    schema = Schema(name="t", columns=columns)
    data = {
        "s": [s for s, _ in cells],
        "i": [i for _, i in cells],
        "x": [numbers[k % len(numbers)] for k in range(len(cells))],
    }
    batch = pa.RecordBatch.from_arrays(
        [pa.array(data[c.name], ARROW_TYPES[c.kind]) for c in columns], names=["s", "i", "x"]
    )
    with open_writer(path, schema, delimiter=delimiter, force=True) as writer:
        writer.write(batch)
    with open_source(path, Dialect.of(delimiter=delimiter, header=True, encoding="utf-8", quote='"')) as source:
        assert [row for b in source.batches(schema) for row in b.to_pylist()] == batch.to_pylist()


@given(st.integers(0, 9), st.data())
def test_numbers_have_their_decimals(decimals: int, data: st.DataObject) -> None:
    """Multiples of 10^-decimals, as they are drawn, of any size and sign: as Python writes them."""
    most = data.draw(st.sampled_from([10, 10**6, 10**15, 10**17]))
    numbers = [n / 10**decimals for n in data.draw(st.lists(st.integers(-most, most), max_size=9))]
    text = spell(
        pa.array([*numbers, None], pa.float64()), Column(name="x", kind=Kind.NUMBER, decimals=decimals), ("?",)
    )
    assert text.to_pylist() == [*(f"{number + 0.0:.{decimals}f}" for number in numbers), "?"]


@given(st.lists(st.none() | TEXT, min_size=1, max_size=10))
def test_a_single_column_survives(tmp_path_factory: pytest.TempPathFactory, values: list[str | None]) -> None:
    path = str(tmp_path_factory.getbasetemp() / "single.csv")
    schema = Schema(name="t", columns=(Column(name="s", kind=Kind.STRING),))
    with open_writer(path, schema, force=True) as writer:
        writer.write(pa.RecordBatch.from_arrays([pa.array(values, pa.string())], names=["s"]))
    with open_source(path, Dialect.of(delimiter=",", header=True, encoding="utf-8", quote='"')) as source:
        assert [v for b in source.batches(schema) for v in b.column("s").to_pylist()] == values


@settings(deadline=None)
@given(st.data(), st.sampled_from([",", ";", " ", "^"]), st.sampled_from([1, 3, 9, 8192]))
def test_dictionaries_are_written_like_the_values_they_stand_for(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, delimiter: str, most: int
) -> None:
    """Runs of dictionaries between plain columns, batch after batch, with the dictionary of old or another one."""
    count = data.draw(st.integers(1, 5))
    schema = Schema(name="t", columns=tuple(Column(name=f"c{i}", kind=Kind.STRING) for i in range(count)))
    texts = st.sampled_from(["a", "b", "", " ", '"', "x;y", "1,2", "^", "\n"])
    batches = []
    dictionaries = [data.draw(st.lists(texts, min_size=1, max_size=4, unique=True)) for _ in range(count)]
    for _ in range(data.draw(st.integers(1, 3))):
        rows, arrays = data.draw(st.integers(0, 6)), []
        for i in range(count):
            if data.draw(st.integers(0, 9)) == 0:
                dictionaries[i] = data.draw(st.lists(texts, min_size=1, max_size=4, unique=True))
            index = data.draw(st.lists(st.integers(0, len(dictionaries[i])), min_size=rows, max_size=rows))
            listed = pa.array([*dictionaries[i], None], pa.string())
            array = pa.DictionaryArray.from_arrays(pa.array(index, pa.uint8()), listed)
            arrays.append(array if data.draw(st.booleans()) else array.dictionary_decode())
        batches.append(pa.RecordBatch.from_arrays(arrays, names=[c.name for c in schema.columns]))
    written = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_text, "_MOST_PIECES", most)
        for name in ("compact.csv", "plain.csv", "compact.parquet", "plain.parquet"):
            path = tmp_path_factory.getbasetemp() / name
            with open_writer(str(path), schema, delimiter=delimiter, force=True) as writer:
                for batch in batches:
                    writer.write(batch if name.startswith("compact") else _plain(batch))
            written[name] = path.read_bytes() if name.endswith("csv") else pq.read_table(path).to_pylist()
    assert written["compact.csv"] == written["plain.csv"]
    assert written["compact.parquet"] == written["plain.parquet"]
    with (tmp_path_factory.getbasetemp() / "compact.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file, delimiter=delimiter))[1:]
    assert lines == [[v or "" for v in row.values()] for b in batches for row in _plain(b).to_pylist()]


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([c.cast(pa.string()) for c in batch.columns], names=batch.schema.names)


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with open_writer("-", SCHEMA, rng=np.random.default_rng(0)) as writer:
        writer.write(BATCH.slice(0, 0))
    assert capfdbinary.readouterr().out == b"row,code,price,day,when,at,ok,word,id,plate\n"


def test_nothing_is_left_after_a_failure(tmp_path: Path) -> None:
    for name in ("t.csv", "t.parquet"):
        with pytest.raises(RuntimeError), open_writer(str(tmp_path / name), SCHEMA) as writer:
            writer.write(BATCH)
            raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    for path, error in (("t.xlsx", UsageError), ("there.csv", UsageError), ("no/t.csv", InputError)):
        with pytest.raises(error), open_writer(str(tmp_path / path), SCHEMA):
            pytest.fail("opened")


_OVERFLOW = """
import resource, sys
import pyarrow as pa
from synthcli.errors import InputError
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.write import open_writer
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
batch = pa.RecordBatch.from_pydict({"n": pa.array(range(20_000))})
try:
    with open_writer(sys.argv[1], Schema(name="t", columns=(Column(name="n", kind=Kind.INTEGER),))) as writer:
        for _ in range(100):
            writer.write(batch)
except InputError as error:
    print(error.message)
"""


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_no_more_space(tmp_path: Path, name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _OVERFLOW, str(tmp_path / name)], capture_output=True, text=True, check=True
    )
    assert "File too large" in run.stdout
    assert list(tmp_path.iterdir()) == []
