"""A target's first step: every attribute, fine, against the target; and codes chosen by what they say about it.

The edges of bins decide how much of a target can be predicted at all. One-way marginals cannot place them: they know
where mass lies, not where the target's shares change. So the pairs of each attribute with the target are measured on
the fine codes once, neighbours with equal shares are joined (bottom-up discretisation as in ChiMerge, Kerber 1992, with
the measurement's noise in the test), and the same tables enter the model: post-processing of released tables.
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
"""Shares that differ by fewer standard deviations than this are taken for the same."""


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
    return refined(groups, one_ways)


def _other(measurement: Measurement, target: str) -> str:
    return next(a for a in measurement.clique if a != target)


def _target_last(measurement: Measurement, target: str) -> NDArray[np.int64]:
    return np.moveaxis(measurement.values, measurement.clique.index(target), 1)


def _groups(table: Floats, counts: Floats, scale: int, stddev: float, least: float, bars: Bars) -> NDArray[np.intp]:
    """Groups of the fine codes; `table` has a row for each, with a column for each code of the target."""
    along = without_crumbs(np.arange(scale, dtype=np.intp), counts[:scale], least)
    along = _joined(along, table[:scale], counts[:scale], stddev, bars.bin)
    beside = _without_alike(table[scale:], counts[scale:], stddev, least, bars.rare)
    return np.concatenate([along, beside + (int(along.max()) + 1 if scale else 0)])


def _joined(bins: NDArray[np.intp], table: Floats, counts: Floats, stddev: float, widest: float) -> NDArray[np.intp]:
    """Neighbouring bins with the same shares made one, the most alike first, unless the bin would be too wide."""
    while len(bins) and bins.max() > 0:
        firsts = np.flatnonzero(np.diff(bins, prepend=-1))
        sums, mass = np.add.reduceat(table, firsts), np.add.reduceat(counts, firsts)
        parts = np.diff(firsts, append=len(bins))
        apart = _contrast(sums[:-1], sums[1:], parts[:-1], parts[1:], stddev)
        wide = (np.minimum(mass[:-1], mass[1:]) >= widest) | (mass[:-1] + mass[1:] > 2 * widest)
        apart[wide] = np.inf
        nearest = int(apart.argmin())
        if apart[nearest] >= SAME:
            break
        bins = np.where(bins > nearest, bins - 1, bins)
    return bins


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
    share = np.clip((one + other) / (held + other_held), 0.02, 0.98)
    noise = stddev**2 * (parts[..., None] / held**2 + other_parts[..., None] / other_held**2)
    sampling = share * (1.0 - share) * (1.0 / held + 1.0 / other_held)
    difference: Floats = np.abs(one / held - other / other_held) / np.sqrt(noise + sampling)
    clearest: Floats = difference.max(axis=-1)
    return clearest
