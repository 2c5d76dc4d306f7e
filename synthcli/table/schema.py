"""The public declaration of a table: what a steward says about its columns, and what was merely observed.

The vocabulary is Frictionless Table Schema v2; `schema_file` reads and writes it as YAML or JSON.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

from synthcli.table.hierarchy import Hierarchy
from synthcli.table.rules.kinds import Rule

Bound = int | float | date | datetime | time
Fact = Literal["minimum", "maximum", "categories", "required", "decimals", "surrogate"]
"""The facts about a column that could have been read off its rows, and so can be marked as observed."""


class Kind(StrEnum):
    """The types of values, by their Frictionless names."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRING = "string"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"

    @property
    def has_axis(self) -> bool:
        """Whether the values lie on a number line (integer, number, date, datetime, time of day)."""
        return self not in (Kind.BOOLEAN, Kind.STRING)

    @property
    def has_clock(self) -> bool:
        """Whether the values tell a time of day."""
        return self in (Kind.DATETIME, Kind.TIME)

    @property
    def has_format(self) -> bool:
        """Whether the values are spelt by a pattern (date, datetime, time)."""
        return self is Kind.DATE or self.has_clock


class Role(StrEnum):
    """What happens to a column: modelled, left out, or filled with made-up values of the same format.

    `unit` is left out too: its values say which rows belong to one person, who is protected as a whole.
    """

    MODEL = "model"
    DROP = "drop"
    SURROGATE = "surrogate"
    UNIT = "unit"

    @property
    def is_written(self) -> bool:
        """Whether synthetic rows have the column."""
        return self in (Role.MODEL, Role.SURROGATE)


class Level(StrEnum):
    """What a column says something about: each row (an event), or the person whose rows they are."""

    EVENT = "event"
    PERSON = "person"


@dataclass(frozen=True)
class Surrogate:
    """How made-up identifiers look: `uuid`, `sequence` (1, 2, 3 …) or `pattern` ('A' letter, 'a' small letter,
    '9' digit, backslash for the next character as it is, everything else as it is)."""

    format: Literal["uuid", "sequence", "pattern"]
    pattern: str = ""

    def __post_init__(self) -> None:
        if (self.format == "pattern") != bool(self.pattern):
            raise ValueError("a surrogate has a pattern if, and only if, its format is 'pattern'")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. Facts named in `observed` were read off the rows: they are private until declared public."""

    name: str
    kind: Kind
    role: Role = Role.MODEL
    level: Level = Level.EVENT
    """Whether all rows of a privacy unit have one value of it, by the steward's word."""
    most_rows: int | None = None
    """Of a privacy unit: how many rows a person has at most, as everybody knows; learnt where nothing is said."""
    format: str = "default"
    """How dates and times are spelt: `default` (ISO 8601) or a strptime pattern."""
    minimum: Bound | None = None
    maximum: Bound | None = None
    categories: tuple[str, ...] | None = None
    """The allowed values as spelt in the file; on integer columns too. Bounds and categories exclude each other."""
    hierarchy: Hierarchy | None = None
    """Groups of the categories, and groups of these: where rare ones are merged."""
    ordered: bool = False
    """Whether the categories are listed in their natural order."""
    required: bool = False
    """Whether a missing value is an error; if not, missing values are modelled."""
    unique: bool = False
    decimals: int | None = None
    """Places after the point that numbers are written with."""
    missing_values: tuple[str, ...] | None = None
    """Spellings of a missing value, instead of the schema's."""
    true_values: tuple[str, ...] = ("true", "True", "TRUE", "1")
    false_values: tuple[str, ...] = ("false", "False", "FALSE", "0")
    surrogate: Surrogate | None = None
    flags: tuple[str, ...] = ()
    """What the column looks like to `profile`: name, email, phone, national-id, card, free-text, key …"""
    observed: frozenset[Fact] = field(default=frozenset())

    def __post_init__(self) -> None:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:  # type: ignore[operator]
            raise ValueError(f"column {self.name!r}: its minimum lies above its maximum")
        if self.categories is not None:
            if not self.categories:
                raise ValueError(f"column {self.name!r}: its list of categories is empty")
            if len(set(self.categories)) != len(self.categories):
                raise ValueError(f"column {self.name!r}: its list of categories names one twice")
            if self.minimum is not None or self.maximum is not None:
                raise ValueError(f"column {self.name!r}: bounds and categories exclude each other")
        if self.hierarchy is not None:
            homeless = set(self.categories or ()) - set(self.hierarchy.values)
            if homeless or not self.categories or self.ordered or self.kind not in (Kind.STRING, Kind.INTEGER):
                count = f"{len(homeless):,} of its categories have no place in" if homeless else "it cannot have"
                raise ValueError(f"column {self.name!r}: {count} a hierarchy (for text or integers, in no order)")
        self._check_role()

    def _check_role(self) -> None:
        if self.role is Role.SURROGATE and self.surrogate is None:
            raise ValueError(f"column {self.name!r}: a surrogate column says its surrogate's format")
        if self.level is Level.PERSON and self.role in (Role.SURROGATE, Role.UNIT):
            raise ValueError(f"column {self.name!r}: synthcli:level is for modelled columns")
        if self.most_rows is not None and (self.most_rows < 1 or self.role is Role.MODEL):
            raise ValueError(f"column {self.name!r}: synthcli:max-rows is 1 or more, and for a privacy unit")
        if self.decimals is not None and not 0 <= self.decimals <= 15:
            raise ValueError(f"column {self.name!r}: decimals lie between 0 and 15")

    def declares(self, fact: Fact) -> bool:
        """Whether the steward declared this fact: it is there, and not just observed."""
        value = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "categories": self.categories,
            "required": self.required or None,
            "decimals": self.decimals,
            "surrogate": self.surrogate,
        }[fact]
        return value is not None and fact not in self.observed


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A table's columns, in the order of the file."""

    name: str
    columns: tuple[Column, ...]
    missing_values: tuple[str, ...] = ("",)
    encoding: str | None = None
    """That of the table as CSV, where it is neither UTF-8 nor known by a byte-order mark."""
    rules: tuple[Rule, ...] = ()
    """What holds in every written row."""
    accepted_unseen: bool = False
    """Proposed by looking at the rows, and accepted without anybody's having read it: types, formats and roles are
    then as private as the rows, and no budget covers them."""

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("a schema has at least one column")
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a schema names a column twice")
        if sum(column.role is Role.UNIT for column in self.columns) > 1:
            raise ValueError("a schema has at most one privacy unit")

    def __getitem__(self, name: str) -> Column:
        """The column of that name; `KeyError` for an unknown one."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def unit(self) -> str | None:
        """The column that is marked as the privacy unit."""
        return next((column.name for column in self.columns if column.role is Role.UNIT), None)

    @property
    def modelled(self) -> tuple[Column, ...]:
        """The columns that enter the model: neither left out, nor made up, nor computed by a rule."""
        return tuple(c for c in self.columns if c.role is Role.MODEL and c.name not in self.computed)

    @property
    def of_persons(self) -> tuple[str, ...]:
        """The modelled columns that the steward calls person-level."""
        return tuple(column.name for column in self.modelled if column.level is Level.PERSON)

    @property
    def computed(self) -> frozenset[str]:
        """The columns that a rule works out from others."""
        return frozenset(rule.computes for rule in self.rules if rule.computes is not None)

    def missing_values_of(self, column: Column) -> tuple[str, ...]:
        """The spellings of a missing value in this column."""
        return self.missing_values if column.missing_values is None else column.missing_values
