"""`COLUMN` or `COLUMN:VALUE=WEIGHT,…`: how often the values of one column are wanted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from synthcli.errors import UsageError
from synthcli.table.codec import ColumnCodec
from synthcli.table.condition.expression import Value
from synthcli.table.condition.tokens import Token, fault, telling, tokenize
from synthcli.table.condition.vocabulary import Vocabulary
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Column, Kind

MOST_VALUES = 200
"""A column with more values is not one to balance."""

_QUOTED = re.compile(r"`((?:[^`]|``)+)`(?=:|\Z)")

_ITEM = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^,=]+?)\s*=\s*([^,=]*?)\s*(?:,|\Z)""")


@dataclass(frozen=True)
class Balance:
    """Values of a column and their weights; without weights, all values that there are, equally often."""

    column: str
    weights: tuple[tuple[Value, float], ...] = ()


def parse_balance(text: str, vocabulary: Vocabulary) -> Balance:
    """What a balance says; `UsageError` with the place of the first thing that is wrong with it.

    The column stands as it is, or in backticks as in a condition. Values are spelt as in the column's files; quotes are
    needed for one with a comma or an equals sign.
    """
    with telling("the balance"):
        name, end = _column(text, vocabulary)
        column = vocabulary.column(Token("column", name, 1))
        if end == len(text):
            return Balance(name)
        weights = tuple(_weights(text, end + 1, column, vocabulary))
        if len({value for value, _ in weights}) != len(weights):
            raise fault(end + 2, "a value has two weights", "name each value once")
        if not sum(weight for _, weight in weights) > 0:
            raise fault(end + 2, "no value has a weight above zero", "give one, as in yes=1,no=3")
        return Balance(name, weights)


def _column(text: str, vocabulary: Vocabulary) -> tuple[str, int]:
    """The name of the column at the beginning, and where it ends: a known one before all, however it is spelt."""
    known = [name for name in vocabulary.names if text == name or text.startswith(f"{name}:")]
    if known:
        name = max(known, key=len)
        return name, len(name)
    quoted = _QUOTED.match(text)
    if quoted is not None:
        return quoted[1].replace("``", "`"), quoted.end()
    name = text.split(":")[0]
    return name, len(name)


def _weights(text: str, at: int, column: Column, vocabulary: Vocabulary) -> Iterator[tuple[Value, float]]:
    while at < len(text):
        item = _ITEM.match(text, at)
        if item is None:
            raise fault(at + 1, "this is not VALUE=WEIGHT", "write it as in yes=1,no=3")
        yield _value(item[1], item.start(1) + 1, column, vocabulary), _weight(item[2], item.start(2) + 1)
        at = item.end()


def _weight(text: str, place: int) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not isfinite(weight) or weight < 0:
        raise fault(place, "a weight is a number, not below zero", "write it as in yes=1,no=3")
    return weight


def _value(text: str, place: int, column: Column, vocabulary: Vocabulary) -> Value:
    quoted = text[0] in "\"'" and text[-1] == text[0]
    if column.kind in (Kind.INTEGER, Kind.NUMBER) or quoted:
        token, *rest = tokenize(text)
        if len(rest) == 1:
            return vocabulary.value(column, Token(token.sort, token.text, place))
    is_word = column.kind is Kind.BOOLEAN and text.lower() in ("true", "false")
    return vocabulary.value(column, Token("name" if is_word else "text", text, place))


def values_of(codec: ColumnCodec) -> tuple[Value, ...]:
    """All values that the column can hold; `UsageError` where they are not a list, or a long one."""
    encoder = codec.encoder
    if isinstance(encoder, CategoryEncoder):
        everywhere = np.arange(len(encoder.values))
        values = tuple(encoder.decode(everywhere, np.random.default_rng(0)).to_pylist())
    elif isinstance(encoder, GridEncoder) and encoder.type is not Kind.NUMBER:
        first, last = int(encoder.edges[0]), int(encoder.edges[-1])
        values = tuple(range(first, min(last, first + MOST_VALUES + 1)))
    else:
        raise UsageError(
            f"the values of column {codec.name!r} are no list to balance", "name some, as in COLUMN:0=1,1=1"
        )
    if len(values) > MOST_VALUES:
        hint = "name those that you want, as in COLUMN:0=1,1=1"
        raise UsageError(f"column {codec.name!r} has more than {MOST_VALUES} values to balance", hint)
    return values
