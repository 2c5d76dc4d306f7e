"""Rules that make no sense, each found before a row is read, and each told in a line: what it said is what it says."""

import os
from pathlib import Path

import pytest

from synthcli.discovery.facts import resolve
from synthcli.errors import InputError
from synthcli.table.schema_file import parse_schema

GOLDEN = Path(__file__).parent / "golden" / "bad-rules.txt"

FIELDS = """\
fields:
  - {name: sex, type: string, constraints: {enum: [m, f], required: true}}
  - {name: open, type: boolean, constraints: {required: true}}
  - {name: town, type: string}
  - {name: seen, type: string, constraints: {enum: [a, b]}, "synthcli:observed": [categories]}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 99, required: true}}
  - {name: parts, type: integer}
  - {name: net, type: number, "synthcli:decimals": 2}
  - {name: tax, type: number, "synthcli:decimals": 3}
  - {name: free, type: number}
  - {name: gross, type: number, "synthcli:decimals": 2}
  - {name: all, type: integer, constraints: {required: true}}
  - {name: from, type: date}
  - {name: to, type: date, constraints: {maximum: "2024-12-31"}}
  - {name: short, type: date, format: "%d.%m.%y"}
  - {name: at, type: datetime, format: "%Y-%m-%d %H:%M"}
  - {name: until, type: datetime}
  - {name: label, type: string}
  - {name: must, type: string, constraints: {required: true}}
  - {name: id, type: string, "synthcli:role": surrogate, "synthcli:surrogate": {format: uuid}}
  - {name: note, type: string, "synthcli:role": drop}
rules:
"""

CASES = {
    "not a list": " impossible",
    "no kind": "  - {forbidden: {sex: m}}",
    "two kinds": "  - {sum: {gross: [net, tax]}, order: [from, to]}",
    "unknown column": "  - impossible: {sexx: m}",
    "unknown part": "  - sum: {gross: [net, taxes]}",
    "further key": "  - {order: [from, to], strictly: true}",
    "no mapping": "  - impossible: [sex, age]",
    "not in the list": "  - impossible: {sex: [m, d]}",
    "not a number": "  - impossible: {age: young}",
    "not a boolean": "  - impossible: {open: perhaps}",
    "empty range": "  - impossible: {age: {from: 9, below: 9}}",
    "range of text": "  - impossible: {sex: {from: m}}",
    "odd range": "  - impossible: {age: {above: 9}}",
    "outside the bounds": "  - impossible: {age: 120}",
    "categories not declared": "  - impossible: {town: Ulm}",
    "categories only observed": "  - impossible: {seen: [a]}",
    "too many decimals": "  - impossible: {net: {from: 0.125}}",
    "single datetime": '  - impossible: {until: "2024-01-01T00:00:00"}',
    "finer than the format": '  - impossible: {at: {from: "2024-01-01T00:00:30"}}',
    "left out": "  - impossible: {note: x}",
    "made up": "  - order: [id, age]",
    "never missing": "  - impossible: {sex: {missing: true}}",
    "missing but required": "  - missing: {column: must, when: {sex: m}}",
    "missing by itself": "  - missing: {column: from, when: {from: {from: 2020-01-01}}}",
    "no when": "  - missing: {column: from}",
    "only what": "  - missing: {column: from, when: {sex: m}, only: often}",
    "everybody": "  - impossible: {sex: [m, f]}",
    "contradiction": "  - impossible: {sex: m}\n  - impossible: {sex: f, open: true}\n  - impossible: {open: false}"
    "\n  - impossible: {open: true, age: {from: 0}}",
    "one column in order": "  - order: [from]",
    "twice in order": "  - order: [from, from]",
    "order of text": "  - order: [town, label]",
    "order of two kinds": "  - order: [age, net]",
    "order of different decimals": "  - order: [net, tax]",
    "order without a century": "  - order: [short, to]",
    "order of different formats": "  - order: [at, until]",
    "circle of order": "  - order: [from, to]\n  - order: [to, from]",
    "chain over what may be missing": "  - order: [net, gross]\n  - order: [gross, free]",
    "order that leaves nothing": "  - order: [from, to]\n  - impossible: {from: {below: 2025-01-01}}"
    "\n  - impossible: {from: {missing: true}}\n  - impossible: {to: {missing: true}}",
    "sum of text": "  - sum: {gross: [net, town]}",
    "sum of one": "  - sum: {gross: [net]}",
    "sum of itself": "  - sum: {gross: [net, gross]}",
    "sum without decimals": "  - sum: {gross: [net, free]}",
    "sum with too few decimals": "  - sum: {gross: [net, tax]}",
    "whole sum of fractions": "  - sum: {all: [age, net]}",
    "sum that may be missing": "  - sum: {all: [age, parts]}",
    "computed twice": "  - sum: {gross: [net, age]}\n  - sum: {gross: [age, parts]}",
    "circle of sums": "  - sum: {gross: [net, age]}\n  - sum: {net: [gross, age]}",
    "rule about a computed column": "  - sum: {gross: [net, age]}\n  - impossible: {gross: {below: 0}}",
    "no table": "  - determines: {sex: label}",
    "table of lists": "  - {determines: {sex: label}, table: {m: [x, y]}}",
    "table with a foreign value": "  - {determines: {sex: label}, table: {m: x, d: y}}",
    "table of unreadable values": "  - {determines: {sex: parts}, table: {m: x, f: 2}}",
    "table lacks a value": "  - {determines: {sex: must}, table: {m: x}}",
    "required and not declared": "  - {determines: {town: must}, table: {Ulm: x}}",
    "no such file": "  - {determines: {sex: label}, table: lost.csv}",
    "follows from itself": "  - {determines: {sex: sex}, table: {m: m}}",
    "unique and modelled": "  - unique: [age]",
    "unique and left out": "  - unique: [note]",
}


def _told(rules: str) -> str:
    """The lines of the refusal."""
    with pytest.raises(InputError) as caught:
        resolve(parse_schema(FIELDS + rules + "\n", "the schema", is_json=False, folder=Path("/nowhere")))
    assert caught.value.hint
    assert caught.value.details
    return "\n".join(f"  {line}" for line in caught.value.details)


def test_every_bad_rule_is_told_in_a_line() -> None:
    told = "\n".join(f"{name}\n{_told(rules)}" for name, rules in CASES.items()) + "\n"
    if os.environ.get("SYNTHCLI_GOLDEN") == "rewrite":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(told, "utf-8")
    assert told == GOLDEN.read_text("utf-8")
