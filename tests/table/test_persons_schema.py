"""A schema split between persons and events: what rules of order say of each part."""

from synthcli.table.persons import events_schema, persons_schema
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Column, Kind, Level, Schema


def _schema(*rules: Order) -> Schema:
    levels = {"birth": "person", "entry": "person", "admission": "event", "discharge": "event"}
    dates = tuple(Column(name=n, kind=Kind.DATE, level=Level(level), required=True) for n, level in levels.items())
    return Schema(name="stays", columns=(Column(name="patient", kind=Kind.INTEGER, required=True), *dates), rules=rules)


def test_a_rule_of_order_holds_for_the_columns_of_each_part() -> None:
    schema = _schema(Order(columns=("birth", "admission", "entry", "discharge"), strict=True))
    assert persons_schema(schema, "patient").rules == (Order(columns=("birth", "entry"), strict=True),)
    assert events_schema(schema).rules == (Order(columns=("admission", "discharge"), strict=True),)


def test_a_rule_of_order_with_one_column_of_a_part_says_nothing_of_it() -> None:
    schema = _schema(Order(columns=("birth", "admission", "discharge")))
    assert persons_schema(schema, "patient").rules == ()
    assert events_schema(schema).rules == (Order(columns=("admission", "discharge")),)
