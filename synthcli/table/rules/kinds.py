"""The kinds of rules, as a steward declares them: names of columns and public values, nothing learnt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import ClassVar, Protocol

Value = str | bool | int | float | date | datetime | time
"""A canonical value that a rule names."""


class Rule(Protocol):
    """What holds in every row. `key` is its word in the schema file."""

    key: ClassVar[str]

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that must be there first."""
        ...

    @property
    def computes(self) -> str | None:
        """The column that is worked out from the others, and so not modelled."""
        ...

    def __str__(self) -> str:
        """The rule in words, for reports: names and declared values alone."""
        ...


@dataclass(frozen=True, kw_only=True)
class Range:
    """Values from `low` (included) up to `high` (not included); None is no bound."""

    low: Value | None = None
    high: Value | None = None

    def __str__(self) -> str:
        ends = (
            f"from {self.low}" if self.low is not None else "",
            f"below {self.high}" if self.high is not None else "",
        )
        return " ".join(end for end in ends if end)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What one column's value may be said to be: one of some values, inside a range, or missing; or just not that."""

    column: str
    values: tuple[Value, ...] = ()
    within: Range | None = None
    missing: bool = False
    is_not: bool = False

    def opposite(self) -> "Condition":
        """Met where this one is not."""
        return replace(self, is_not=not self.is_not)

    def __str__(self) -> str:
        said = [", ".join(map(_spelt, self.values)), str(self.within or ""), "missing" if self.missing else ""]
        return f"{self.column} {'not ' if self.is_not else ''}{' or '.join(one for one in said if one)}"


@dataclass(frozen=True, kw_only=True)
class Impossible:
    """No row meets all of the conditions."""

    key: ClassVar[str] = "impossible"
    conditions: tuple[Condition, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of the conditions."""
        return tuple(condition.column for condition in self.conditions)

    @property
    def computes(self) -> None:
        """Nothing."""
        return None

    def __str__(self) -> str:
        return f"impossible: {', and '.join(map(str, self.conditions))}"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """`column` is missing in every row that meets all of the conditions; if `only`, in no other."""

    key: ClassVar[str] = "missing"
    column: str
    when: tuple[Condition, ...]
    only: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The column, and those of the conditions."""
        return (self.column, *(condition.column for condition in self.when))

    @property
    def computes(self) -> None:
        """Nothing."""
        return None

    def __str__(self) -> str:
        return f"{self.column} is missing {'only ' if self.only else ''}when {', and '.join(map(str, self.when))}"


@dataclass(frozen=True, kw_only=True)
class Order:
    """Each column is at most the next (below it, if `strict`); missing values stand anywhere."""

    key: ClassVar[str] = "order"
    columns: tuple[str, ...]
    strict: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    @property
    def computes(self) -> None:
        """Nothing."""
        return None

    def __str__(self) -> str:
        return (" < " if self.strict else " <= ").join(self.columns)


@dataclass(frozen=True, kw_only=True)
class Unique:
    """No two rows agree in all of the columns."""

    key: ClassVar[str] = "unique"
    columns: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    @property
    def computes(self) -> None:
        """Nothing."""
        return None

    def __str__(self) -> str:
        return f"{' with '.join(self.columns)} never comes twice"


@dataclass(frozen=True, kw_only=True)
class Sum:
    """`total` is the sum of its parts; a missing part makes it missing."""

    key: ClassVar[str] = "sum"
    total: str
    parts: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """The parts."""
        return self.parts

    @property
    def computes(self) -> str:
        """The total."""
        return self.total

    def __str__(self) -> str:
        return f"{self.total} is the sum of {', '.join(self.parts)}"


@dataclass(frozen=True, kw_only=True)
class Determines:
    """`column` follows from `by` through a declared table, spelt as in the files; other values leave it missing."""

    key: ClassVar[str] = "determines"
    by: str
    column: str
    table: tuple[tuple[str, str], ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """The determining column."""
        return (self.by,)

    @property
    def computes(self) -> str:
        """The column that follows."""
        return self.column

    @property
    def lookup(self) -> Mapping[str, str]:
        """The table as a mapping."""
        return dict(self.table)

    def __str__(self) -> str:
        return f"{self.column} follows from {self.by} by a table of {len(self.table):,} entries"


def conditions_of(rule: Rule) -> tuple[Condition, ...]:
    """The conditions that a rule states."""
    if isinstance(rule, Impossible):
        return rule.conditions
    return rule.when if isinstance(rule, Missing) else ()


def _spelt(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
