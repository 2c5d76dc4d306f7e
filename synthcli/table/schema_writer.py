"""From a Schema to the plain document of a schema file."""

from typing import Any

import numpy as np

from synthcli.table.axis import to_axis
from synthcli.table.bound_text import parse_bound
from synthcli.table.hierarchy_reader import nested
from synthcli.table.rules.writer import rules_document
from synthcli.table.schema import Bound, Column, Kind, Level, Role, Schema
from synthcli.table.schema_reader import UNSEEN, VERSION
from synthcli.table.temporal import TimeFormat

_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"


def to_document(schema: Schema) -> dict[str, Any]:
    """What `read_document` reads back as an equal schema, once it went through a file."""
    return {
        "$schema": _PROFILE,
        "synthcli:version": VERSION,
        "synthcli:name": schema.name,
        **({"synthcli:accepted": UNSEEN} if schema.accepted_unseen else {}),
        **({"synthcli:encoding": schema.encoding} if schema.encoding else {}),
        "missingValues": list(schema.missing_values),
        "fields": [_field(column) for column in schema.columns],
        **({"rules": rules_document(schema, _bound)} if schema.rules else {}),
    }


def _field(column: Column) -> dict[str, Any]:
    """The keys that say something; those that stand at their default are left out."""
    default = Column(name=column.name, kind=column.kind)
    keys: dict[str, tuple[Any, Any]] = {
        "format": (column.format, default.format),
        "synthcli:role": (column.role.value, Role.MODEL.value),
        "synthcli:level": (column.level.value, Level.EVENT.value),
        "synthcli:max-rows": (column.most_rows, None),
        "constraints": (_constraints(column), {}),
        "categories": (_listed(column) if column.ordered and column.categories is not None else None, None),
        "categoriesOrdered": (column.ordered, False),
        "synthcli:hierarchy": (None if column.hierarchy is None else nested(column.hierarchy), None),
        "missingValues": (_list(column.missing_values), None),
        "trueValues": (_list(column.true_values), _list(default.true_values)),
        "falseValues": (_list(column.false_values), _list(default.false_values)),
        "synthcli:decimals": (column.decimals, None),
        "synthcli:surrogate": (_surrogate(column), None),
        "synthcli:flags": (list(column.flags), []),
        "synthcli:observed": (sorted(column.observed), []),
    }
    said = {key: value for key, (value, usual) in keys.items() if value != usual}
    return {"name": column.name, "type": column.kind.value, **said}


def _list(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)


def _surrogate(column: Column) -> dict[str, str] | None:
    if column.surrogate is None:
        return None
    pattern = {"pattern": column.surrogate.pattern} if column.surrogate.pattern else {}
    return {"format": column.surrogate.format, **pattern}


def _constraints(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if column.required:
        found["required"] = True
    if column.unique:
        found["unique"] = True
    for key, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
        if bound is not None:
            found[key] = _bound(bound, column)
    if column.categories is not None and not column.ordered:
        found["enum"] = _listed(column)
    return found


def _listed(column: Column) -> list[Any]:
    """Categories; integers without quotes where that keeps their spelling."""
    values = column.categories or ()
    if column.kind is Kind.INTEGER and all(v.lstrip("-").isdecimal() and str(int(v)) == v for v in values):
        return [int(v) for v in values]
    return list(values)


def _bound(bound: Bound, column: Column) -> Any:
    """A number as it is; a date in the column's own spelling, unless that loses something."""
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return bound
    place = np.array([to_axis(bound, column.kind)], dtype=np.int64)
    own = TimeFormat.of(column).spell(place)[0].as_py()
    try:
        if to_axis(parse_bound(own, column.kind, column.format), column.kind) == place[0]:
            return own
    except ValueError:
        pass
    return TimeFormat(column.kind).spell(place)[0].as_py()
