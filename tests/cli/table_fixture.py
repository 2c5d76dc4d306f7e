"""A small table with a cell that must never show, and its schema: what tests spoil one way at a time."""

import random

SECRET = "Zyx-9174-secret"
"""Planted as a cell: no message may quote it."""

HEADER = "ward,age,score,seen,seen_at,urgent"


def rows(count: int = 400, seed: int = 3) -> list[str]:
    """Sound rows; every ward is a declared category."""
    draw = random.Random(seed)
    return [
        f"{draw.choice(('north', 'south', 'east'))},{draw.randint(0, 99)},{draw.uniform(0, 10):.2f},"
        f"2024-0{draw.randint(1, 9)}-1{draw.randint(0, 9)},2024-03-0{draw.randint(1, 9)}T1{draw.randint(0, 9)}:30:00,"
        f"{draw.choice(('true', 'false'))}"
        for _ in range(count)
    ]


def csv(lines: list[str] | None = None, header: str = HEADER) -> str:
    """The table as CSV."""
    return "\n".join((header, *(rows() if lines is None else lines))) + "\n"


SCHEMA = """\
name: wards
fields:
  - {name: ward, type: string, constraints: {enum: [north, south, east], required: true}}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 99, required: true}}
  - {name: score, type: number, constraints: {minimum: 0, maximum: 10}, "synthcli:decimals": 2}
  - {name: seen, type: date, constraints: {minimum: "2024-01-01", maximum: "2024-12-31"}}
  - {name: seen_at, type: datetime, constraints: {minimum: "2024-01-01T00:00:00", maximum: "2024-12-31T23:59:59"}}
  - {name: urgent, type: boolean, constraints: {required: true}}
"""

FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "0.5", "--mechanism", "independent")
"""A fit that takes little time, of the table `t.csv`; without an output."""
