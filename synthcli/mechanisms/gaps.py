"""Which columns are missing together, learnt from attributes of two codes each: a value, or none (`marginal.gaps`).

The table of two columns has hundreds of cells, of which four say who is missing together: alone they are measured
with next to no budget. Where many columns are missing together, most of their pairs tell the same, and a model of all
of them would be large: so each is measured with a hub, which stands for those that are missing when it is, and hubs
are measured with each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain, Measurement
from synthcli.marginal.gaps import Gaps, named
from synthcli.mechanisms.batch import Option, forest
from synthcli.pgm.belief_propagation import Floats

CLEAR = 8.0
"""Were another column missing in the very same rows, the screen would see that by so many standard deviations."""

NEARLY = 0.95
"""A hub stands for an attribute if it tells so much of what any other tells of it."""


def clear_gaps(one_ways: Sequence[Measurement], domain: Domain, stddev: float) -> Gaps:
    """The attributes that are often enough missing, and there, for a screen with this noise; none if there is but one.

    Two attributes that are missing in the same m of n rows are 4 m (n - m) / n rows from independent.
    """
    found = []
    for measured in one_ways:
        (attribute,) = measured.clique
        if attribute in domain.gaps:
            missing, rows = float(measured.values[domain.gaps[attribute]]), max(float(measured.values.sum()), 1.0)
            if 4.0 * missing * (rows - missing) / rows >= CLEAR * stddev:
                found.append(attribute)
    return named(found, domain) if len(found) > 1 else {}


def gap_weights(weights: Mapping[Clique, int], gaps: Gaps) -> dict[Clique, int]:
    """The pairs of these attributes, each with the weight of the pair of columns that it is about."""
    name = {of: gap for gap, of in gaps.items()}
    return {tuple(name[a] for a in c): w for c, w in weights.items() if len(c) == 2 and name.keys() >= set(c)}


def divided(options: Iterable[Option], gaps: Gaps) -> tuple[list[Option], list[Option]]:
    """The options about values, and those about gaps."""
    every = list(options)
    return [o for o in every if o.clique[0] not in gaps], [o for o in every if o.clique[0] in gaps]


def around_hubs(options: Sequence[Option], least: float) -> tuple[list[Option], list[Option]]:
    """Of pairs and their noisy distances from independence: those to measure, and for later the pairs of hubs.

    An attribute that is at least `least` away from independent of some other is measured with a hub that is nearly as
    far as that, and clearly so. Each time the hub is taken that stands for most of those that are left. Of the pairs of
    hubs a maximum spanning forest is measured.
    """
    if not options:
        return [], []
    names = list(dict.fromkeys(chain.from_iterable(o.clique for o in options)))
    apart = {frozenset(o.clique): o for o in options}
    distance = np.full((len(names), len(names)), -np.inf)
    for (i, a), (j, b) in combinations(enumerate(names), 2):
        if frozenset((a, b)) in apart:
            distance[i, j] = distance[j, i] = apart[frozenset((a, b))].distance
    hubs = _hubs(distance, least)
    leaves = [i for i in np.flatnonzero(distance.max(axis=1) >= least) if i not in hubs]
    chosen = [(names[i], names[max(hubs, key=lambda hub: distance[i, hub])]) for i in leaves]
    between = [apart[frozenset((names[i], names[j]))] for i, j in combinations(hubs, 2) if distance[i, j] >= least]
    between = sorted(between, key=lambda o: -o.distance)[: len(names)]
    return [*(apart[frozenset(pair)] for pair in chosen), *forest(between, least)], between


def _hubs(distance: Floats, least: float) -> list[int]:
    """Greedy set cover: `covers[i, j]` says whether j as a hub stands for i."""
    furthest = distance.max(axis=1)
    covers: NDArray[np.bool_] = (distance >= NEARLY * furthest[:, None] - least) & (distance >= least)
    left = furthest >= least
    np.fill_diagonal(covers, left)
    hubs: list[int] = []
    while left.any():
        covered = covers[left].sum(axis=0)
        reach = np.where(covers[left] & np.isfinite(distance[left]), distance[left], 0.0).sum(axis=0)
        hubs.append(int(np.lexsort((reach, covered))[-1]))
        left &= ~covers[:, hubs[-1]]
    return hubs


def needed(cliques: Iterable[Clique], gaps: Gaps) -> Gaps:
    """Those that some clique holds."""
    named_in_them = set(chain.from_iterable(cliques))
    return {name: of for name, of in gaps.items() if name in named_in_them}
