"""What a condition says, typed: comparisons of one column with values, and their combinations.

The logic is SQL's: a missing value satisfies no comparison, and no negated one either; `Missing` alone asks for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from synthcli.table.calendar import Part

Value = str | bool | int | float
"""Text and truth values as they are; whole kinds and numbers as positions on the column's axis."""


class Operator(StrEnum):
    """How a column's value (left) stands to the one given (right)."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="

    @property
    def mirrored(self) -> "Operator":
        """The same with the sides exchanged."""
        return Operator(self.value.translate(str.maketrans("<>", "><")))

    @property
    def asks_order(self) -> bool:
        """Whether values must have an order to be compared so."""
        return self not in (Operator.EQUAL, Operator.UNEQUAL)


@dataclass(frozen=True)
class Comparison:
    """The column's value stands so to the value given."""

    column: str
    operator: Operator
    value: Value
    part: Part | None = None
    """Of a date: its weekday, month or hour is compared, by number."""

    @property
    def subject(self) -> str:
        """What is asked about: the column, or a part of it, which no column is called like."""
        return _subject(self.column, self.part)


@dataclass(frozen=True)
class Among:
    """The column's value is one of these."""

    column: str
    values: tuple[Value, ...]
    part: Part | None = None
    """Of a date: its weekday, month or hour is one of these numbers."""

    @property
    def subject(self) -> str:
        """What is asked about."""
        return _subject(self.column, self.part)


@dataclass(frozen=True)
class Missing:
    """The column's value is missing."""

    column: str

    @property
    def subject(self) -> str:
        """What is asked about."""
        return self.column


def _subject(column: str, part: Part | None) -> str:
    return column if part is None else f"{column}\0{part}"


def column_and_part(subject: str) -> tuple[str, Part | None]:
    """What a subject stands for."""
    column, *part = subject.split("\0")
    return column, Part(part[0]) if part else None


@dataclass(frozen=True)
class Not:
    """The negation."""

    part: "Expression"


@dataclass(frozen=True)
class And:
    """All parts hold; with none it always holds."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Or:
    """One part or more holds."""

    parts: tuple["Expression", ...]


Leaf = Comparison | Among | Missing
Expression = Leaf | Not | And | Or


def questions(expression: Expression, negated: bool = False) -> Iterator[tuple[Leaf, bool]]:
    """The parts that ask about a column, left to right, and whether what is asked is negated."""
    if isinstance(expression, Not):
        yield from questions(expression.part, not negated)
    elif isinstance(expression, And | Or):
        for part in expression.parts:
            yield from questions(part, negated)
    else:
        yield expression, negated
