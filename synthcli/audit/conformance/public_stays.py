"""A public table of stays: dates that a rule puts in order, so that a fit learns how long they are apart."""

from dataclasses import replace

import numpy as np

from synthcli.audit.conformance.build import PublicTable

SCHEMA = """
name: stays
fields:
- {name: ward, type: string, constraints: {enum: [east, west]}}
- {name: admitted, type: datetime}
- {name: left, type: datetime}
- {name: billed, type: date}
- {name: paid, type: date}
rules:
- {order: [admitted, left], strict: true}
- {order: [billed, paid]}
"""
_HEAD = "ward,admitted,left,billed,paid"
_STAY = "east,2021-05-03T08:30:00,{},2021-06-01,{}"

ODD_STAYS = {
    "one more stay": _STAY.format("2021-05-05T10:00:00", "2021-06-15"),
    "a stay of centuries": _STAY.format("2890-12-31T23:59:59.999999", "2890-12-31"),
    "a stay that ends before it begins": _STAY.format("1998-01-01T00:00:00", "1998-01-01"),
    "a stay without an end": _STAY.format("", ""),
}
"""What one row may add to the table."""


def stays(rows: int = 500) -> PublicTable:
    """Stays of hours and days, with bills that are paid after weeks."""
    rng = np.random.default_rng(4)
    admitted = np.datetime64("2021-03-01T08:00") + rng.integers(0, 300 * 1440, rows).astype("timedelta64[m]")
    left = admitted + rng.lognormal(7.5, 1, rows).astype(np.int64).astype("timedelta64[m]")
    billed = left.astype("datetime64[D]") + 1
    paid = billed + rng.integers(0, 40, rows)
    ward = rng.choice(["east", "west"], rows)
    return _table(
        "a table of stays",
        [f"{w},{a}:00,{b}:00,{c},{d}" for w, a, b, c, d in zip(ward, admitted, left, billed, paid, strict=True)],
    )


def backward() -> PublicTable:
    """Stays of another year that all end before they begin."""
    lines = [f"west,1999-07-0{1 + row % 9}T00:00:00.5,1998-01-01T00:00:00,1999-07-09,1990-01-01" for row in range(90)]
    return _table("a table of stays that end before they begin", lines)


def with_stay(table: PublicTable, name: str) -> PublicTable:
    """The neighbour that has one of the odd stays more, at the end."""
    return replace(table, name=f"{table.name} and {name}", rows=f"{table.rows}{ODD_STAYS[name]}\n")


def _table(name: str, lines: list[str]) -> PublicTable:
    return PublicTable(name, SCHEMA, "\n".join([_HEAD, *lines]) + "\n")
