"""Cells as text read as whole numbers."""

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
