"""Whether rules of order make sense: columns on one number line, written alike, in no circle."""

from collections.abc import Iterator

from synthcli.table.rules.kinds import Order
from synthcli.table.rules.order import gaps
from synthcli.table.schema import Kind, Schema
from synthcli.table.temporal import unit_of


def order_faults(rule: Order, schema: Schema) -> Iterator[str]:
    """What is wrong with one rule, whatever facts are public."""
    first = schema[rule.columns[0]]
    for column in (schema[name] for name in rule.columns):
        if not column.kind.has_axis:
            yield f"column {column.name!r} is of type {column.kind}, which has no order: name numbers or dates"
        elif column.kind is not first.kind:
            yield f"columns {first.name!r} and {column.name!r} are {first.kind} and {column.kind}: give them one type"
        elif column.declares("categories"):
            yield f"column {column.name!r} has categories, and only a number line is in order: declare bounds instead"
        elif column.kind.has_format and "%y" in column.format:
            yield f"the format of column {column.name!r} leaves the century open: spell the year by %Y"
        elif column.kind.has_clock and unit_of(column) != unit_of(first):
            yield f"the formats of {first.name!r} and {column.name!r} differ in their finest part: make them alike"


def chain_faults(schema: Schema) -> Iterator[str]:
    """Circles, and chains that hang on a value that may be missing."""
    try:
        gaps(schema.rules)
    except ValueError:
        yield "rules: columns are in order in a circle: delete one of the order rules"
        return
    orders = [rule for rule in schema.rules if isinstance(rule, Order)]
    for place, rule in enumerate(schema.rules):
        if not isinstance(rule, Order):
            continue
        above = {name for other in orders for name in other.columns[1:] if other is not rule}
        inner = rule.columns[1:-1] if rule.strict else ()
        for name in (*inner, *(name for name in rule.columns[:-1] if name in above)):
            if not schema[name].required or "required" in schema[name].observed:
                yield f"rules[{place}] (order): {name!r} links columns, and may be missing: set constraints.required"


def decimals_faults(rule: Order, schema: Schema) -> Iterator[str]:
    """Numbers that are written with different decimals: rounding could break the order."""
    declared = {schema[name].decimals for name in rule.columns}
    if len(declared) > 1 and schema[rule.columns[0]].kind is Kind.NUMBER:
        yield f"columns {', '.join(map(repr, rule.columns))} have different decimals: set the same synthcli:decimals"
