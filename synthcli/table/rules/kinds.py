"""The kinds of rules, as a steward declares them: names of columns and public values, nothing learnt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol


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
