"""Conditions as text: what they mean, and one clear line for what they cannot mean."""

import numpy as np
import pytest

from synthcli.errors import ExitCode, UsageError
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.condition.balance import Balance, parse_balance
from synthcli.table.condition.expression import Among, And, Comparison, Expression, Missing, Not, Operator, Or
from synthcli.table.condition.parser import parse_condition
from synthcli.table.condition.vocabulary import Vocabulary
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Column, Kind, Role, Schema, Surrogate
from tests.cli.golden import check_golden

SCHEMA = Schema(
    name="t",
    columns=(
        Column(name="id", kind=Kind.STRING, role=Role.SURROGATE, surrogate=Surrogate("uuid")),
        Column(name="notes", kind=Kind.STRING, role=Role.DROP),
        Column(name="state", kind=Kind.STRING, categories=("A", "B", 'say "so"')),
        Column(name="size", kind=Kind.STRING, categories=("small", "medium", "large"), ordered=True),
        Column(name="age", kind=Kind.INTEGER),
        Column(name="odd `name`", kind=Kind.NUMBER),
        Column(name="in", kind=Kind.BOOLEAN, true_values=("yes",), false_values=("no",)),
        Column(name="seen", kind=Kind.DATE, format="%d.%m.%Y"),
        Column(name="at", kind=Kind.DATETIME),
    ),
)


def _category(name: str, kind: Kind, *values: str) -> ColumnCodec:
    return ColumnCodec(name, CategoryEncoder(values=values, type=kind, missing=True, other=False))


def _grid(name: str, kind: Kind) -> ColumnCodec:
    return ColumnCodec(name, GridEncoder(type=kind, edges=np.array([0, 10, 20]), decimals=None, missing=True))


VOCABULARY = Vocabulary(
    SCHEMA,
    Codec(
        (
            _category("state", Kind.STRING, "A", "B", 'say "so"'),
            _category("size", Kind.STRING, "small", "medium", "large"),
            _grid("age", Kind.INTEGER),
            _grid("odd `name`", Kind.NUMBER),
            _category("in", Kind.BOOLEAN, "false", "true"),
            _grid("seen", Kind.DATE),
            _grid("at", Kind.DATETIME),
        )
    ),
)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ('state == "A"', Comparison("state", Operator.EQUAL, "A")),
        ("state!='A'", Comparison("state", Operator.UNEQUAL, "A")),
        ('state == "say ""so"""', Comparison("state", Operator.EQUAL, 'say "so"')),
        ("65 <= age", Comparison("age", Operator.AT_LEAST, 65)),
        ("age > -1.5e1", Comparison("age", Operator.GREATER, -15.0)),
        ("`odd ``name```<.5", Comparison("odd `name`", Operator.LESS, 0.5)),
        ("`in` == TRUE", Comparison("in", Operator.EQUAL, True)),
        ('`in` == "no"', Comparison("in", Operator.EQUAL, False)),
        ('seen < "02.01.1970"', Comparison("seen", Operator.LESS, 1)),
        ('at >= "1970-01-01T00:00:01"', Comparison("at", Operator.AT_LEAST, 1_000_000)),
        ('size >= "medium"', Comparison("size", Operator.AT_LEAST, "medium")),
        ('state in ("A", "B")', Among("state", ("A", "B"))),
        ("age NOT IN (1)", Not(Among("age", (1,)))),
        ("age is missing", Missing("age")),
        ("age is not missing", Not(Missing("age"))),
        (
            "10 <= age < 20",
            And((Comparison("age", Operator.AT_LEAST, 10), Comparison("age", Operator.LESS, 20))),
        ),
        (
            "age==1 or age==2 and not (age==3)",
            Or(
                (
                    Comparison("age", Operator.EQUAL, 1),
                    And((Comparison("age", Operator.EQUAL, 2), Not(Comparison("age", Operator.EQUAL, 3)))),
                )
            ),
        ),
    ],
)
def test_what_a_condition_means(text: str, meaning: Expression) -> None:
    assert parse_condition(text, VOCABULARY) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("in", Balance("in")),
        ("`in`", Balance("in")),
        ("odd `name`:1=2", Balance("odd `name`", ((1.0, 2.0),))),
        ("`odd ``name```:1=2,3=4", Balance("odd `name`", ((1.0, 2.0), (3.0, 4.0)))),
        ("`state`:A=1,'say \"so\"'=0", Balance("state", (("A", 1.0), ('say "so"', 0.0)))),
    ],
)
def test_what_a_balance_means(text: str, meaning: Balance) -> None:
    assert parse_balance(text, VOCABULARY) == meaning


WRONG = (
    "",
    "agee == 1",
    "notes == 'x'",
    "id == 'x'",
    "age",
    "age = 1",
    "age <> 1",
    "age == 1 && age == 2",
    "age == '1'",
    "age == 1e999",
    "age == at",
    "age == 12abc",
    "1 == 1",
    "age ==",
    "age in 1, 2",
    "age in (1, 2",
    "age in (1, at)",
    "age is",
    "age is not 1",
    "age not 1",
    "(age == 1",
    "age == 1)",
    "age == 1 age == 2",
    "in == true",
    "`in` == 1",
    "`in` > true",
    "state < 'A'",
    "state == 3",
    "state == A",
    "state == 'a'",
    "size > 'Large'",
    "state == 'A",
    "age == €5",
    "seen < '1970-13-01'",
    "seen < 5",
    "at < 'yesterday'",
    "(" * 200 + "age == 1" + ")" * 200,
)


def test_one_clear_line_for_each_mistake() -> None:
    lines = []
    for text in WRONG:
        with pytest.raises(UsageError) as caught:
            parse_condition(text, VOCABULARY)
        assert caught.value.exit_code is ExitCode.USAGE
        assert caught.value.hint
        lines.append(f"{text[:60]}\n    {caught.value.message}\n    {caught.value.hint}\n")
    check_golden("conditions", "".join(lines))
