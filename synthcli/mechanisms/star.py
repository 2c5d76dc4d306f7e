"""A target's first step: every attribute, fine, against the target; and codes chosen by what they say about it.

The edges of bins decide how much of a target can be predicted at all. One-way marginals cannot place them: they know
where mass lies, not where the target's shares change. So the pairs of each attribute with the target are measured on
the fine codes once, a scale is cut where the shares change beyond the noise, rare codes that tell nothing of their own
are joined, and the same tables enter the model: post-processing of released tables.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain, Measurement, Merge
from synthcli.marginal.coarsening import apart
from synthcli.mechanisms.resolution import Bars, bars_for, coarsen, projected, refined, without_crumbs
from synthcli.pgm.belief_propagation import Floats

MOST_CODES = 16
"""A target with more codes has tables too noisy to place edges by; it is aimed at by weights alone."""

LEAST = 2.0
"""A code holds at least this many standard deviations of its count before its shares are looked at."""

SAME = 1.0
"""Rare codes whose shares differ from those of the others by fewer standard deviations than this are alike."""

PARAMETER = 3.0
"""What one more share must explain of a scale's chi-square to be worth a segment; noise explains 1."""

WIDEST = 4.0
"""Segments hold up to this many times as much as a bin of a scale that nobody aims at."""

SHARES = (0.02, 0.98)
"""Shares are kept off their ends where a variance is made of them."""


def is_affordable(domain: Domain, target: str, max_cells: int) -> bool:
    """Whether the target's tables are few and small enough to be measured on fine codes."""
    codes = domain.card(target)
    return 1 < codes <= MOST_CODES and codes * sum(domain.shape) <= max_cells


def cliques(domain: Domain, target: str) -> list[Clique]:
    """The pairs of the target with every other attribute."""
    return [domain.clique((a, target)) for a in domain.attributes if a != target]


def margins(star: Sequence[Measurement], target: str) -> tuple[Measurement, ...]:
    """The one-way marginals of the star's tables, target left out: sums over the target's codes."""
    return tuple(_margin(m, target) for m in star)


def _margin(measurement: Measurement, target: str) -> Measurement:
    table = _target_last(measurement, target)
    return Measurement((_other(measurement, target),), table.sum(axis=1), measurement.stddev * table.shape[1] ** 0.5)


def coarsen_by_target(
    star: Sequence[Measurement],
    one_ways: Sequence[Measurement],
    domain: Domain,
    target: str,
    *,
    total: float,
    pair_stddev: float,
) -> dict[str, Merge]:
    """A merge for every attribute with codes worth merging: codes of one have about the same shares of the target.

    The target itself is coarsened by its own counts. `one_ways` are the marginals of all attributes.
    """
    bars = bars_for(one_ways, domain, total, pair_stddev)
    counts = projected(one_ways, total)
    least = LEAST * float(np.mean([m.stddev for m in one_ways]))
    own = coarsen(one_ways, domain, total, pair_stddev)
    groups = {target: own[target].groups} if target in own else {}
    for m in star:
        a = _other(m, target)
        if a in domain.levels:  # what belongs together is declared
            groups |= {a: own[a].groups} if a in own else {}
            continue
        table = _target_last(m, target).astype(np.float64)
        groups[a] = apart(domain, a, _groups(table, counts[a], domain.scale(a), m.stddev, least, bars))
    return refined(groups, one_ways, domain)


def _other(measurement: Measurement, target: str) -> str:
    return next(a for a in measurement.clique if a != target)


def _target_last(measurement: Measurement, target: str) -> NDArray[np.int64]:
    return np.moveaxis(measurement.values, measurement.clique.index(target), 1)


def _groups(table: Floats, counts: Floats, scale: int, stddev: float, least: float, bars: Bars) -> NDArray[np.intp]:
    """Groups of the fine codes; `table` has a row for each, with a column for each code of the target."""
    units = without_crumbs(np.arange(scale, dtype=np.intp), counts[:scale], least)
    along = segments(table[:scale], counts[:scale], units, stddev, WIDEST * bars.bin)
    beside = _without_alike(table[scale:], counts[scale:], stddev, least, bars.rare)
    return np.concatenate([along, beside + (int(along.max()) + 1 if scale else 0)])


def segments(table: Floats, counts: Floats, units: NDArray[np.intp], stddev: float, most: float) -> NDArray[np.intp]:
    """The best cut of a scale into segments with one share of the target each: the segment of every code.

    A code that holds m rows is taken to hold m s rows of each code of the target, s being its segment's share, within
    noise and sampling error. Of all cuts between `units` (a number for each code, rising), the one with the least
    chi-square plus `PARAMETER` for every share that it has to fit: optimal partitioning by dynamic programming (Jackson
    et al., IEEE Signal Processing Letters 2005), time quadratic in the units. Segments of several units hold at most
    `most` rows. Shapes: `table` (codes, codes of the target), `counts` and `units` (codes).
    """
    if not len(units):
        return units
    edges = np.flatnonzero(np.diff(units, prepend=-1, append=-1))
    precision = _precision(table, counts, stddev)
    mass, square, product = (
        _sums(part, edges)
        for part in (counts[:, None], counts[:, None] ** 2 * precision, counts[:, None] * table * precision)
    )
    free = table.shape[1] - 1
    best, before = np.zeros(len(edges)), np.zeros(len(edges), dtype=np.intp)
    for end in range(1, len(edges)):
        held = (mass[end] - mass[:end])[:, 0]
        norm = square[end] - square[:end]
        explained = ((product[end] - product[:end]) ** 2 / np.where(norm > 0, norm, np.inf)).sum(axis=1)
        cost = best[:end] - explained * free / (free + 1) + PARAMETER * free
        cost[:-1][held[:-1] > most] = np.inf
        before[end] = cost.argmin()
        best[end] = cost[before[end]]
    return _labels(edges, before)


def _precision(table: Floats, counts: Floats, stddev: float) -> Floats:
    """One over the variance of each cell about its share of the code: the noise, and sampling at the overall share."""
    held = np.maximum(table.sum(axis=0), 1.0)
    share = np.clip(held / held.sum(), *SHARES)
    precision: Floats = 1.0 / (stddev**2 + counts[:, None] * share * (1.0 - share))
    return precision


def _sums(part: Floats, edges: NDArray[np.intp]) -> Floats:
    """Sums of the rows up to each edge."""
    total = np.concatenate([np.zeros((1, part.shape[1])), np.cumsum(part, axis=0)])
    return total[edges]


def _labels(edges: NDArray[np.intp], before: NDArray[np.intp]) -> NDArray[np.intp]:
    """The segment of every code, from where the last segment up to each edge begins."""
    starts = np.zeros(edges[-1], dtype=np.intp)
    end = len(edges) - 1
    while end:
        end = int(before[end])
        starts[edges[end]] = 1
    return np.cumsum(starts) - 1


def _without_alike(table: Floats, counts: Floats, stddev: float, least: float, rare: float) -> NDArray[np.intp]:
    """The rare codes that differ in nothing from the other rare ones as one group, the last."""
    low = counts < rare
    rest, parts = table[low].sum(axis=0), np.ones(len(counts))
    apart = _contrast(table, rest - table, parts, parts * max(int(low.sum()) - 1, 1), stddev)
    low &= (counts < least) | (apart <= SAME)
    if np.count_nonzero(low) < 2:
        return np.arange(len(counts), dtype=np.intp)
    return np.where(low, np.count_nonzero(~low), np.cumsum(~low) - 1).astype(np.intp)


def _contrast(one: Floats, other: Floats, parts: Floats, other_parts: Floats, stddev: float) -> Floats:
    """How far the target's shares in two rows of counts are apart, in standard deviations: the clearest of its codes.

    Noise of `parts` cells each, and the sampling error of the shares themselves. Shape of the rows: (..., codes).
    """
    held, other_held = (np.maximum(rows.sum(axis=-1, keepdims=True), stddev) for rows in (one, other))
    share = np.clip((one + other) / (held + other_held), *SHARES)
    noise = stddev**2 * (parts[..., None] / held**2 + other_parts[..., None] / other_held**2)
    sampling = share * (1.0 - share) * (1.0 / held + 1.0 / other_held)
    difference: Floats = np.abs(one / held - other / other_held) / np.sqrt(noise + sampling)
    clearest: Floats = difference.max(axis=-1)
    return clearest
