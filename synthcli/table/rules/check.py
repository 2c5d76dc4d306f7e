"""Whether rules make sense together with the columns: found out before a row is read, or budget spent."""

from collections.abc import Callable, Collection, Iterator
from itertools import chain, islice

import numpy as np

from synthcli.table.axis import to_axis
from synthcli.table.rules.compute import LARGEST, decimals_of, in_order, unreadable
from synthcli.table.rules.kinds import Condition, Determines, Missing, Order, Rule, Sum, Unique, Value, conditions_of
from synthcli.table.rules.order_check import chain_faults, decimals_faults, order_faults
from synthcli.table.schema import Column, Kind, Role, Schema
from synthcli.table.temporal import TimeFormat

Look = Callable[[Rule, Schema], Iterator[str]]


def structural_faults(schema: Schema) -> list[str]:
    """What is wrong whatever facts are public: roles, types, columns computed twice or in a circle."""
    faults = [
        *_each(schema, lambda rule, _: chain(_roles(rule, schema), _types(rule, schema))),
        *_computed_twice(schema),
    ]
    return [*faults, *_on_computed(schema)] or [*_circles(schema), *chain_faults(schema)]


def _on_computed(schema: Schema) -> Iterator[str]:
    """Rules that a model keeps, on columns that it does not hold."""
    for place, rule in enumerate(schema.rules):
        lost = [name for name in rule.reads if name in schema.computed]
        if rule.computes is None and lost and not isinstance(rule, Unique):
            yield f"rules[{place}] ({rule.key}): column {lost[0]!r} follows from others: rule about those instead"


def factual_faults(schema: Schema, learnt: Collection[str]) -> list[str]:
    """What the rules need to know of the columns, and is not declared. Asks a schema of public facts alone.

    `learnt` names the columns whose categories are not declared, and must be learnt.
    """
    return list(_each(schema, lambda rule, _: chain(_facts(rule, schema), _unlisted(rule, learnt))))


def _each(schema: Schema, look: Look) -> Iterator[str]:
    """The first fault of each rule."""
    for place, rule in enumerate(schema.rules):
        for fault in islice(look(rule, schema), 1):
            yield f"rules[{place}] ({rule.key}): {fault}"


def _roles(rule: Rule, schema: Schema) -> Iterator[str]:
    if isinstance(rule, Unique):
        yield from _made_up(rule, schema)
        return
    names = (*rule.reads, *((rule.computes,) if rule.computes is not None else ()))
    for name in names:
        role = schema[name].role
        if role is not Role.MODEL:
            what = "made up" if role is Role.SURROGATE else "left out"
            yield f"column {name!r} is {what}: set its synthcli:role to model, or delete the rule"


def _made_up(rule: Unique, schema: Schema) -> Iterator[str]:
    """Whether one of the columns is filled with identifiers, which alone can be told to differ."""
    for name in rule.columns:
        if not schema[name].role.is_written:
            yield f"column {name!r} is left out: set its synthcli:role to surrogate, or delete the rule"
            return
    if not any(schema[name].role is Role.SURROGATE for name in rule.columns):
        yield (
            f"column {rule.columns[0]!r} is modelled, and modelled values come again: "
            "set its synthcli:role to surrogate, or delete the rule"
        )


def _types(rule: Rule, schema: Schema) -> Iterator[str]:
    if isinstance(rule, Sum):
        for name in (rule.total, *rule.parts):
            if schema[name].kind not in (Kind.INTEGER, Kind.NUMBER):
                yield f"column {name!r} is of type {schema[name].kind}: add up integers and numbers"
        number = [name for name in rule.parts if schema[name].kind is Kind.NUMBER]
        if schema[rule.total].kind is Kind.INTEGER and number:
            yield f"column {rule.total!r} is an integer, its part {number[0]!r} a number: make the total a number"
    if isinstance(rule, Determines):
        yield from _table_faults(rule, schema)
    if isinstance(rule, Order):
        yield from order_faults(rule, schema)
    for condition in conditions_of(rule):
        yield from _condition_faults(condition, schema)
    if isinstance(rule, Missing) and schema[rule.column].required:
        yield f"column {rule.column!r} is required, and cannot be missing: delete constraints.required, or the rule"


def _condition_faults(condition: Condition, schema: Schema) -> Iterator[str]:
    column = schema[condition.column]
    ends = () if condition.within is None else (condition.within.low, condition.within.high)
    named = [value for value in (*condition.values, *ends) if value is not None]
    if condition.missing and column.required:
        yield f"column {column.name!r} is required, and never missing: delete the condition, or constraints.required"
    places = column.decimals if column.kind is Kind.NUMBER and column.declares("decimals") else None
    if places is not None and any(round(float(value), places) != value for value in named):
        yield f"a value of column {column.name!r} has more decimals than the column: round it"
    if column.kind.has_clock and condition.values:
        yield f"column {column.name!r} is a {column.kind}: name a range, as {{from: …, below: …}}"
    if column.kind.has_clock and any(not _is_spelt(end, column) for end in ends if end is not None):
        yield f"an end of the range of column {column.name!r} is finer than the column's format: cut it off"
    if column.kind.has_format and "%y" in column.format:
        yield f"the format of column {column.name!r} leaves the century open: spell the year by %Y"
    if any(
        bound is not None and any(_beyond(value, bound, sign) for value in condition.values)
        for bound, sign in ((column.minimum, 1), (column.maximum, -1))
    ):
        yield f"a value lies outside the bounds of column {column.name!r}: correct it, or the bounds"


def _is_spelt(end: Value, column: Column) -> bool:
    """Whether the column's format can say the instant."""
    place = np.array([to_axis(end, column.kind)])  # type: ignore[arg-type]
    text = TimeFormat.of(column).spell(place)
    return bool(TimeFormat.of(column).parse(text)[0][0] == place[0])


def _beyond(value: Value, bound: Value, sign: int) -> bool:
    return bool(value < bound if sign > 0 else value > bound)  # type: ignore[operator]


def _table_faults(rule: Determines, schema: Schema) -> Iterator[str]:
    """Entries that cannot be read, or are not among the declared categories: counts, since tables are long."""
    for name, texts in ((rule.by, [k for k, _ in rule.table]), (rule.column, [v for _, v in rule.table])):
        column = schema[name]
        allowed = {"", *schema.missing_values_of(column), *(column.categories or ())}
        if column.categories is not None and "categories" not in column.observed:
            foreign = sum(text not in allowed for text in texts)
            if foreign:
                yield f"{foreign:,} value(s) of its table are no categories of column {name!r}: correct the table"
        unread = unreadable(texts, column, schema)
        if unread:
            yield f"{unread:,} value(s) of its table for {name!r} are not of type {column.kind}: correct the table"


def _computed_twice(schema: Schema) -> Iterator[str]:
    seen: set[str] = set()
    for place, rule in enumerate(schema.rules):
        if rule.computes in seen:
            yield f"rules[{place}] ({rule.key}): column {rule.computes!r} follows from two rules: delete one of them"
        if rule.computes is not None:
            seen.add(rule.computes)


def _circles(schema: Schema) -> list[str]:
    try:
        in_order(schema.rules)
    except ValueError:
        return ["rules: columns follow from each other in a circle: delete one of the sum or determines rules"]
    return []


def _facts(rule: Rule, schema: Schema) -> Iterator[str]:
    if isinstance(rule, Sum):
        yield from _sum_facts(rule, schema)
    if isinstance(rule, Order):
        yield from decimals_faults(rule, schema)
    if isinstance(rule, Determines):
        yield from _coverage(rule, schema)
    if rule.computes is not None and schema[rule.computes].required:
        optional = [name for name in rule.reads if not schema[name].required]
        if optional:
            yield f"column {rule.computes!r} is required, so {optional[0]!r} must be so too: set constraints.required"


def _unlisted(rule: Rule, learnt: Collection[str]) -> Iterator[str]:
    """A category that is only learnt, or not, is no fit thing to rule about."""
    for condition in conditions_of(rule):
        if condition.column in learnt and not condition.missing:
            yield f"the categories of column {condition.column!r} are not declared: list them in constraints.enum"
    for name in rule.reads if isinstance(rule, Order) else ():
        if name in learnt:
            yield f"column {name!r} has categories, and only a number line is in order: delete constraints.enum"


def _sum_facts(rule: Sum, schema: Schema) -> Iterator[str]:
    columns = [schema[name] for name in (rule.total, *rule.parts)]
    vague = [c.name for c in columns if c.kind is Kind.NUMBER and c.decimals is None]
    if vague:
        yield f"say how many decimals column {vague[0]!r} has: add synthcli:decimals, without which no sum is exact"
        return
    places = max(decimals_of(column) for column in columns[1:])
    if columns[0].kind is Kind.NUMBER and decimals_of(columns[0]) < places:
        yield f"column {rule.total!r} has fewer decimals than its parts: set its synthcli:decimals to {places}"
    places = max(places, decimals_of(columns[0]))
    for column in columns[1:]:
        if any(not _fits(bound, places) for bound in (column.minimum, column.maximum) if bound is not None):
            yield f"column {column.name!r} has bounds too large for {places} decimals: lower them, or the decimals"
        if not all(_is_rounded(text, column) for text in column.categories or ()):
            yield f"the categories of column {column.name!r} have more decimals than it declares: correct them"


def _fits(bound: object, places: int) -> bool:
    return isinstance(bound, int | float) and abs(bound) * 10**places <= LARGEST


def _is_rounded(text: str, column: Column) -> bool:
    return column.kind is Kind.INTEGER or round(float(text), decimals_of(column)) == float(text)


def _coverage(rule: Determines, schema: Schema) -> Iterator[str]:
    by, column = schema[rule.by], schema[rule.column]
    if not column.required:
        return
    if by.categories is None:
        yield f"column {rule.column!r} is required, so {rule.by!r} needs its categories declared: add constraints.enum"
        return
    empty = {"", *schema.missing_values_of(column)}
    known = {key for key, value in rule.table if value not in empty}
    lacking = sum(category not in known for category in by.categories)
    if lacking:
        yield f"its table lacks {lacking:,} of the categories of {rule.by!r}, and {rule.column!r} is required: add them"
