import numpy as np
import pyarrow as pa
import pytest

from synthcli.audit.block import Block, blocks, concatenate
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.schema import Kind

KEY = bytes(range(32))


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
