"""Rules that are written read back as they were, in YAML and in JSON, in every column's own spelling."""

import pytest

from synthcli.table.rules.kinds import Condition, Determines, Impossible, Missing, Order, Range, Sum, Unique
from synthcli.table.schema_file import dump_schema, parse_schema

SCHEMA = """\
fields:
  - {name: id, type: string, "synthcli:role": surrogate, "synthcli:surrogate": {format: uuid}}
  - {name: sex, type: string, constraints: {enum: [m, f]}}
  - {name: open, type: boolean, trueValues: [Y], falseValues: [N]}
  - {name: code, type: integer, constraints: {enum: ["01", "02"]}}
  - {name: net, type: number, "synthcli:decimals": 2}
  - {name: tax, type: number, "synthcli:decimals": 2}
  - {name: all, type: number, "synthcli:decimals": 2}
  - {name: day, type: date, format: "%Y-%d-%m"}
  - {name: due, type: date}
  - {name: at, type: datetime, format: "%d.%m.%Y %H:%M"}
  - {name: word, type: string}
rules:
  - impossible: {sex: m, open: Y, code: [1, "02"]}
  - impossible: {day: {from: 2020-05-04, below: 2020-01-06}, net: {below: -0.25}, at: {from: "01.02.2020 10:30"}}
  - impossible: {day: 2020-07-08, open: no, due: {missing: true}}
  - missing: {column: due, when: {open: N, sex: [f]}, only: true}
  - order: [day, due]
  - {order: [net, tax], strict: true}
  - sum: {all: [net, tax]}
  - {determines: {code: word}, table: {"01": 'a "quoted", one', "02": ""}}
  - unique: [id, sex]
"""


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_rules_read_back_as_they_were(ending: str) -> None:
    schema = parse_schema(SCHEMA, "the schema", is_json=False)
    assert [type(rule) for rule in schema.rules] == [
        *(Impossible, Impossible, Impossible, Missing, Order, Order, Sum, Determines, Unique)
    ]
    again = parse_schema(dump_schema(schema, f"x.{ending}"), "the schema", is_json=ending == "json")
    assert again == schema


def test_values_are_of_their_columns_types() -> None:
    rules = parse_schema(SCHEMA, "the schema", is_json=False).rules
    assert isinstance(rules[0], Impossible)
    assert rules[0].conditions == (
        Condition(column="sex", values=("m",)),
        Condition(column="open", values=(True,)),
        Condition(column="code", values=(1, 2)),
    )
    assert isinstance(rules[1], Impossible)
    spans = [condition.within for condition in rules[1].conditions]
    assert all(isinstance(span, Range) for span in spans)
    assert [str(span) for span in spans] == [
        "from 2020-04-05 below 2020-06-01",
        "below -0.25",
        "from 2020-02-01 10:30:00",
    ]
