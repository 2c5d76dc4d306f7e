import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.privacy.row_set import RowSet


@given(st.data())
def test_any_stretch_is_that_of_the_whole(data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 70))
    numbers = data.draw(st.sets(st.integers(0, rows - 1)) if rows else st.just(set()))
    found = RowSet.of(rows, np.array(sorted(numbers), dtype=np.int64))
    assert set(found.numbers()) == numbers
    start = data.draw(st.integers(0, rows))
    count = data.draw(st.integers(0, rows - start))
    assert found.mask(start, count).tolist() == [row in numbers for row in range(start, start + count)]


def test_what_lies_beyond_the_table_is_refused() -> None:
    with pytest.raises(IndexError):
        RowSet.of(3, np.array([3]))
    for start, count in ((-1, 2), (2, 9), (2, -1)):
        with pytest.raises(ValueError):
            RowSet.of(10, np.array([3])).mask(start, count)
    for rows, bits in ((9, [0]), (-1, []), (3, [0b00010000]), (0, [0])):
        with pytest.raises(ValueError):
            RowSet(rows, np.array(bits, dtype=np.uint8))
