"""The workload file: a TOML list of the marginals that matter. All its problems are reported at once.

all = 2                          # a base: all marginals of this many columns, each with weight 1

[[marginal]]
columns = ["age", "income"]
weight = 3                       # 1 unless given
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import comb
from pathlib import Path
from typing import Any

from synthcli.errors import UsageError, closest
from synthcli.files import read_toml
from synthcli.marginal import Clique, Domain
from synthcli.mechanisms.workload import Workload

WIDEST = 5
"""Columns of one marginal: a wider table has more cells than a table has rows."""

HEAVIEST = 1_000
"""The largest weight: beyond it a marginal is the only one that counts."""

MOST = 100_000
"""Marginals of one workload: what selecting among them still takes seconds for."""


def load_workload(path: Path, *tables: Domain) -> Workload:
    """Read a workload file over the attributes of these tables; `UsageError` lists every problem.

    A marginal is one of a single table.
    """
    document = read_toml(path, "the workload file", "see the example in the README")
    problems = [*_problems(document), *_marginal_problems(document.get("marginal", []), tables)]
    problems += [] if problems else _size_problems(document, [len(domain) for domain in tables])
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise UsageError(f"the workload file {path} has {count}", "mend the lines named below", tuple(problems))
    base = [Workload.all(domain, document["all"]).weights for domain in tables if "all" in document]
    listed = {_clique(entry["columns"], tables): entry.get("weight", 1) for entry in document.get("marginal", [])}
    return Workload({**dict(chain.from_iterable(weights.items() for weights in base)), **listed})


def _clique(columns: Sequence[str], tables: Sequence[Domain]) -> Clique:
    """In the order of the first table that has all of them."""
    return next(domain.clique(columns) for domain in tables if set(columns) <= set(domain.attributes))


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong outside the marginals."""
    unknown = [key for key in document if key not in ("all", "marginal")]
    for key in unknown:
        yield f"{key}: no such key; there are all, marginal{closest(key, ('all', 'marginal'))}"
    order = document.get("all", 1)
    if type(order) is not int or not 1 <= order <= 3:
        yield "all: is 1, 2 or 3, the number of columns of each marginal"
    if "all" not in document and not document.get("marginal") and not unknown:
        yield "there is no marginal; name one by [[marginal]] columns = [...], or all pairs by all = 2"


def _marginal_problems(entries: object, tables: Sequence[Domain]) -> Iterator[str]:
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        yield "marginal: is a list of sections, each headed [[marginal]]"
        return
    first: dict[frozenset[str], int] = {}
    for number, entry in enumerate(entries, 1):
        found = list(_entry_problems(entry, tables))
        yield from (f"marginal {number}: {problem}" for problem in found)
        if not found and first.setdefault(frozenset(entry["columns"]), number) != number:
            yield f"marginal {number}: has the same columns as marginal {first[frozenset(entry['columns'])]}"


def _entry_problems(entry: Mapping[str, Any], tables: Sequence[Domain]) -> Iterator[str]:
    for key in entry:
        if key not in ("columns", "weight"):
            yield f"{key}: no such key; there are columns, weight{closest(key, ('columns', 'weight'))}"
    weight = entry.get("weight", 1)
    if type(weight) is not int or not 1 <= weight <= HEAVIEST:
        yield f"weight: is a whole number from 1 to {HEAVIEST:,}"
    columns = entry.get("columns")
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        yield 'columns: is a list of names, for example ["age", "income"]'
        return
    if not 1 <= len(columns) <= WIDEST:
        yield f"columns: names 1 to {WIDEST} columns, not {len(columns)}"
    if len(set(columns)) != len(columns):
        yield "columns: names a column twice"
    known = list(chain.from_iterable(domain.attributes for domain in tables))
    unknown = [column for column in dict.fromkeys(columns) if column not in known]
    for column in unknown:
        yield f"column {column!r} is not modelled by the schema{closest(column, known)}"
    if not unknown and not any(set(columns) <= set(domain.attributes) for domain in tables):
        apart = [c for c in columns if c not in tables[0].attributes]
        yield f"columns: {apart[0]!r} goes with person-level columns alone"


def _size_problems(document: Mapping[str, Any], tables: Sequence[int]) -> Iterator[str]:
    """What would take too long, counted before it is laid out."""
    orders = [(columns, min(document.get("all", 0), columns)) for columns in tables]
    count = sum(comb(columns, order) for columns, order in orders if order) + len(document.get("marginal", []))
    if count > MOST:
        yield f"there are {count:,} marginals, and {MOST:,} are the most; lower all, or drop columns from the schema"
