"""From a schema to a codec: declared facts as they stand, everything else out of the budget."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery import dates, grid, heaps
from synthcli.discovery.axes import bounds_on_axis
from synthcli.discovery.bounded import Bounded, encoder_of
from synthcli.discovery.budget import Discovery, has_exact_codes
from synthcli.discovery.categories import learn_categories
from synthcli.discovery.facts import Facts
from synthcli.discovery.fine import look_finely
from synthcli.discovery.reach import Present, present, reach
from synthcli.discovery.ruled import under_rules
from synthcli.discovery.survey import MOST_DECIMALS, DecimalPlaces, Survey, View, cells_of, measure
from synthcli.marginal import Measurement
from synthcli.marginal.ends import trim
from synthcli.privacy.curator import Curator
from synthcli.table.calendar import GRAINS, parts_of_kind
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, Encoder, GridEncoder
from synthcli.table.hierarchy import Hierarchy
from synthcli.table.schema import Column, Kind

FINE_CELLS = 192
"""Fine enough for spikes; what the noise hides is smoothed afterwards. Measuring a cell takes some 11 microseconds."""
ZOOM_CELLS = 64
LOOKS = (0.6, 0.1, 0.1)
"""Shares of the coarse stage: octaves, and two closer looks at what lies in one or two of them."""
HEAPS = (0.1, 0.05)
"""And two looks for values that many rows share."""
MOST_LEVELS = 0.8
"""Numbers of few levels are categories if the levels that were learnt hold this share of the rows."""
_BESIDE_YEARS = 3.0
"""How many sigmas a year beside the mass must show: calendar years begin and end, where octaves of numbers taper."""
_ONLY_YEAR = 4.5
"""And how many will do where no year stands clear: one of 400 empty ones does once in 700 columns."""
DECIMALS = 0.05
"""The share of the coarse stage that tells how many decimals numbers have."""


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
    coarse = _look_coarsely(needs, facts, keys, curator, rho)
    progress("learning bounds", 0.5)
    grids = look_finely(needs, facts, coarse, curator, rho)
    progress("learning bounds", 1.0)
    learnt = (grids.get(name) or (ColumnCodec(name, _without_grid(c, keys)),) for name, c in columns.items())
    codecs = tuple(chain.from_iterable(learnt))
    levels = {c.name: _levels(c, columns[c.name].hierarchy) for c in codecs if c.name in columns}
    return Codec(codecs, levels={name: table for name, table in levels.items() if table is not None})


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


def _look_coarsely(
    needs: Discovery,
    facts: Facts,
    keys: Mapping[str, Mapping[str, int]],
    curator: Curator,
    rho: float,
) -> dict[str, Bounded]:
    """Where on the number line the values of each column lie, and how many decimals (which unit of time) they have.

    Octaves first; where nearly all the mass lies in one or two of them (latitudes of one town), closer looks follow.
    Numbers whose learnt levels (`keys`) hold nearly all of it need no grid, and are left out; other levels become cells
    of their own.
    """
    columns = {column.name: column for column in facts.schema.modelled}
    stage = needs.shares.get("coarse grids", 0.0) * rho
    precision = _look_at_precision(needs, columns, curator, DECIMALS * stage)
    octaves = {name: grid.octaves(columns[name].kind, precision[name].decimals) for name in needs.grids}
    unresolved = {name: grid.clip(edges, *bounds_on_axis(columns[name])) for name, edges in octaves.items()}
    fine: dict[str, grid.Edges] = {}
    for look, share in enumerate(LOOKS):
        if not unresolved:
            break
        views = {n: View(n, encoder_of(columns[n], edges, columns[n].decimals, 1)) for n, edges in unresolved.items()}
        seen = measure(Survey(views), curator, share * stage)
        values = present(seen, {name: len(edges) - 1 for name, edges in unresolved.items()})
        closer = {}
        for name, edges in unresolved.items():
            counts, sigma = cells_of(seen[name], len(edges) - 1), seen[name].stddev
            inside = trim(counts, sigma) if look else _reach(facts, columns[name], edges, counts, sigma, values[name])
            edges, counts = edges[inside.start : inside.stop + 1], counts[inside]
            if not look and _are_listed(keys.get(name, {}), float(counts.sum())):
                continue
            fine[name] = dates.refined(edges, counts, sigma, FINE_CELLS, columns[name].kind)
            if not grid.is_resolved(edges, counts, FINE_CELLS):
                closer[name] = grid.refine(edges, counts, sigma, ZOOM_CELLS)
        unresolved = closer
    _open_heaps(fine, precision, columns, curator, stage)
    return {name: precision[name].over(edges, keys.get(name, ())) for name, edges in fine.items()}


def _open_heaps(
    fine: dict[str, grid.Edges],
    precision: Mapping[str, Bounded],
    columns: Mapping[str, Column],
    curator: Curator,
    stage: float,
) -> None:
    """Split the cells of numbers that hold a value which many rows share, until they hold it alone."""
    units = {name: precision[name].unit_of(columns[name].kind) for name in fine}
    hiding = [name for name, edges in fine.items() if heaps.hides(edges, units[name]).any()]
    for share in HEAPS:
        if not hiding:
            return
        views = {n: View(n, encoder_of(columns[n], fine[n], precision[n].decimals, 1)) for n in hiding}
        for name, seen in measure(Survey(views), curator, share * stage).items():
            counts = cells_of(seen, len(fine[name]) - 1)
            fine[name], more = heaps.opened(fine[name], counts, seen.stddev, units[name] or 1.0)
            if not more:
                hiding.remove(name)


def _are_listed(levels: Mapping[str, int], total: float) -> bool:
    """Whether these levels hold nearly all of the rows: then they need no grid. Without levels nothing is listed."""
    return bool(levels) and sum(levels.values()) > MOST_LEVELS * total


def _reach(
    facts: Facts, column: Column, edges: grid.Edges, counts: NDArray[np.float64], sigma: float, values: Present
) -> slice:
    """The octaves to look at more finely."""
    guess = facts.likely.get(column.name)
    near = grid.likely(edges, *guess) if guess else grid.likely(edges)
    if parts_of_kind(column.kind):
        some = len(grid.clear_cells(counts, sigma)) > 0
        return grid.active(counts, sigma, near, _BESIDE_YEARS, grid.ALONE if some else _ONLY_YEAR)
    return reach(edges, counts, sigma, near, values)


def _look_at_precision(
    needs: Discovery, columns: Mapping[str, Column], curator: Curator, rho: float
) -> dict[str, Bounded]:
    """Grids without edges yet, with the decimals of numbers and the units of times of day."""
    found = {n: Bounded(edges=np.zeros(0), decimals=columns[n].decimals, grain=1) for n in needs.grids}
    if not needs.decimals:
        return found
    is_time = {name: columns[name].kind is Kind.DATETIME for name in needs.decimals}
    views = {n: View(n, dates.TimeUnits() if time else DecimalPlaces()) for n, time in is_time.items()}
    for name, places in measure(Survey(views), curator, rho).items():
        finest = _finest(places)
        if is_time[name]:
            found[name] = replace(found[name], grain=GRAINS[finest])
        else:
            found[name] = replace(found[name], decimals=None if finest >= MOST_DECIMALS else finest)
    return found


def _finest(places: Measurement) -> int:
    """The last code that any considerable share of the values (1 %, and 5 sigma) has."""
    counts = places.values.astype(np.float64)
    bar = max(5.0 * places.stddev, 0.01 * float(counts.sum()))
    return int(np.flatnonzero(counts > bar)[-1]) if np.any(counts > bar) else 0
