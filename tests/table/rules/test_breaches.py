"""Rows that break rules are counted, rule by rule, whatever is missing."""

from pathlib import Path

from synthcli.table.rules.breaches import count_breaches
from synthcli.table.schema_file import parse_schema
from synthcli.table.source import open_source

SCHEMA = """\
fields:
  - {name: id, type: string, "synthcli:role": surrogate, "synthcli:surrogate": {format: uuid}}
  - {name: sex, type: string, constraints: {enum: [m, f]}}
  - {name: sick, type: boolean}
  - {name: age, type: integer}
  - {name: in, type: date}
  - {name: out, type: date}
  - {name: net, type: number, "synthcli:decimals": 2}
  - {name: tax, type: number, "synthcli:decimals": 2}
  - {name: all, type: number, "synthcli:decimals": 2}
  - {name: word, type: string}
rules:
  - impossible: {sex: m, sick: yes}
  - impossible: {age: {from: 3, below: 5}, sex: {missing: true}}
  - missing: {column: out, when: {sick: true}, only: true}
  - order: [in, out]
  - {order: [in, out], strict: true}
  - sum: {all: [net, tax]}
  - {determines: {sex: word}, table: {m: man}}
  - unique: [id, sex]
"""
ROWS = """\
id,sex,sick,age,in,out,net,tax,all,word
a,m,true,3,2020-01-02,,0.10,0.20,0.30,man
b,f,true,4,2020-01-02,2020-01-02,0.10,0.20,0.31,
c,,false,4,2020-01-02,2020-01-01,,0.20,,
c,,false,5,,2020-01-01,,0.20,0.20,x
c,,,,2020-01-02,,1,2,3,
"""


def test_every_rule_has_its_count(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(ROWS)
    schema = parse_schema(SCHEMA, "the schema", is_json=False)
    with open_source(str(tmp_path / "t.csv")) as source:
        found = count_breaches(source, schema)
    assert [breach.rows for breach in found] == [1, 1, 2, 1, 2, 2, 1, 2]
    assert [str(breach.rule) for breach in found][:5] == [
        "impossible: sex m, and sick true",
        "impossible: age from 3 below 5, and sex missing",
        "out is missing only when sick true",
        "in <= out",
        "in < out",
    ]
