"""Public tables that tempt a fit to look: neighbours by one odd row, and tables that have nothing in common."""

from dataclasses import replace

import numpy as np

from synthcli.audit.conformance.build import PublicTable

SCHEMA = """
name: public
fields:
- {name: city, type: string}
- {name: level, type: number, constraints: {enum: ["1.5", "2.5"]}, "synthcli:observed": [categories]}
- {name: income, type: number}
- {name: age, type: integer, constraints: {minimum: 0, maximum: 99}}
- {name: day, type: date}
- {name: member, type: boolean}
"""
_HEAD = "city,level,income,age,day,member"
_ORDINARY = "Basel,1.5,412.5,33,1964-02-11,true"

ODD_ROWS = {
    "one more ordinary row": _ORDINARY,
    "a new category": "Atlantis,1.5,412.5,33,1964-02-11,true",
    "a new level": "Basel,7.25,412.5,33,1964-02-11,true",
    "a number far out of range": "Basel,1.5,999999999999,33,1964-02-11,true",
    "a number of many decimals": "Basel,1.5,0.123456789012,33,1964-02-11,true",
    "a date far out of range": "Basel,1.5,412.5,33,2890-12-31,true",
    "a row without a value": ",,,,,",
    "a value at a declared bound": "Basel,1.5,412.5,99,1964-02-11,false",
}
"""What one person may add to the table."""


def ordinary(rows: int = 600) -> PublicTable:
    """A mixed table: few cities, a skewed number, dates of some years, some missing values, and a section without any.

    So many rows lack the section that a fit looks at who is missing together.
    """
    rng = np.random.default_rng(1)
    lines = []
    for _ in range(rows):
        city = ("Basel", "Chur", "Genf", "Olten")[int(rng.integers(4))]
        income = "" if rng.random() < 0.1 else f"{rng.lognormal(6, 0.4):.1f}"
        date = f"{1960 + rng.integers(9)}-02-{rng.integers(1, 29):02d}"
        member = "true" if rng.random() < 0.7 else "false"
        section = ",," if rng.random() < 0.4 else f"{income},{rng.integers(18, 80)},{date}"
        lines.append(f"{city},{rng.integers(1, 3)}.5,{section},{member}")
    return _table("an ordinary table", lines)


def empty() -> PublicTable:
    """No rows at all."""
    return _table("an empty table", [])


def one_row() -> PublicTable:
    """A single row."""
    return _table("a table of one row", [_ORDINARY])


def constant() -> PublicTable:
    """The same row over and over."""
    return _table("a table of constant columns", [_ORDINARY] * 150)


def unlike() -> PublicTable:
    """Other cities, other magnitudes, other years, another number of rows."""
    rng = np.random.default_rng(2)
    lines = [
        f"Ward {rng.integers(9)},{rng.integers(30)}.25,{rng.normal(-5e6, 10):.3f},{rng.integers(5)},"
        f"{1790 + rng.integers(3)}-11-30,false"
        for _ in range(700)
    ]
    return _table("an unlike table", lines)


def with_row(table: PublicTable, name: str) -> PublicTable:
    """The neighbour that has one of the odd rows more, at the end."""
    return replace(table, name=f"{table.name} and {name}", rows=f"{table.rows}{ODD_ROWS[name]}\n")


def without_row(table: PublicTable) -> PublicTable:
    """The neighbour that lacks the first row, if there is one."""
    head, *lines = table.rows.splitlines()
    return replace(table, name=f"{table.name} less a row", rows="\n".join([head, *lines[1:]]) + "\n")


PERSONS = """
name: visits
fields:
- {name: person, type: integer, "synthcli:role": unit}
- {name: town, type: string, "synthcli:level": person}
- {name: born, type: date, "synthcli:level": person}
- {name: ward, type: string}
- {name: cost, type: number}
"""
_PERSONS_HEAD = "person,town,born,ward,cost"
_COUNTED = 3
_FAR = "Atlantis,2890-12-31,Ward {},{}99999999.125"

ODD_PERSONS = {
    "a person with one row": ["Basel,1964-02-11,east,41.5"],
    "a person with as many equal rows as count": ["Basel,1964-02-11,east,41.5"] * _COUNTED,
    "a person with many equal rows": ["Basel,1964-02-11,east,41.5"] * 40,
    "a person whose rows are all unlike": [_FAR.format(i, i + 1) for i in range(_COUNTED)],
    "a person with many unlike rows": [_FAR.format(i, i + 1) for i in range(500)],
    "a person without a value": [",,,"] * _COUNTED,
}
"""What one person with several rows may add to the table."""


def of_persons(persons: int = 120) -> PublicTable:
    """Persons with one to three rows each, all of which count: what is counted of the others never changes."""
    rng = np.random.default_rng(3)
    lines = []
    for person in range(persons):
        own = f"{person},{('Basel', 'Chur', 'Genf')[int(rng.integers(3))]},{1960 + rng.integers(9)}-02-11"
        wards = rng.choice(["east", "west", "north"], int(rng.integers(1, _COUNTED + 1)))
        lines += [f"{own},{ward},{rng.lognormal(4, 0.4):.1f}" for ward in wards]
    return _of_persons("a table of persons", lines)


def unlike_persons() -> PublicTable:
    """Other towns, other years, other costs, and persons with more rows than count."""
    lines = [f"{row % 20},Ort {row % 4},1790-11-30,ward {row % 7},-{row}e5" for row in range(400)]
    return _of_persons("a table of unlike persons", lines)


def with_person(table: PublicTable, name: str) -> PublicTable:
    """The neighbour that has one of the odd persons more, whose rows stand at the end."""
    rows = "".join(f"9999,{line}\n" for line in ODD_PERSONS[name])
    return replace(table, name=f"{table.name} and {name}", rows=table.rows + rows)


def without_person(table: PublicTable) -> PublicTable:
    """The neighbour that lacks the first person."""
    head, *lines = table.rows.splitlines()
    first = lines[0].split(",")[0]
    left = [line for line in lines if line.split(",")[0] != first]
    return replace(table, name=f"{table.name} less a person", rows="\n".join([head, *left]) + "\n")


def _of_persons(name: str, lines: list[str]) -> PublicTable:
    return PublicTable(name, PERSONS, "\n".join([_PERSONS_HEAD, *lines]) + "\n", _COUNTED)


def _table(name: str, lines: list[str]) -> PublicTable:
    return PublicTable(name, SCHEMA, "\n".join([_HEAD, *lines]) + "\n")
