"""Ranks compare values as they are written."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.rules.ranks import places_of, ranks_between
from synthcli.table.schema import Column, Kind

TENTHS = Column(name="x", kind=Kind.NUMBER, decimals=1)


def test_a_value_below_an_edge_is_not_written_as_the_edge() -> None:
    first, last = np.array([4.9, 5.0]), np.array([np.nextafter(5.0, 0.0), 5.0])
    least, most = ranks_between(first, last, TENTHS)
    assert least.tolist() == [49, 50]
    assert most.tolist() == [49, 50]


@given(st.floats(-1e6, 1e6), st.floats(0, 10))
def test_all_that_lies_between_is_inside(first: float, width: float) -> None:
    low, high = np.array([first]), np.array([first + width])
    least, most = ranks_between(low, high, TENTHS)
    if width > 0.2:
        assert low[0] <= places_of(least, TENTHS)[0] <= places_of(most, TENTHS)[0] <= high[0]
        assert places_of(least - 1, TENTHS)[0] < low[0]
        assert places_of(most + 1, TENTHS)[0] > high[0]
