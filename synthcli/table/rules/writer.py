"""Rules to the plain document of a schema file: what the reader reads back as equal rules."""

from collections.abc import Callable, Iterable
from typing import Any

from synthcli.table.rules.kinds import Condition, Determines, Impossible, Missing, Order, Sum, Unique, Value
from synthcli.table.schema import Bound, Column, Schema

Spell = Callable[[Bound, Column], Any]
"""How a column spells a value of its number line."""


def rules_document(schema: Schema, spell: Spell) -> list[dict[str, Any]]:
    """One mapping for each rule; tables that came from files are written out."""
    return [_entry(rule, schema, spell) for rule in schema.rules]


def _entry(rule: Any, schema: Schema, spell: Spell) -> dict[str, Any]:
    match rule:
        case Impossible():
            return {"impossible": _conditions(rule.conditions, schema, spell)}
        case Missing():
            only = {"only": True} if rule.only else {}
            return {"missing": {"column": rule.column, "when": _conditions(rule.when, schema, spell), **only}}
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


def _conditions(conditions: Iterable[Condition], schema: Schema, spell: Spell) -> dict[str, Any]:
    return {one.column: _condition(one, schema[one.column], spell) for one in conditions}


def _condition(condition: Condition, column: Column, spell: Spell) -> Any:
    def plain(value: Value) -> Any:
        return value if isinstance(value, str | bool) else spell(value, column)

    if condition.missing:
        return {"missing": True}
    if condition.within is not None:
        ends = {"from": condition.within.low, "below": condition.within.high}
        return {key: plain(value) for key, value in ends.items() if value is not None}
    return [plain(value) for value in condition.values]
