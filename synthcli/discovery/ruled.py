"""Rules made part of a codec, and the proof, before a row is read, that some row keeps them all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from synthcli.discovery.axes import bounds_on_axis
from synthcli.marginal import Domain, Merge
from synthcli.marginal.coarsening import apart
from synthcli.pgm.belief_propagation import calibrate
from synthcli.pgm.junction_tree import build, cells
from synthcli.pgm.structural_zeros import with_zeros
from synthcli.table.axis import LIMITS, axis_dtype
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, DurationEncoder, Encoder, GridEncoder
from synthcli.table.rules.on_codes import impossible_together
from synthcli.table.rules.order import gaps
from synthcli.table.rules.separate import Place, cuts_of, regridded, separated
from synthcli.table.rules.zeros import zeros_of
from synthcli.table.schema import Column, Kind, Schema
from synthcli.table.temporal import unit_of

MOST_CELLS = 1 << 22
"""Rules whose tables would have more cells than this are refused."""

LARGE_CELLS = 1 << 17
"""Columns in order get fewer codes until the rules' tables have no more cells than this."""

_CODES, _EXACT = 40, 130
"""A learnt grid has about so many codes at most, beside those that rules add."""


def under_rules(codec: Codec, schema: Schema) -> Codec:
    """The codec with codes that the schema's rules can be said in, and the rules as structural zeros.

    Where what was learnt of the data leaves no row for the rules, durations are left out, and grids are widened to what
    the rules name.
    """
    if not schema.rules:
        return replace(codec, zeros=zeros_of(schema, codec))
    without = replace(codec, columns=tuple(c for c in codec.columns if not isinstance(c.encoder, DurationEncoder)))
    some = (ruled for ruled in (_ruled(codec, schema), _ruled(without, schema)) if _is_satisfiable(ruled))
    return _shrunk(next(some, None) or _ruled(_widened(without, schema), schema), schema)


def contradictions(schema: Schema) -> list[str]:
    """Rules that leave no row, or would make the model too large: the first of each, in a line."""
    faults: list[str] = []
    if not schema.rules:
        return faults
    if not _is_satisfiable(_public(schema)):
        place = next(i for i in range(len(schema.rules)) if not _is_satisfiable(_public(_first(schema, i + 1))))
        rule = schema.rules[place]
        faults.append(f"rules[{place}] ({rule.key}): no row could keep it and those before it: delete or weaken one")
    sizes = {column.name: _codes(column) for column in schema.modelled}
    domain = Domain(tuple(sizes), tuple(sizes.values()))
    cliques = [domain.clique(c.column for c in met) for rule in schema.rules for met in impossible_together(rule)]
    if cliques and cells(domain, cliques) > MOST_CELLS:
        place = max(range(len(schema.rules)), key=lambda i: len(schema.rules[i].reads) * (not schema.rules[i].computes))
        faults.append(f"rules[{place}] ({schema.rules[place].key}): its columns have too many combinations: name fewer")
    return faults


def _first(schema: Schema, count: int) -> Schema:
    return replace(schema, rules=schema.rules[:count])


def _ruled(codec: Codec, schema: Schema) -> Codec:
    apart = separated(codec, schema)
    return replace(apart, zeros=zeros_of(schema, apart))


def _shrunk(codec: Codec, schema: Schema) -> Codec:
    """The codec with fewer codes for ordered columns, where the rules' own tables would be too large otherwise.

    Neighbours are merged two by two, the longest column first; order inside the codes is left to whoever draws values.
    """
    left = {name for pair in gaps(schema.rules) for name in pair}
    left |= {column.name for column in codec.columns if isinstance(column.encoder, DurationEncoder)}
    while left and cells(codec.domain, ()) > LARGE_CELLS:
        name = max(left, key=codec.domain.card)
        merge = _halved(codec, name)
        if merge is None:
            left.remove(name)
        else:
            codec = codec.merged({name: merge})
    return codec


def _halved(codec: Codec, name: str) -> Merge | None:
    """Every two neighbouring codes as one, as far as other rules allow; None where nothing can be merged."""
    column, domain = next(c for c in codec.columns if c.name == name), codec.domain
    assert isinstance(column.encoder, GridEncoder | DurationEncoder)
    present = column.size - column.encoder.missing
    scales = tuple(present if a == name else 0 for a in domain.attributes)
    pairs = np.append(np.arange(present) // 2, [present] * column.encoder.missing)
    groups = apart(Domain(domain.attributes, domain.shape, scales, domain.zeros), name, pairs)
    if groups.max() + 1 == column.size:
        return None
    mass = np.ones(column.size) if column.merge is None else np.bincount(column.merge.groups, column.merge.weights)
    return Merge(groups, mass.astype(np.float64))


def _is_satisfiable(codec: Codec) -> bool:
    """Whether any row is left."""
    if not codec.zeros:
        return True
    try:
        calibrate(build(codec.domain, ()), with_zeros(codec.domain, {}))
    except ValueError:
        return False
    return True


def _widened(codec: Codec, schema: Schema) -> Codec:
    """The codec with a value of every sort that the rules tell apart on its grids."""
    spoken = {name for rule in schema.rules for name in rule.reads}
    ends = {c.name: c.encoder.edges[[0, -1]].tolist() for c in codec.columns if isinstance(c.encoder, GridEncoder)}
    return replace(codec, columns=tuple(_wide(c, schema, ends) if c.name in spoken else c for c in codec.columns))


def _wide(column: ColumnCodec, schema: Schema, ends: Mapping[str, list[Place]]) -> ColumnCodec:
    encoder = column.encoder
    if isinstance(encoder, CategoryEncoder) and not encoder.values:  # nothing was learnt, and something must be there
        word = "other" if encoder.type is Kind.STRING else "0"
        return replace(column, encoder=replace(encoder, values=(word,), weights=None))
    if not isinstance(encoder, GridEncoder):
        return column
    mates = _mates(column.name, schema)
    low, high = _reach(schema[column.name], schema, [place for name in mates for place in ends[name]])
    return regridded(column, np.unique(np.append(encoder.edges, np.array([low, high], encoder.edges.dtype))), ())


def _mates(name: str, schema: Schema) -> list[str]:
    """The column, and all that rules put in order with it."""
    pairs = [pair for pair in gaps(schema.rules) if name in pair]
    return [name, *(other for pair in pairs for other in pair if other != name)]


def _reach(column: Column, schema: Schema, known: Sequence[Place]) -> tuple[Place, Place]:
    """First and last edge of a grid that has room for a value of every sort that the rules tell apart."""
    mates = _mates(column.name, schema)
    cuts = (cut for name in mates for cut in cuts_of(schema[name], schema.rules))
    bounds = (place for name in mates for place in bounds_on_axis(schema[name]) if place is not None)
    places = [*known, *cuts, *bounds] or [0]
    step = 10.0 ** -(column.decimals or 0) if column.kind is Kind.NUMBER else unit_of(column)
    margin = step * (1 + len(mates))
    low, high = min(places) - margin, max(places) + margin
    if column.kind in LIMITS:
        low, high = max(low, LIMITS[column.kind][0]), min(high, LIMITS[column.kind][1])
    first, last = bounds_on_axis(column)
    return low if first is None else max(low, first), high if last is None else min(high, last)


def _public(schema: Schema) -> Codec:
    """A small codec from declared facts alone: a code for every sort of value that the rules tell apart."""
    spoken = {name for rule in schema.rules if rule.computes is None for name in rule.reads}
    columns = (ColumnCodec(c.name, _sorts(c, schema)) for c in schema.modelled if c.name in spoken)
    return _ruled(Codec(tuple(columns)), schema)


def _sorts(column: Column, schema: Schema) -> Encoder:
    missing = not column.required
    if column.kind is Kind.BOOLEAN:
        return CategoryEncoder(values=("false", "true"), type=Kind.BOOLEAN, missing=missing, other=False)
    if column.categories is not None:
        return CategoryEncoder(values=column.categories, type=column.kind, missing=missing, other=False)
    if not column.kind.has_axis:
        return CategoryEncoder(values=("",), type=Kind.STRING, missing=missing, other=False)
    low, high = _reach(column, schema, ())
    edges = np.array([low, high if high > low else np.nextafter(low, np.inf)], axis_dtype(column.kind))
    return GridEncoder(type=column.kind, edges=edges, decimals=None, missing=missing)


def _codes(column: Column) -> int:
    missing = not column.required
    if column.categories is not None:
        return len(column.categories) + missing
    low, high = bounds_on_axis(column) if column.kind.has_axis else (None, None)
    if column.kind in (Kind.INTEGER, Kind.DATE) and low is not None and high is not None:
        return int(min(high - low, _EXACT)) + missing
    return _CODES + missing
