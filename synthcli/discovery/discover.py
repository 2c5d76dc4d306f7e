"""From a schema to a codec: declared facts as they stand, everything else out of the budget."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery.axes import bounds_on_axis
from synthcli.discovery.budget import Discovery, has_exact_codes
from synthcli.discovery.categories import learn_categories
from synthcli.discovery.coarse import look_coarsely
from synthcli.discovery.facts import Facts
from synthcli.discovery.fine import look_finely
from synthcli.discovery.ruled import under_rules
from synthcli.privacy.curator import Curator
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, Encoder, GridEncoder
from synthcli.table.hierarchy import Hierarchy
from synthcli.table.schema import Column, Kind


def discover(
    facts: Facts,
    needs: Discovery,
    curator: Curator,
    rho: float,
    key_delta: float,
    progress: Callable[[str, float], None],
) -> Codec:
    """Learn what the schema leaves open, and put the codec together, with the schema's rules in it.

    Spends at most `needs.share * rho` and `key_delta`. Every encoder of the result is a function of the public schema
    and of noisy counts alone.
    """
    return under_rules(learn_columns(facts, needs, curator, rho, key_delta, progress), facts.schema)


def learn_columns(
    facts: Facts,
    needs: Discovery,
    curator: Curator,
    rho: float,
    key_delta: float,
    progress: Callable[[str, float], None],
) -> Codec:
    """The codec as `discover` has it, before rules: columns that are learnt apart are joined without them."""
    columns = {column.name: column for column in facts.schema.modelled}
    stage = needs.shares.get("categories", 0.0) * rho
    keys = learn_categories(needs.categories, curator, stage, key_delta, partial(progress, "learning categories"))
    progress("learning bounds", 0.0)
    coarse = look_coarsely(needs, facts, keys, curator, rho)
    progress("learning bounds", 0.5)
    grids = look_finely(needs, facts, coarse, curator, rho)
    progress("learning bounds", 1.0)
    learnt = (grids.get(name) or (ColumnCodec(name, _without_grid(c, keys)),) for name, c in columns.items())
    codecs = tuple(chain.from_iterable(learnt))
    levels = {c.name: _levels(c, columns[c.name].hierarchy) for c in codecs if c.name in columns}
    return Codec(
        codecs,
        levels={name: table for name, table in levels.items() if table is not None},
        unclear=frozenset(name for name, found in coarse.items() if not found.is_clear),
    )


def _levels(column: ColumnCodec, hierarchy: Hierarchy | None) -> NDArray[np.intp] | None:
    """The groups of a column's codes at every level of its hierarchy; a missing value is in none."""
    if hierarchy is None or not isinstance(column.encoder, CategoryEncoder):
        return None
    groups = hierarchy.levels(column.encoder.values)
    return np.pad(groups, ((0, 0), (0, column.size - groups.shape[1])), constant_values=-1)


def _without_grid(column: Column, keys: Mapping[str, Mapping[str, int]]) -> Encoder:
    """The encoder of a column that needs no grid."""
    missing = not column.required
    if column.kind is Kind.BOOLEAN:
        return CategoryEncoder(values=("false", "true"), type=Kind.BOOLEAN, missing=missing, other=False)
    if column.categories is not None:
        return CategoryEncoder(values=column.categories, type=column.kind, missing=missing, other=False)
    if column.name not in keys and has_exact_codes(column):
        low, high = bounds_on_axis(column)
        first, last = int(low or 0), int(high or 0)
        edges = first + np.arange(last - first + 1)  # one cell per number; the last edge is exclusive
        return GridEncoder(type=column.kind, edges=edges, decimals=None, missing=missing)
    found = keys[column.name]
    if column.kind is not Kind.STRING:
        found = dict(sorted(found.items(), key=lambda item: float(item[0])))
    weights = tuple(max(float(count), 0.0) for count in found.values()) or None
    return CategoryEncoder(values=tuple(found), type=column.kind, missing=missing, other=True, weights=weights)
