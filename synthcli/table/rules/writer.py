"""Rules to the plain document of a schema file: what the reader reads back as equal rules."""

from typing import Any

from synthcli.table.rules.kinds import Determines, Rule, Sum


def rules_document(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """One mapping for each rule; tables that came from files are written out."""
    return [_entry(rule) for rule in rules]


def _entry(rule: Rule) -> dict[str, Any]:
    match rule:
        case Sum():
            return {"sum": {rule.total: list(rule.parts)}}
        case Determines():
            return {"determines": {rule.by: rule.column}, "table": dict(rule.table)}
        case _:
            raise TypeError(f"no spelling for a rule of the kind {rule.key}")
