import numpy as np
import pyarrow as pa
import pytest

from synthcli.audit.block import Block, blocks, concatenate
from synthcli.audit.neighbours import near
from synthcli.audit.scan import hashed
from synthcli.table.calendar import DAY, HOUR, Part, PartEncoder
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.grid_encoder import GridEncoder
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


def test_a_date_with_parts_is_one_column_of_three_attributes() -> None:
    day = GridEncoder(type=Kind.DATETIME, edges=np.arange(3) * DAY, decimals=None, missing=False)
    parts = [PartEncoder(part=part, type=Kind.DATETIME, missing=False) for part in (Part.WEEKDAY, Part.HOUR)]
    town = CategoryEncoder(values=("p", "q"), type=Kind.STRING, missing=False, other=False)
    date = (ColumnCodec("t", day), *(ColumnCodec(p.part.value, p, part_of="t") for p in parts))
    codec = Codec((ColumnCodec("a", town), *date, ColumnCodec("b", town)))
    stamps = pa.array([0, DAY + HOUR]).view(pa.timestamp("us"))
    batch = pa.RecordBatch.from_pydict({"a": ["p", "p"], "t": stamps, "b": ["q", "q"]})
    (block,) = blocks([batch], codec, KEY)
    assert block.codes.shape == (2, 5)
    assert block[1:].columns == concatenate([block, block]).columns == 3
    for cells in ("codes", "spelled"):
        hashes = hashed(block, cells)
        assert (hashes[0] == hashes[1]).tolist() == [True, False, True]
        assert near(hashes[:1], hashes[1:], 1).all(), "rows that differ in the date alone are near"
        assert not near(hashes[:1], hashes[1:], 0).any()


def test_a_row_whose_gap_has_an_attribute_of_its_own_is_near_one_that_differs_there_alone() -> None:
    """Attributes of gaps stand behind all others: they belong to their columns, not to the last one."""
    encoder = CategoryEncoder(values=("p", "q"), type=Kind.STRING, missing=True, other=False)
    codec = Codec(tuple(ColumnCodec(name, encoder) for name in "abc")).with_gaps({"gap a": "a", "gap b": "b"})
    rows = {"a": ["p", None, "p", None], "b": ["p", "p", None, None], "c": ["q", "q", "q", "q"]}
    (block,) = blocks([pa.RecordBatch.from_pydict(rows)], codec, KEY)
    assert block.codes.shape == (4, 5) and block.columns == 3
    for cells in ("codes", "spelled"):
        hashes = hashed(block, cells)
        same = hashes[0] == hashes
        assert same.tolist() == [[True] * 3, [False, True, True], [True, False, True], [False, False, True]]
        assert near(hashes[:1], hashes[1:2], 1).all() and near(hashes[:1], hashes[2:3], 1).all()
        assert not near(hashes[:1], hashes[1:], 0).any() and not near(hashes[:1], hashes[3:], 1).any()
