"""Conditions on single columns: from the text of a schema file to canonical values, and back."""

from collections.abc import Mapping
from typing import Any

from synthcli.errors import closest
from synthcli.table.bound_text import parse_bound
from synthcli.table.rules.kinds import Condition, Range, Value
from synthcli.table.schema import Column, Kind, Schema


class RuleFault(ValueError):
    """What is wrong with one rule, in a line."""


def flag(value: Any, key: str) -> bool:
    """true or false."""
    if value in ("true", "false") or isinstance(value, bool):
        return value in (True, "true")
    raise RuleFault(f"{key} must be true or false")


def read_conditions(document: Any, schema: Schema, shape: str) -> tuple[Condition, ...]:
    """A mapping from columns to a value, a list of values, `{from: …, below: …}` or `{missing: true}`."""
    if not isinstance(document, Mapping) or not document:
        raise RuleFault(f"write it as {shape}")
    names = [column.name for column in schema.columns]
    for name in document:
        if name not in names:
            raise RuleFault(f"no column is named {str(name)!r}{closest(str(name), names)}")
    return tuple(_condition(schema[name], said, schema) for name, said in document.items())


def _condition(column: Column, said: Any, schema: Schema) -> Condition:
    if isinstance(said, Mapping):
        return _range(column, said)
    values = said if isinstance(said, list) else [said]
    if not values:
        raise RuleFault(f"lists no value for column {column.name!r}")
    missing = [value for value in values if value is None or _is_missing(value, column, schema)]
    if missing:
        raise RuleFault(f"a missing value of column {column.name!r} is written {{missing: true}}")
    return Condition(column=column.name, values=tuple(dict.fromkeys(_value(value, column) for value in values)))


def _is_missing(value: Any, column: Column, schema: Schema) -> bool:
    return value in schema.missing_values_of(column)


def _range(column: Column, said: Mapping[str, Any]) -> Condition:
    if set(said) == {"missing"}:
        if not flag(said["missing"], "missing"):
            raise RuleFault(f"column {column.name!r}: write {{missing: true}}, or values")
        return Condition(column=column.name, missing=True)
    if not said or set(said) - {"from", "below"}:
        raise RuleFault(f"column {column.name!r}: a range is written {{from: low, below: high}}")
    if not column.kind.has_axis or column.categories is not None:
        raise RuleFault(f"column {column.name!r} has no number line for a range: list values")
    ends = {key: _bound(text, column) for key, text in said.items()}
    low, high = ends.get("from"), ends.get("below")
    if low is not None and high is not None and not low < high:  # type: ignore[operator]
        raise RuleFault(f"column {column.name!r}: the range is empty, since 'below' is not above 'from'")
    return Condition(column=column.name, within=Range(low=low, high=high))


def _value(text: Any, column: Column) -> Value:
    if not isinstance(text, str | bool):
        raise RuleFault(f"column {column.name!r}: a value is text, a number, true or false")
    if column.kind is Kind.BOOLEAN:
        return _boolean(text, column)
    if isinstance(text, bool):
        raise RuleFault(f"column {column.name!r} is no boolean")
    if column.categories is not None and "categories" not in column.observed:
        return _category(text, column)
    return text if column.kind is Kind.STRING else _bound(text, column)


def _boolean(text: str | bool, column: Column) -> bool:
    """In the column's own spelling, or as true, false, yes, no."""
    if isinstance(text, bool):
        return text
    for listed, value in ((column.true_values, True), (column.false_values, False)):
        if text in listed:
            return value
    if text not in ("true", "false", "yes", "no"):
        raise RuleFault(f"a value is not among the true and false values of column {column.name!r}")
    return text in ("true", "yes")


def _category(text: str, column: Column) -> Value:
    """A listed category, by its spelling or by its number."""
    listed = {category: _typed(category, column) for category in column.categories or ()}
    if text in listed:
        return listed[text]
    value = _typed(text, column) if column.kind is not Kind.STRING else None
    if value is None or value not in listed.values():
        raise RuleFault(f"a value is not among the categories of column {column.name!r}: add it there, or correct it")
    return value


def _typed(text: str, column: Column) -> Value:
    return text if column.kind is Kind.STRING else _bound(text, column)


def _bound(text: Any, column: Column) -> Value:
    try:
        return parse_bound(text, column.kind, column.format)
    except (ValueError, TypeError, OverflowError):
        article = "an" if column.kind is Kind.INTEGER else "a"
        raise RuleFault(f"a value of column {column.name!r} must be {article} {column.kind}") from None
