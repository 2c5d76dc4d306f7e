import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.block import Block, blocks, concatenate, spell
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.schema import Kind

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


@given(columns)
def test_equal_cells_and_no_others_get_equal_numbers(column) -> None:
    kind, values = column
    spelled = spell(pa.array(values, kind), KEY)
    assert spelled.dtype == np.uint64
    for i, a in enumerate(values):
        for j, b in enumerate(values):
            assert (spelled[i] == spelled[j]) == (a == b)


def test_both_zeros_and_all_that_is_missing_are_one() -> None:
    spelled = spell(pa.array([0.0, -0.0, None, float("nan")]), KEY)
    assert spelled[0] == spelled[1] != spelled[2] == spelled[3]


def test_numbers_do_not_depend_on_the_batch_but_on_the_key() -> None:
    one, other = pa.array(["x", "y", None]), pa.array(["y"])
    assert spell(one, KEY)[1] == spell(other, KEY)[0] != spell(other, bytes(32))[0]


def test_batches_become_blocks_in_the_order_of_the_domain() -> None:
    encoder = CategoryEncoder(values=("p", "q"), type=Kind.STRING, missing=True, other=False)
    codec = Codec((ColumnCodec("a", encoder), ColumnCodec("b", encoder)))
    batch = pa.RecordBatch.from_pydict({"b": ["q", None], "other": [1, 2], "a": ["p", "q"]})
    first, second = blocks([batch, batch], codec, KEY)
    assert first.codes.tolist() == [[0, 1], [1, 2]]
    assert np.array_equal(first.spelled, second.spelled)
    assert len(concatenate([first, second[:1]])) == 3


def test_a_cell_without_a_spelling_is_refused() -> None:
    with pytest.raises(ValueError):
        Block(np.zeros((2, 3), np.uint32), np.zeros((3, 3), np.uint64))
