"""Conditions on rows, against Python's own comparisons row by row."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from synthcli.table.condition.expression import Among, And, Comparison, Missing, Not, Operator, Or
from synthcli.table.condition.rows import satisfying
from synthcli.table.schema import Column, Kind, Schema

SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="age", kind=Kind.INTEGER),
        Column(name="score", kind=Kind.NUMBER, decimals=1),
        Column(name="size", kind=Kind.STRING, categories=("small", "medium", "large"), ordered=True),
        Column(name="ward", kind=Kind.STRING),
        Column(name="urgent", kind=Kind.BOOLEAN),
        Column(name="seen", kind=Kind.DATE),
    ),
)
AGES = [5, None, 70, 65, 12]
BATCH = pa.record_batch(
    {
        "age": pa.array(AGES, pa.int64()),
        "score": pa.array([0.5, 1.0, float("nan"), 2.5, -0.0]),
        "size": pa.array(["small", "large", None, "medium", "small"]),
        "ward": pa.array(["n", "s", "n", None, "e"]),
        "urgent": pa.array([True, False, None, True, False]),
        "seen": pa.array([date(2024, 1, day) for day in (1, 2, 3, 4, 5)]),
    }
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Comparison("age", Operator.AT_LEAST, 65), "..xx."),
        (Not(Comparison("age", Operator.AT_LEAST, 65)), "x...x"),
        (Missing("age"), ".x..."),
        (Not(Missing("age")), "x.xxx"),
        (Comparison("score", Operator.LESS, 1.0), "x...x"),
        (Comparison("score", Operator.EQUAL, 0.0), "....x"),
        (Comparison("size", Operator.AT_LEAST, "medium"), ".x.x."),
        (Comparison("ward", Operator.UNEQUAL, "n"), ".x..x"),
        (Among("ward", ("n", "e")), "x.x.x"),
        (Not(Among("ward", ("n", "e"))), ".x..."),
        (Comparison("urgent", Operator.EQUAL, True), "x..x."),
        (Comparison("seen", Operator.GREATER, date(2024, 1, 3).toordinal() - date(1970, 1, 1).toordinal()), "...xx"),
        (And((Comparison("ward", Operator.EQUAL, "n"), Comparison("age", Operator.GREATER, 50))), "..x.."),
        (Not(Or((Comparison("ward", Operator.EQUAL, "n"), Comparison("age", Operator.GREATER, 50)))), "....x"),
        (And(()), "xxxxx"),
        (Or(()), "....."),
    ],
)
def test_rows_satisfy_what_their_values_do(expression, expected: str) -> None:
    assert satisfying(expression, BATCH, SCHEMA).tolist() == [mark == "x" for mark in expected]


def test_a_missing_value_satisfies_no_comparison_and_no_negated_one() -> None:
    for operator in Operator:
        leaf = Comparison("age", operator, 20)
        either = satisfying(leaf, BATCH, SCHEMA) | satisfying(Not(leaf), BATCH, SCHEMA)
        assert np.array_equal(either, [age is not None for age in AGES])
