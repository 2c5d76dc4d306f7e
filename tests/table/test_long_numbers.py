"""Whole numbers beyond 64 bits keep their digits, as text; no other column is taken for such."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthcli.errors import InputError
from synthcli.table.profile import Finding, propose
from synthcli.table.schema import Column, Kind, Role, Schema
from synthcli.table.source import open_source, validate

NOTE = "whole numbers beyond 64 bits: taken for text"
FIRST = 2**63


def _finding(path: Path) -> Finding:
    with open_source(str(path)) as source:
        proposal = propose(source, "t")
        validate(source, proposal.schema)
        return proposal.findings[-1]


def _of_csv(tmp_path: Path, values: list[object]) -> Finding:
    (tmp_path / "t.csv").write_text("\n".join(["other,n", *(f"x,{value}" for value in values)]) + "\n")
    return _finding(tmp_path / "t.csv")


def _of_parquet(tmp_path: Path, values: pa.Array) -> Finding:
    pq.write_table(pa.table({"other": ["x"] * len(values), "n": values}), tmp_path / "t.parquet")
    return _finding(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    "values",
    [
        [10**19 + i * 7 for i in range(400)],
        [-(10**21) - i for i in range(400)],
        [FIRST - 200 + i for i in range(400)],
        [*(10**16 + i for i in range(399)), FIRST],
        [*(10**20 + i for i in range(399)), "NA"],
        [f"+{10**20 + i}" for i in range(400)],
        [f"{10**20 + i}.0" for i in range(400)],
    ],
    ids=["20 digits", "negative", "around 2^63", "one of them", "missing", "signs", "fractions of zeros"],
)
def test_identifiers_of_many_digits_are_text_and_keys(tmp_path: Path, values: list[object]) -> None:
    found = _of_csv(tmp_path, values)
    assert (found.column.kind, found.column.role, found.column.flags) == (Kind.STRING, Role.DROP, ("key",))
    assert found.note.endswith(NOTE)
    assert found.missing == values.count("NA")


def test_codes_of_many_digits_are_categories_and_keep_them(tmp_path: Path) -> None:
    codes = [str(10**20 + i) for i in range(3)]
    found = _of_csv(tmp_path, codes * 100)
    assert (found.column.kind, found.column.role, found.note) == (Kind.STRING, Role.MODEL, NOTE)
    assert sorted(found.column.categories or ()) == codes
    schema = Schema(name="t", columns=(found.column,))
    with open_source(str(tmp_path / "t.csv")) as source:
        assert [value for batch in source.batches(schema) for value in batch["n"].to_pylist()] == codes * 100


@pytest.mark.parametrize(
    "values",
    [
        pa.array([FIRST + i * 7 for i in range(400)], pa.uint64()),
        pa.array([Decimal(10**20 + i) for i in range(400)], pa.decimal128(30, 0)),
    ],
    ids=["uint64", "decimal"],
)
def test_typed_whole_numbers_are_text_too(tmp_path: Path, values: pa.Array) -> None:
    found = _of_parquet(tmp_path, values)
    assert (found.column.kind, found.column.flags) == (Kind.STRING, ("key",))
    assert found.note.endswith(NOTE)


@pytest.mark.parametrize("values", [[FIRST - 1 - i for i in range(400)], [i - FIRST for i in range(400)]])
def test_what_64_bits_hold_are_integers(tmp_path: Path, values: list[object]) -> None:
    found = _of_csv(tmp_path, values)
    assert (found.column.kind, "64 bits" in found.note) == (Kind.INTEGER, False)


@pytest.mark.parametrize(
    "values",
    [
        [*(10**20 + i for i in range(399)), "0.5"],
        [f"{i}e20" for i in range(400)],
        [*(10**16 + i for i in range(399)), "inf"],
    ],
    ids=["a fraction", "exponents", "infinite"],
)
def test_numbers_stay_numbers(tmp_path: Path, values: list[object]) -> None:
    (tmp_path / "t.csv").write_text("\n".join(["other,n", *(f"x,{value}" for value in values)]) + "\n")
    with open_source(str(tmp_path / "t.csv")) as source:
        found = propose(source, "t").findings[-1]
    assert (found.column.kind, NOTE in found.note) == (Kind.NUMBER, False)


def test_fractions_of_a_data_frame_stay_numbers(tmp_path: Path) -> None:
    found = _of_parquet(tmp_path, pa.array([float(10**19 + i * 10**6) for i in range(400)]))
    assert (found.column.kind, found.note) == (Kind.NUMBER, "")


def test_an_odd_amount_does_not_make_amounts_text(tmp_path: Path) -> None:
    found = _of_csv(tmp_path, [*(i % 90 for i in range(399)), 10**20])
    assert (found.column.kind, found.note) == (Kind.NUMBER, "1 beyond 64 bits: 15 digits are kept")


@pytest.mark.parametrize(("cells", "says"), [((10**20, 1), "1 of 2"), ((10**20, -(10**30)), "2 of 2")])
def test_where_integers_are_declared_the_message_says_what_is_wrong(
    tmp_path: Path, cells: tuple[int, int], says: str
) -> None:
    (tmp_path / "t.csv").write_text("n\n" + "".join(f"{cell}\n" for cell in cells))
    schema = Schema(name="t", columns=(Column(name="n", kind=Kind.INTEGER),))
    with open_source(str(tmp_path / "t.csv")) as source, pytest.raises(InputError) as refused:
        validate(source, schema)
    assert refused.value.message == f"column 'n': {says} values are not integers of 64 bits: they have too many digits"
    assert "declare field 'n' as text (type: string)" in refused.value.hint
    assert str(10**20) not in refused.value.message + refused.value.hint
