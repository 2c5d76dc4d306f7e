"""The resolution that noise affords: fine one-way marginals, coarser codes for everything joint.

A code that holds little beside the noise costs more in every joint table than it tells. Neighbours on a scale are
merged into bins, other rare codes into one; inside a merged code a fine one is drawn by the noisy one-way marginal,
shrunk toward evenness as far as the noise demands. All of it is post-processing of released one-way marginals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Domain, Measurement, Merge
from synthcli.marginal.coarsening import apart
from synthcli.marginal.ends import trim
from synthcli.pgm.belief_propagation import Floats
from synthcli.pgm.estimation import estimate_total
from synthcli.pgm.simplex import project_to_simplex

RARE = 3.0
"""Codes under this many standard deviations are always merged."""

RARE_PER_CODE = 0.5
"""And codes under this many standard deviations for each code that an attribute has on average: in a joint table a
code's noise grows with the codes it is crossed with."""

BINS = 4.0
"""A scale has up to this many times (2 N / sigma)^(1/3) bins, where bias and noise of a pair of scales balance."""

BINS_BETWEEN = 3.0
"""What holds a bin's mass stays alone and needs none: the other N' rows of a scale have up to this many times
(2 N' / sigma)^(1/3) bins, where these are finer. Of a column that is mostly zero, N' are the rows that are not."""

COMPLETE = 3.0
"""So many columns are complete for one that is not."""

_SETTLED = 6


def coarsen(one_ways: Sequence[Measurement], domain: Domain, total: float, pair_stddev: float) -> dict[str, Merge]:
    """A merge for every attribute with codes worth merging, given the noise expected of a pair's table."""
    counts = projected(one_ways, total)
    bars = bars_for(one_ways, domain, total, pair_stddev)
    bins = {a: bars.bin_of(c[: domain.scale(a)]) for a, c in counts.items()}
    groups = {a: apart(domain, a, _groups(domain, a, c, bars.rare, bins[a])) for a, c in counts.items()}
    return refined(groups, one_ways, domain)


@dataclass(frozen=True)
class Bars:
    """Masses, in rows: codes below `rare` are merged; a bin of a scale is closed when it holds `bin`, or less where
    most rows have codes that stay alone (`bin_of`). `pair_stddev` is the noise expected of a pair's cell."""

    rare: float
    bin: float
    pair_stddev: float

    def bin_of(self, counts: Floats) -> float:
        """What closes a bin of the scale with these counts."""
        between = float(counts[counts < self.bin].sum())
        most = BINS_BETWEEN * (2.0 * between / self.pair_stddev) ** (1 / 3)
        return min(self.bin, max(self.rare, between / most)) if between > 0 else self.bin


def bars_for(one_ways: Sequence[Measurement], domain: Domain, total: float, pair_stddev: float) -> Bars:
    """The bars that noise affords.

    The bar of rare codes and the mean number of codes depend on each other; a few rounds settle both.
    """
    counts = projected(one_ways, total)
    stddev = float(np.mean([m.stddev for m in one_ways]))
    bar = RARE
    for _ in range(_SETTLED):
        sizes = [int(_groups(domain, a, c, bar * stddev, bar * stddev).max()) + 1 for a, c in counts.items()]
        wanted = max(RARE, RARE_PER_CODE * float(np.mean(sizes)))
        bar = wanted if bar == RARE else (bar + wanted) / 2
    widest = total / (BINS * (2.0 * total / pair_stddev) ** (1 / 3))
    return Bars(rare=bar * stddev, bin=max(bar * stddev, widest), pair_stddev=pair_stddev)


def projected(one_ways: Sequence[Measurement], total: float) -> dict[str, Floats]:
    """Every attribute's counts, made non-negative and consistent with the total."""
    return {m.clique[0]: project_to_simplex(m.values, total) for m in one_ways}


def refined(
    groups: Mapping[str, NDArray[np.intp]], one_ways: Sequence[Measurement], domain: Domain
) -> dict[str, Merge]:
    """The merges of these groups that merge anything, with the odds of each fine code inside its group.

    Codes at the ends of a scale, and those of missing values that no rule speaks of, have no odds if they hold no more
    than noise, as long as their group has others.
    """
    measured = {m.clique[0]: m for m in one_ways}
    coarser = {a: g for a, g in groups.items() if g.max() + 1 < len(g)}
    total = estimate_total(one_ways)
    bound = {a for zeros in domain.zeros for a in zeros.clique}
    gaps = {a: code for a, code in domain.gaps.items() if a not in bound}
    held = {a: _held(measured[a], domain.scale(a), gaps.get(a), total) for a in coarser}
    return {a: Merge(g, _odds(g, measured[a], held[a])) for a, g in coarser.items()}


def is_noise(measured: Measurement, code: int) -> bool:
    """Whether a code of a one-way marginal, of missing values, is likelier to be noise alone than to hold some rows.

    Bayes' rule, for a column that is complete `COMPLETE` times as often as not, and else misses any share of its values
    up to a half, all alike: the density of a normal count at zero, against that of so many rows.
    """
    stddev = sqrt(float(measured.variance[code]))
    rows = max(float(measured.values.sum()), stddev)
    odds = COMPLETE * rows / (2.0 * sqrt(2.0 * pi) * stddev)
    return bool(float(measured.values[code]) < stddev * sqrt(2.0 * log(max(odds, 1.0))))


def merged_share(one_ways: Sequence[Measurement], merges: Mapping[str, Merge], total: float) -> float:
    """The share of the rows whose code is merged with others: the mean over the attributes, by the noisy counts."""
    rows = 0.0
    for attribute, counts in projected(one_ways, total).items():
        if attribute in merges:
            groups = merges[attribute].groups
            rows += float(counts[np.bincount(groups)[groups] > 1].sum())
    return rows / (total * len(one_ways))


def _groups(domain: Domain, attribute: str, counts: Floats, rare: float, bin_mass: float) -> NDArray[np.intp]:
    """Bins of neighbours along the scale, then what lies on no scale; or what a hierarchy puts together."""
    if attribute in domain.levels:
        return along_hierarchy(counts, domain.levels[attribute], rare)
    scale = domain.scale(attribute)
    along = _bins(counts[:scale], bin_mass)
    beside = _without_rare(counts[scale:], rare)
    return np.concatenate([along, beside + (int(along.max()) + 1 if scale else 0)])


def _bins(counts: Floats, mass: float) -> NDArray[np.intp]:
    """Neighbours that together reach `mass`; a code that reaches it alone stays alone. Crumbs join a neighbour."""
    bins: list[int] = []
    held = np.inf
    for count in counts:
        alone = count >= mass
        if alone or held >= mass:
            bins.append(bins[-1] + 1 if bins else 0)
            held = np.inf if alone else count
        else:
            bins.append(bins[-1])
            held += count
    return without_crumbs(np.array(bins, dtype=np.intp), counts, mass / 3)


def without_crumbs(bins: NDArray[np.intp], counts: Floats, least: float) -> NDArray[np.intp]:
    """Every bin below `least` merged into its lighter neighbour, the lightest first."""
    while len(bins) and bins.max() > 0:
        held = np.bincount(bins, weights=counts)
        crumb = int(held.argmin())
        if held[crumb] >= least:
            break
        into = min((n for n in (crumb - 1, crumb + 1) if 0 <= n < len(held)), key=lambda n: float(held[n]))
        bins = np.where(bins > min(crumb, into), bins - 1, bins)
    return bins


def _without_rare(counts: Floats, rare: float) -> NDArray[np.intp]:
    """The codes below the bar as one group, the last; a single one stays itself."""
    low = counts < rare
    if np.count_nonzero(low) < 2:
        return np.arange(len(counts), dtype=np.intp)
    return np.where(low, np.count_nonzero(~low), np.cumsum(~low) - 1).astype(np.intp)


def along_hierarchy(counts: Floats, levels: NDArray[np.intp], rare: float) -> NDArray[np.intp]:
    """The codes below the bar, together with those of their group, if these reach it; or of the next larger group.

    Those that reach it nowhere are one group. Codes that are in no group stay alone.
    """
    labels = np.arange(len(counts), dtype=np.intp)
    rest = (counts < rare) & (levels[0] >= 0)
    apart = max(len(counts), int(levels.max()) + 1)  # labels of one height: there may be more groups than codes
    for height, level in enumerate(levels, start=1):
        held = np.bincount(level[rest], counts[rest], int(level.max()) + 1)
        enough = rest & (held[level] >= rare)
        labels[enough] = height * apart + level[enough]
        rest &= ~enough
    labels[rest] = (len(levels) + 1) * apart
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _held(measured: Measurement, scale: int, gap: int | None, total: float) -> NDArray[np.bool_]:
    """The codes that hold more than noise, of those that are asked: the ends of the scale, and the missing value."""
    values = measured.values.astype(np.float64)
    held = np.ones(len(values), dtype=np.bool_)
    held[:scale] = False
    held[:scale][trim(values[:scale], measured.stddev, total - float(values[scale:].sum()))] = True
    if gap is not None and is_noise(measured, gap):
        held[gap] = False
    return held


def _odds(groups: NDArray[np.intp], measured: Measurement, held: NDArray[np.bool_]) -> Floats:
    values = measured.values.astype(np.float64)
    odds = np.zeros(len(groups))
    for group in range(int(groups.max()) + 1):
        members = np.flatnonzero(groups == group)
        members = members[held[members]] if held[members].any() else members
        variance = float(measured.variance[members].mean())
        odds[members] = _shrunk(values[members], variance) if len(members) > 1 else 1.0
    return odds


def _shrunk(noisy: Floats, variance: float) -> Floats:
    """Non-negative estimates of a few small counts: evened out, or cut off at zero if that is clearly better.

    Evened out: shrunk toward their mean by the positive-part James–Stein factor. Cut off: projected to the simplex,
    right where few codes hold nearly all. Stein's unbiased estimates of the risks (Stein 1981) choose between them.
    """
    codes = len(noisy)
    spread = noisy - noisy.mean()
    square = float(spread @ spread)
    factor = max(0.0, 1.0 - (codes - 1) * variance / square) if square > 0 else 0.0
    even = np.maximum(max(float(noisy.mean()), 0.0) + factor * spread, 0.0)
    even_risk = (1 - factor) ** 2 * square + 2 * variance * (1 + factor * (codes - 1))
    cut = project_to_simplex(noisy, max(float(noisy.sum()), 1.0))
    cut_risk = float(((cut - noisy) ** 2).sum()) + 2 * variance * np.count_nonzero(cut)
    chosen = cut if cut_risk + 2 * variance * np.sqrt(2 * codes) < even_risk else even
    return chosen if chosen.sum() > 0 else np.ones(codes)
