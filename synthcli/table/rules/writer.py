"""Rules to the plain document of a schema file: what the reader reads back as equal rules."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from synthcli.table.rules.kinds import Condition, Determines, Impossible, Missing, Order, Rule, Sum, Unique, Value


def rules_document(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """One mapping for each rule; tables that came from files are written out."""
    return [_entry(rule) for rule in rules]


def _entry(rule: Rule) -> dict[str, Any]:
    match rule:
        case Impossible():
            return {"impossible": _conditions(rule.conditions)}
        case Missing():
            only = {"only": True} if rule.only else {}
            return {"missing": {"column": rule.column, "when": _conditions(rule.when), **only}}
        case Order():
            return {"order": list(rule.columns), **({"strict": True} if rule.strict else {})}
        case Unique():
            return {"unique": list(rule.columns)}
        case Sum():
            return {"sum": {rule.total: list(rule.parts)}}
        case Determines():
            return {"determines": {rule.by: rule.column}, "table": dict(rule.table)}
        case _:
            raise TypeError(f"no spelling for a rule of the kind {rule.key}")


def _conditions(conditions: Iterable[Condition]) -> dict[str, Any]:
    return {condition.column: _condition(condition) for condition in conditions}


def _condition(condition: Condition) -> Any:
    if condition.missing:
        return {"missing": True}
    if condition.within is not None:
        ends = {"from": condition.within.low, "below": condition.within.high}
        return {key: _plain(value) for key, value in ends.items() if value is not None}
    return [_plain(value) for value in condition.values]


def _plain(value: Value) -> str | bool | int | float:
    """Dates in ISO 8601; text, numbers and booleans as they are."""
    return value.isoformat() if isinstance(value, date) else value
