"""How sure a code is to be written as one value: held against values that are drawn.

Of 20,000 draws the commonest value's share stays within five standard deviations of the chance that is claimed, except
about once in two million comparisons.
"""

import numpy as np
import pyarrow as pa
import pytest

from synthcli.marginal import Merge
from synthcli.table.calendar import Part
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, Encoder, GridEncoder, PartEncoder
from synthcli.table.schema import Kind

DRAWS = 20_000
DAY = 86_400_000_000


def _grid(kind: Kind, edges: list[float], decimals: int | None = None, grain: int = 1) -> GridEncoder:
    return GridEncoder(type=kind, edges=np.array(edges), decimals=decimals, missing=True, grain=grain)


WHOLE = _grid(Kind.INTEGER, [0, 1, 4, 14])
WIDE = _grid(Kind.INTEGER, [0, 10, 10**6])
TENTHS = _grid(Kind.NUMBER, [0.0, 0.5, 1.0, np.nextafter(1.0, 2), 3.0], decimals=1)
TIMES = _grid(Kind.DATETIME, [0, DAY, 3 * DAY], grain=DAY // 4)
WORDS = CategoryEncoder(values=("a", "b", "c"), type=Kind.STRING, missing=True, other=True, weights=(1, 1, 6))
EVEN = CategoryEncoder(values=("a", "b", "c"), type=Kind.STRING, missing=False, other=True)


def _most_frequent(column: ColumnCodec, code: int) -> float:
    values = column.decode(np.full(DRAWS, code), np.random.default_rng(code))
    counts = (values.dictionary_decode() if pa.types.is_dictionary(values.type) else values).value_counts()
    return max(entry["counts"].as_py() for entry in counts) / DRAWS


@pytest.mark.parametrize("encoder", [WHOLE, WIDE, TENTHS, TIMES, WORDS, EVEN])
def test_no_value_is_written_more_often_and_one_is_as_often(encoder: Encoder) -> None:
    column = ColumnCodec("v", encoder)
    claimed = column.certainty()
    assert len(claimed) == column.size
    for code, chance in enumerate(claimed):
        seen, slack = _most_frequent(column, code), 5 * np.sqrt(max(chance, 1e-4) / DRAWS)
        assert seen <= chance + slack
        assert chance < 1e-3 or seen >= chance - slack


def test_merged_codes_share_their_chance_by_weight() -> None:
    merge = Merge(np.array([0, 0, 1, 1], dtype=np.intp), np.array([1.0, 3.0, 1.0, 1.0]))
    column = ColumnCodec("v", WHOLE, merge)
    assert column.certainty() == pytest.approx([0.25, 0.5])  # of (one value, three) by 1 to 3; of (ten, missing) alike
    for code, chance in enumerate(column.certainty()):
        assert abs(_most_frequent(column, code) - chance) < 5 * np.sqrt(chance / DRAWS)


def test_a_date_that_is_drawn_with_its_weekday_may_be_sure() -> None:
    """Of a week of seven days the weekday tells which one it is."""
    week = _grid(Kind.DATE, [0, 7])
    weekday = PartEncoder(part=Part.WEEKDAY, type=Kind.DATE, missing=True)
    alone, joined = Codec((ColumnCodec("d", week),)), (ColumnCodec("d", week), ColumnCodec("w", weekday, part_of="d"))
    assert alone.certainty()[0] == pytest.approx([1 / 7, 1])
    assert all(np.all(chances == 1) for chances in Codec(joined).certainty())


def test_numbers_of_any_digits_are_never_sure() -> None:
    assert _grid(Kind.NUMBER, [0.0, 1.0, np.nextafter(1.0, 2), 2.0]).certainty().tolist() == [0.0, 1.0, 0.0, 1.0]
