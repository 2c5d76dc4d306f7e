"""Codes that rules can be said in: grids cut where a rule's values begin and end, so that no code is of two minds.

The cuts are declared, public values. What was learnt of a grid stays: a cell that is cut shares its weight by width.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Merge
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.rules.compute import LARGEST, decimals_of
from synthcli.table.rules.kinds import Condition, Rule, Sum
from synthcli.table.rules.on_codes import impossible_together, intervals
from synthcli.table.schema import Column, Kind, Schema

Edges = NDArray[Any]
Place = int | float


def separated(codec: Codec, schema: Schema) -> Codec:
    """The codec with the grids of all columns that rules speak of cut at the rules' values."""
    spoken = {name for rule in schema.rules for name in rule.reads}
    columns = (_separated(c, schema) if c.name in spoken else c for c in codec.columns)
    return replace(codec, columns=tuple(columns))


def cuts_of(column: Column, rules: Sequence[Rule]) -> list[Place]:
    """Where the column's values change in a rule's eyes, ascending; positions on its number line."""
    ends = (
        end
        for condition in _conditions(column.name, rules)
        for interval in intervals(condition, column.kind)
        for end in interval
    )
    return sorted({end for end in ends if np.isfinite(end)})


def _conditions(name: str, rules: Sequence[Rule]) -> list[Condition]:
    together = (conditions for rule in rules for conditions in impossible_together(rule))
    return [condition for conditions in together for condition in conditions if condition.column == name]


def _separated(column: ColumnCodec, schema: Schema) -> ColumnCodec:
    encoder, declared = column.encoder, schema[column.name]
    if not isinstance(encoder, GridEncoder):
        return column
    cuts = cuts_of(declared, schema.rules)
    edges = _limited(encoder.edges, declared, schema)
    places = None if declared.kind is not Kind.NUMBER else declared.decimals
    if places is not None:
        edges = _rounded(edges, places)
    return regridded(column, _cut(edges, cuts, encoder.type), cuts)


def _limited(edges: Edges, column: Column, schema: Schema) -> Edges:
    """The edges of a part of a sum, so near to zero that the sum is exact in the total's decimals."""
    sums = [rule for rule in schema.rules if isinstance(rule, Sum) and column.name in rule.parts]
    if not sums:
        return edges
    most = min(LARGEST // len(rule.parts) // 10 ** decimals_of(schema[rule.total]) for rule in sums)
    inside = np.unique(np.clip(edges, -most, most))
    return inside if len(inside) > 1 else np.array([inside[0] - 1, inside[0]], edges.dtype)


def _rounded(edges: Edges, places: int) -> Edges:
    """The edges moved up to the next number that is written with so many decimals; the last one down."""
    scale = 10.0**places
    units = np.ceil(np.clip(edges * scale, -LARGEST, LARGEST))
    units = np.where((units - 1) / scale >= edges, units - 1, np.where(units / scale < edges, units + 1, units))
    last = np.floor(min(edges[-1] * scale, float(LARGEST)))
    last = last + 1 if (last + 1) / scale <= edges[-1] else last - 1 if last / scale > edges[-1] else last
    kept = np.unique(np.append(units[:-1][units[:-1] < last], last)) / scale
    return kept if len(kept) > 1 else np.array([kept[0], np.nextafter(kept[0], np.inf)])


def _cut(edges: Edges, cuts: Sequence[Place], kind: Kind) -> Edges:
    """The edges with the cuts that lie among them; a number on the last edge gets a cell of its own."""
    inside = [cut for cut in cuts if edges[0] < cut <= edges[-1]]
    if kind is Kind.NUMBER and edges[-1] in inside and np.nextafter(edges[-2], np.inf) < edges[-1]:
        inside.append(float(np.nextafter(edges[-1], np.inf)))
    return np.unique(np.concatenate([edges, np.array(inside, edges.dtype)]))


def regridded(column: ColumnCodec, edges: Edges, cuts: Sequence[Place]) -> ColumnCodec:
    """The column on other edges: groups and weights follow the cells, and no group reaches across a cut."""
    encoder = column.encoder
    assert isinstance(encoder, GridEncoder)
    if np.array_equal(edges, encoder.edges) and column.merge is None:
        return column
    before = Merge(np.arange(encoder.size), np.ones(encoder.size)) if column.merge is None else column.merge
    low = edges[:-1]
    origin = np.clip(np.searchsorted(encoder.edges, low, side="right") - 1, 0, encoder.cells - 1)
    outside = (low < encoder.edges[0]) | (low > encoder.edges[-1])
    width, whole = (np.diff(e.astype(np.float64)) for e in (edges, encoder.edges))
    share = np.where(width < whole[origin], width, whole[origin]) / whole[origin]
    weights = np.where(outside, 0.0, before.weights[origin] * share)
    keys = np.stack([before.groups[origin], np.searchsorted(np.array(cuts, edges.dtype), low, side="right"), outside])
    groups = np.cumsum(np.any(np.diff(keys, axis=1, prepend=keys[:, :1]), axis=0))
    if encoder.missing:
        groups, weights = np.append(groups, groups[-1] + 1), np.append(weights, 1.0)
    merge = Merge(groups.astype(np.intp), weights)
    return ColumnCodec(column.name, replace(encoder, edges=edges), merge if merge.coarse_size < len(groups) else None)
