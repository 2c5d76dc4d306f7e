"""Which marginals each table is to get right: said of columns, by names alone, and so public."""

from collections.abc import Mapping
from pathlib import Path

from synthcli.errors import UsageError, closest
from synthcli.marginal import Clique, Domain
from synthcli.mechanisms.workload import Workload
from synthcli.table.persons import persons_schema
from synthcli.table.schema import Schema
from synthcli.workflow.requests import FitRequest
from synthcli.workflow.workload_file import load_workload

_WITHOUT_WORKLOAD = ("mst", "independent")
"""The mechanisms that measure the same marginals whatever the workload is."""

_LISTED = 20
"""Columns that a hint names."""


def named_marginals(request: FitRequest, schema: Schema, unit: str | None) -> Mapping[Clique, int]:
    """The marginals of the workload file; `UsageError` for a file or a target that means nothing.

    With a `unit` there is a table of persons, too, and its number of rows may be named beside person-level columns.
    """
    refuse_without_workload(request.mechanism, request.target, request.workload)
    tables = [_columns(schema), *([] if unit is None else [_columns(persons_schema(schema, unit))])]
    names = tuple(dict.fromkeys(name for table in tables for name in table.attributes))
    if request.target is not None and request.target not in names:
        listed = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
        raise UsageError(
            f"--target {request.target!r} is no modelled column{closest(request.target, names)}",
            f"the schema models {listed}",
        )
    return {} if request.workload is None else load_workload(request.workload, *tables).weights


def refuse_without_workload(mechanism: str, target: str | None, workload: Path | None) -> None:
    """`UsageError` for a target or a workload file that the mechanism would pass over."""
    if mechanism in _WITHOUT_WORKLOAD and (target is not None or workload is not None):
        option = "--workload" if target is None else "--target"
        raise UsageError(f"{option} means nothing to the mechanism {mechanism!r}", "choose another --mechanism")


def workload_of(schema: Schema, named: Mapping[Clique, int], target: str | None) -> Workload:
    """What the model of rows should get right: without any marginals named all pairs, and columns alone if none of
    those that are named is one of rows."""
    domain = _columns(schema)
    here = {clique: weight for clique, weight in named.items() if set(clique) <= set(domain.attributes)}
    return _toward(Workload(here) if here else Workload.all(domain, 1 if named else 2), domain, target)


def workload_of_persons(own: Schema, counted: str, named: Mapping[Clique, int], target: str | None) -> Workload:
    """What the model of persons should get right.

    A marginal that holds event-level columns rests on its person-level ones, and on what these have to do with the
    number of rows, `counted`: persons come as often as they have rows.
    """
    domain = _columns(own)
    here: dict[Clique, int] = {}
    for clique, weight in named.items():
        mine = [name for name in clique if name in domain]
        part = domain.clique(mine if len(mine) == len(clique) else [*mine, counted])
        here[part] = max(weight, here.get(part, 0))
    return _toward(Workload(here) if here else Workload.all(domain, 2), domain, target)


def _toward(workload: Workload, domain: Domain, target: str | None) -> Workload:
    """The workload, leaning toward a target that the table has beside other columns."""
    return workload if target is None or target not in domain or len(domain) < 2 else workload.toward(domain, target)


def _columns(schema: Schema) -> Domain:
    """The columns as attributes; how many codes each has is learnt later, and plays no part here."""
    names = tuple(column.name for column in schema.modelled)
    return Domain(names, (1,) * len(names))
