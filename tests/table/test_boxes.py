"""Boxes against the truth of the expression at every point of a small product."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.errors import UsageError
from synthcli.table.boxes import MOST_BOXES, Box, boxes
from synthcli.table.codec import ColumnCodec
from synthcli.table.condition.expression import (
    Among,
    And,
    Comparison,
    Expression,
    Missing,
    Not,
    Operator,
    Or,
)
from synthcli.table.encoders import CategoryEncoder
from synthcli.table.parts import Parts, parts_of
from synthcli.table.schema import Column, Kind

SIZES = {"a": 4, "b": 3, "c": 3}


def _parts(name: str, size: int) -> Parts:
    encoder = CategoryEncoder(values=tuple(map(str, range(size))), type=Kind.INTEGER, missing=True, other=False)
    return parts_of(Column(name=name, kind=Kind.INTEGER), ColumnCodec(name, encoder), range(-1, 42))


PARTS = {name: _parts(name, size) for name, size in SIZES.items()}


def _expressions() -> st.SearchStrategy[Expression]:
    column = st.sampled_from(list(SIZES))
    value = st.integers(-1, 4)
    leaf = st.one_of(
        st.builds(Comparison, column, st.sampled_from(Operator), value),
        st.builds(Among, column, st.lists(value, max_size=3).map(tuple)),
        st.builds(Missing, column),
    )

    def join(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        some = st.lists(inner, max_size=4).map(tuple)
        return st.one_of(st.builds(Not, inner), st.builds(And, some), st.builds(Or, some))

    return st.recursive(leaf, join, max_leaves=12)


def _holds(expression: Expression, row: dict[str, int | None]) -> bool | None:
    """SQL's logic; None is unknown."""
    if isinstance(expression, Missing):
        return row[expression.column] is None
    if isinstance(expression, Not):
        inner = _holds(expression.part, row)
        return None if inner is None else not inner
    if isinstance(expression, And | Or):
        parts = [_holds(part, row) for part in expression.parts]
        decisive = isinstance(expression, Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    value = row[expression.column]
    if value is None:
        return None
    if isinstance(expression, Among):
        return value in expression.values
    return bool(eval(f"{value} {expression.operator.value} {expression.value}"))


def _holding(found: list[Box], row: dict[str, int | None]) -> int:
    """How many boxes hold the row."""
    place = {name: SIZES[name] if value is None else value for name, value in row.items()}
    return sum(all(chosen >> place[name] & 1 for name, chosen in box.items()) for box in found)


@given(_expressions())
@settings(max_examples=300, deadline=None)
def test_every_row_that_satisfies_lies_in_one_box_and_no_other_row_in_any(expression: Expression) -> None:
    found = boxes(expression, PARTS)
    for point in product(*([*range(size), None] for size in SIZES.values())):
        row = dict(zip(SIZES, point, strict=True))
        assert _holding(found, row) == (_holds(expression, row) is True)


def _scattered(side: int) -> Expression:
    """Points of a cube with side 40 on a plane, no two of which have two coordinates in common."""
    points = [(i, j, (7 * i + 3 * j) % 40) for i in range(side) for j in range(side)]
    return Or(
        tuple(
            And(tuple(Comparison(c, Operator.EQUAL, v) for c, v in zip("abc", point, strict=True))) for point in points
        )
    )


def test_too_many_boxes_are_refused() -> None:
    cube = {name: _parts(name, 40) for name in SIZES}
    assert len(boxes(_scattered(20), cube)) == 400
    with pytest.raises(UsageError, match=f"falls into more than {MOST_BOXES:,} parts"):
        boxes(_scattered(40), cube)
    with pytest.raises(UsageError, match="more than 1,000 parts"):
        boxes(And((_scattered(20), Not(_scattered(40)))), cube)


def test_alternatives_on_one_column_are_one_box() -> None:
    cube = {name: _parts(name, 40) for name in SIZES}
    one = Or(tuple(Comparison("a", Operator.EQUAL, v) for v in range(0, 40, 2)))
    assert len(boxes(one, cube)) == 1
    assert len(boxes(Or((And((one, Missing("b"))), And((one, Not(Missing("b")))))), cube)) == 1
    assert boxes(And(()), cube) == [{}]
    assert boxes(Or(()), cube) == []
    assert np.sum([1 for _ in boxes(Not(And((one, Missing("c")))), cube)]) == 2
