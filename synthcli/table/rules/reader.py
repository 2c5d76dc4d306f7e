"""The `rules` of a schema file to rules, collecting every problem on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthcli.errors import closest
from synthcli.table.rules.condition_reader import RuleFault, flag, read_conditions
from synthcli.table.rules.kinds import Determines, Impossible, Missing, Order, Rule, Sum, Unique
from synthcli.table.rules.table_file import TableFault, read_table
from synthcli.table.schema import Schema


@dataclass(frozen=True)
class Source:
    """What a rule is read against: the columns, and the folder where tables lie."""

    schema: Schema
    folder: Path | None


def read_rules(document: Any, schema: Schema, folder: Path | None) -> tuple[tuple[Rule, ...], list[str]]:
    """The rules, and lines like "rules[2] (sum): no column is named 'totl'". `folder` is where table files lie."""
    if not isinstance(document, list):
        return (), ["rules: must be a list; begin every rule with a dash"]
    rules: list[Rule] = []
    problems: list[str] = []
    for place, entry in enumerate(document):
        key = _key(entry)
        try:
            rules.append(_read(key, entry, Source(schema, folder)))
        except RuleFault as fault:
            problems.append(f"rules[{place}]{f' ({key})' if key else ''}: {fault}")
    return tuple(rules), problems


def _key(entry: Any) -> str | None:
    """The word that says what kind of rule it is, if there is exactly one."""
    found = [key for key in _READERS if key in entry] if isinstance(entry, Mapping) else []
    return found[0] if len(found) == 1 else None


def _read(key: str | None, entry: Any, source: Source) -> Rule:
    if key is None:
        raise RuleFault(f"must be a mapping with one of {', '.join(_READERS)}")
    reader, more = _READERS[key]
    unknown = [str(other) for other in entry if other != key and other not in more]
    if unknown:
        raise RuleFault(f"has no key {unknown[0]!r}{closest(unknown[0], more)}")
    rule, names = reader(entry, source), [column.name for column in source.schema.columns]
    for name in (*rule.reads, *((rule.computes,) if rule.computes is not None else ())):
        if name not in names:
            raise RuleFault(f"no column is named {name!r}{closest(name, names)}")
    return rule


def _one_pair(entry: Mapping[str, Any], key: str, shape: str) -> tuple[str, Any]:
    """The single key and value of a mapping."""
    pair = entry[key]
    if not isinstance(pair, Mapping) or len(pair) != 1:
        raise RuleFault(f"write it as {key}: {shape}")
    name, value = next(iter(pair.items()))
    return str(name), value


def _columns(listed: Any, least: int, shape: str) -> tuple[str, ...]:
    """A list of different names."""
    if not isinstance(listed, list) or len(listed) < least or not all(isinstance(name, str) for name in listed):
        raise RuleFault(f"write it as {shape}")
    for name in listed:
        if listed.count(name) > 1:
            raise RuleFault(f"names column {name!r} twice")
    return tuple(listed)


def _impossible(entry: Mapping[str, Any], source: Source) -> Rule:
    return Impossible(conditions=read_conditions(entry["impossible"], source.schema, "impossible: {column: value}"))


def _missing(entry: Mapping[str, Any], source: Source) -> Rule:
    said = entry["missing"]
    shape = "missing: {column: name, when: {column: value}}"
    if not isinstance(said, Mapping) or not {"column", "when"} <= set(said) <= {"column", "when", "only"}:
        raise RuleFault(f"write it as {shape}, perhaps with only: true")
    if not isinstance(said["column"], str):
        raise RuleFault("its column must be a name")
    when = read_conditions(said["when"], source.schema, "when: {column: value}")
    if said["column"] in [condition.column for condition in when]:
        raise RuleFault(f"column {said['column']!r} cannot say when it is missing itself")
    return Missing(column=said["column"], when=when, only=flag(said.get("only", False), "only"))


def _order(entry: Mapping[str, Any], source: Source) -> Rule:
    columns = _columns(entry["order"], 2, "order: [first, second], with two columns or more")
    return Order(columns=columns, strict=flag(entry.get("strict", False), "strict"))


def _unique(entry: Mapping[str, Any], source: Source) -> Rule:
    return Unique(columns=_columns(entry["unique"], 1, "unique: [column], with one column or more"))


def _sum(entry: Mapping[str, Any], source: Source) -> Rule:
    total, parts = _one_pair(entry, "sum", "{total: [part, part]}")
    found = _columns(parts, 2, "sum: {total: [part, part]}, with two parts or more")
    if total in found:
        raise RuleFault(f"column {total!r} cannot be a part of itself")
    return Sum(total=total, parts=found)


def _determines(entry: Mapping[str, Any], source: Source) -> Rule:
    by, column = _one_pair(entry, "determines", "{code: name}")
    if not isinstance(column, str):
        raise RuleFault("write it as determines: {code: name}, one rule for each column that follows")
    if by == column:
        raise RuleFault(f"column {by!r} cannot follow from itself")
    table = entry.get("table")
    if isinstance(table, str) and table:
        try:
            return Determines(by=by, column=column, table=read_table(table, source.folder, by, column))
        except TableFault as fault:
            raise RuleFault(str(fault)) from fault
    if not isinstance(table, Mapping) or not table:
        raise RuleFault("says no table: write table: {value: value}, or table: FILE.csv")
    pairs = tuple((str(key), "" if value is None else value) for key, value in table.items())
    if not all(isinstance(value, str) for _, value in pairs):
        raise RuleFault("its table must give one value for each value")
    return Determines(by=by, column=column, table=pairs)


_READERS: dict[str, tuple[Callable[[Mapping[str, Any], Source], Rule], tuple[str, ...]]] = {
    "impossible": (_impossible, ()),
    "missing": (_missing, ()),
    "order": (_order, ("strict",)),
    "unique": (_unique, ()),
    "sum": (_sum, ()),
    "determines": (_determines, ("table",)),
}
