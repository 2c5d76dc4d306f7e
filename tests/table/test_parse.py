"""Cells as text read as whole numbers, and typed cells that stand for missing values."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from synthcli.table.parse import parse
from synthcli.table.schema import Column, Kind

COLUMN = Column(name="v", kind=Kind.INTEGER)


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("+07", 7), ("-3", -3), ("0", 0), ("1.0", 1), ("-12.000", -12), ("007.0", 7), (" 5.0 ", 5)],
)
def test_whole_numbers_may_have_a_fraction_of_zeros(text: str, value: int) -> None:
    cells = parse(pa.array([text]).dictionary_encode(), COLUMN, ())
    assert (cells.values.to_pylist(), cells.unreadable.tolist()) == ([value], [False])


@pytest.mark.parametrize("text", ["1.5", "1.", ".0", "1.0.0", "1,0", "1e3", "0x1", "1.01"])
def test_anything_else_is_no_whole_number(text: str) -> None:
    cells = parse(pa.array([text]).dictionary_encode(), COLUMN, ())
    assert cells.unreadable.tolist() == [True]


TYPED = [
    (Kind.INTEGER, [1, -999], ("-999", ""), [1, None]),
    (Kind.INTEGER, [1.0, -999.0], ("-999",), [1, None]),
    (Kind.NUMBER, [0.5, float("inf"), -99.0], ("Inf", "-99"), [0.5, None, None]),
    (Kind.DATE, [date(2024, 1, 1), date(9999, 12, 31)], ("9999-12-31", "none"), [date(2024, 1, 1), None]),
    (Kind.NUMBER, [0.5, -99.0], ("?", ""), [0.5, -99.0]),
]


@pytest.mark.parametrize(("kind", "cells", "missing", "expected"), TYPED)
def test_typed_cells_are_missing_where_a_spelling_says_so(
    kind: Kind, cells: list[Any], missing: tuple[str, ...], expected: list[Any]
) -> None:
    found = parse(pa.array(cells), Column(name="v", kind=kind), missing)
    assert found.rows().to_pylist() == expected
    assert not found.infinite.any()
    assert not found.unreadable.any()


def test_the_other_infinity_stays_one() -> None:
    found = parse(pa.array([float("inf"), float("-inf")]), Column(name="v", kind=Kind.NUMBER), ("inf",))
    assert found.infinite.tolist() == [False, True]
