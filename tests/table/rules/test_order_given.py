"""What a value that is there leaves of another column's codes, against all pairs of values."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Merge
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.rules.kinds import Order
from synthcli.table.rules.order_given import limits
from synthcli.table.schema import Column, Kind, Schema


def _column(kind: Kind, edges: list[int], groups: list[int] | None) -> ColumnCodec:
    encoder = GridEncoder(type=kind, edges=np.array(edges), decimals=None, missing=True)
    if groups is None:
        return ColumnCodec("drawn", encoder)
    merge = Merge(np.array([*groups, max(groups) + 1]), np.ones(len(groups) + 1))
    return ColumnCodec("drawn", encoder, merge)


@settings(max_examples=150, deadline=None)
@given(
    edges=st.lists(st.integers(0, 20), min_size=2, max_size=6, unique=True).map(sorted),
    known=st.lists(st.none() | st.integers(-3, 24), min_size=1, max_size=8),
    above=st.booleans(),
    strict=st.booleans(),
    merged=st.booleans(),
    kind=st.sampled_from([Kind.INTEGER, Kind.DATE]),
)
def test_codes_are_left_that_hold_a_value_in_order(
    edges: list[int], known: list[int | None], above: bool, strict: bool, merged: bool, kind: Kind
) -> None:
    cells = len(edges) - 1
    groups = [i // 2 for i in range(cells)] if merged else None
    codec = Codec((_column(kind, edges, groups),))
    columns = tuple(Column(name=name, kind=kind) for name in ("known", "drawn"))
    order = ("known", "drawn") if above else ("drawn", "known")
    (limit,) = limits(
        Schema(name="t", columns=columns, rules=(Order(columns=order, strict=strict),)), codec, ["known"], False
    )
    day = date(1970, 1, 1)
    values = [v if v is None or kind is Kind.INTEGER else day + timedelta(days=v) for v in known]
    classes = limit.classes_of(pa.array(values, pa.int64() if kind is Kind.INTEGER else pa.date32()))
    fine = groups or list(range(cells))
    for value, of_value in zip(known, classes.tolist(), strict=True):
        for code in range(codec.columns[0].size):
            inside = [v for cell in range(cells) if fine[cell] == code for v in range(edges[cell], edges[cell + 1])]
            right = [v for v in inside if value is None or (v >= value + strict if above else v <= value - strict)]
            assert limit.possible[code, of_value] == (bool(right) or not inside), (value, code)


def test_columns_that_are_both_there_need_no_limit() -> None:
    columns = tuple(Column(name=name, kind=Kind.INTEGER) for name in ("a", "b"))
    schema = Schema(name="t", columns=columns, rules=(Order(columns=("a", "b")),))
    grid = GridEncoder(type=Kind.INTEGER, edges=np.arange(4), decimals=None, missing=False)
    codec = Codec((ColumnCodec("a", grid), ColumnCodec("b", grid)))
    assert limits(schema, codec, ["a", "b"], False) == () == limits(schema, codec, [], False)
    with pytest.raises(KeyError):
        limits(schema, Codec((ColumnCodec("a", grid),)), ["a"], False)
