"""The shape of columns inside their bounds: what the fine look finds."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from synthcli.discovery import dates, durations, grid
from synthcli.discovery.bounded import Bounded, drawn_to, encoder_of
from synthcli.discovery.budget import Discovery
from synthcli.discovery.facts import Facts
from synthcli.discovery.reach import present
from synthcli.discovery.survey import Precision, Survey, View, cells_of, measure
from synthcli.marginal import Measurement, Merge
from synthcli.marginal.ends import trim
from synthcli.privacy.curator import Curator
from synthcli.table.calendar import parts_of_kind
from synthcli.table.codec import ColumnCodec
from synthcli.table.duration import DurationEncoder
from synthcli.table.encoders import Encoder, GridEncoder
from synthcli.table.schema import Column


def look_finely(
    needs: Discovery,
    facts: Facts,
    coarse: Mapping[str, Bounded],
    curator: Curator,
    rho: float,
) -> dict[str, tuple[ColumnCodec, ...]]:
    """The shape of each column inside its bounds: fine cells, merged to bins that stand clear of the noise.

    With a date come the parts of it that are not even, and how long after another date it is, where a rule puts them in
    order. What the mechanism merges keeps its fine cells.
    """
    columns = {column.name: column for column in facts.schema.modelled}
    encoders = {n: g.encoder(columns[n]) for n, g in coarse.items()}
    as_they_are: dict[str, tuple[ColumnCodec, ...]] = {
        n: (ColumnCodec(n, encoder),) for n, encoder in encoders.items() if n not in needs.bins
    }
    views = {n: View(n, encoder) for n, encoder in encoders.items() if n in needs.bins}
    if not views:
        return as_they_are
    taken = facts.names | {column.name for column in facts.schema.columns}
    parts = {name: dates.views_of(columns[name], coarse[name].edges, coarse[name].grain, taken) for name in needs.parts}
    every = views | {name: view for of_column in parts.values() for name, view in of_column.items()}
    apart = _durations(needs, columns, coarse, taken | every.keys())
    seen = measure(Survey({**every, **apart}), curator, needs.shares["fine grids"] * rho)
    there = present({n: seen[n] for n in (*views, *apart)}, {n: _cells(v.encoder) for n, v in (views | apart).items()})
    found = {n: _binned(columns[n], coarse[n], seen[n], there[n].rows) for n in views}
    binned = {n: (column, *dates.uneven_parts(column, parts.get(n, {}), seen)) for n, column in found.items()}
    for name, view in apart.items():
        binned[view.column] += (_binned_duration(name, view, seen[name], there[name].rows),)
    return as_they_are | binned


def _durations(
    needs: Discovery, columns: Mapping[str, Column], coarse: Mapping[str, Bounded], taken: Collection[str]
) -> dict[str, View]:
    """How far pairs of dates are apart, by the names of these attributes."""
    views: dict[str, View] = {}
    for pair in needs.durations:
        since, until = coarse[pair.since], coarse[pair.until]
        both = columns[pair.since], columns[pair.until]
        encoder = durations.encoder_of(pair, both, (since.edges, until.edges), (since.grain, until.grain))
        if encoder is not None:
            views[durations.named(pair, {*taken, *views})] = View(pair.until, encoder)
    return views


def _bins_wanted(seen: Measurement) -> int:
    """About (2 n / sigma)^(1/3) bins: a pair's noise then balances its loss of resolution."""
    rows = max(float(seen.values.sum()), 1.0)
    return int(np.clip(round(1.3 * (2.0 * rows / seen.stddev) ** (1 / 3)), 4, 32))


def _cells(encoder: Encoder | Precision) -> int:
    """How many codes have values on the scale."""
    assert isinstance(encoder, GridEncoder | DurationEncoder)
    return encoder.size - encoder.missing


def _binned(column: Column, found: Bounded, seen: Measurement, rows: float) -> ColumnCodec:
    """`rows` have a value, as all columns tell."""
    counts, sigma = cells_of(seen, len(found.edges) - 1), seen.stddev
    inside = dates.trim_days(counts, sigma, rows) if parts_of_kind(column.kind) else trim(counts, sigma, rows)
    edges, counts = found.edges[inside.start : inside.stop + 1], counts[inside]
    expected = drawn_to(found.expected(edges), counts, sigma)
    groups = dates.bins(edges, counts, sigma, _bins_wanted(seen), column.kind, expected)
    shares = grid.weights(counts, sigma, expected)
    encoder = encoder_of(column, edges, found.decimals, found.grain)
    if encoder.size > len(counts):  # the missing code is a bin of its own
        groups, shares = np.append(groups, groups[-1] + 1), np.append(shares, 1.0)
    return ColumnCodec(column.name, encoder, Merge(groups, shares))


def _binned_duration(name: str, view: View, seen: Measurement, rows: float) -> ColumnCodec:
    encoder, sigma = view.encoder, seen.stddev
    assert isinstance(encoder, DurationEncoder)
    counts = cells_of(seen, encoder.cells)
    inside = trim(counts, sigma, rows)
    edges, counts = encoder.edges[inside.start : inside.stop + 1], counts[inside]
    expected = durations.tapering(edges, counts)
    groups = grid.bins(counts, sigma, _bins_wanted(seen), expected)
    shares = grid.weights(counts, sigma, expected, durations.KNOWN)
    if encoder.missing:
        groups, shares = np.append(groups, groups[-1] + 1), np.append(shares, 1.0)
    return ColumnCodec(name, replace(encoder, edges=edges), Merge(groups, shares), part_of=view.column)
