import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.digest import digests

KEY = bytes(range(32))
days = st.dates(datetime.date(1800, 1, 1), datetime.date(2200, 1, 1))
moments = st.datetimes(datetime.datetime(1800, 1, 1), datetime.datetime(2200, 1, 1))
columns = st.one_of(
    st.tuples(st.just(pa.string()), st.lists(st.none() | st.text(max_size=3))),
    st.tuples(st.just(pa.int64()), st.lists(st.none() | st.integers(-3, 3))),
    st.tuples(st.just(pa.float64()), st.lists(st.none() | st.floats(allow_nan=False))),
    st.tuples(st.just(pa.bool_()), st.lists(st.none() | st.booleans())),
    st.tuples(st.just(pa.date32()), st.lists(st.none() | days)),
    st.tuples(st.just(pa.timestamp("us")), st.lists(st.none() | moments)),
)


@pytest.mark.parametrize("words", [1, 2])
@given(column=columns)
def test_equal_cells_and_no_others_get_equal_numbers(words: int, column) -> None:
    kind, values = column
    spelled = digests(pa.array(values, kind), KEY, words)
    assert spelled.dtype == np.uint64 and spelled.shape == (len(values), words)
    for i, a in enumerate(values):
        for j, b in enumerate(values):
            assert np.array_equal(spelled[i], spelled[j]) == (a == b)


def test_both_zeros_and_all_that_is_missing_are_one() -> None:
    spelled = digests(pa.array([0.0, -0.0, None, float("nan")]), KEY)
    assert spelled[0] == spelled[1] != spelled[2] == spelled[3]


def test_numbers_do_not_depend_on_the_batch_but_on_the_key() -> None:
    one, other = pa.array(["x", "y", None]), pa.array(["y"])
    assert digests(one, KEY)[1] == digests(other, KEY)[0] != digests(other, bytes(32))[0]
