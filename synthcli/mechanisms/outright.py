"""Where noise leaves next to nothing in all triples, there is nothing to choose: they are measured at once.

A screen, a forest and rounds find the tables that are worth their noise. Of few columns and many rows all are, and what
finds that out costs more than it tells. `docs/engine.md` has the measurements behind the constants.
"""

from collections.abc import Mapping
from itertools import chain, combinations
from math import comb

from synthcli.marginal import Clique, Domain
from synthcli.mechanisms.batch import Option, error_left, shares
from synthcli.privacy.budget import split

MOST = 165
"""So many triples at most: those of eleven columns. Their model is one table of all columns together."""

OF_PAIRS = 0.12
"""The pairs' share: triples tell them, too, but each with the noise of all cells that it sums."""


def outright(
    columns: Domain, weights: Mapping[Clique, int], *, rho: float, units: int, total: float, little: float
) -> list[tuple[list[Clique], float]]:
    """All triples whose pairs are wanted, and all wanted pairs; each with its share of rho. Empty where that is noisy.

    Noisy is what leaves more than `little`, a total variation distance: the mean over the triples and the pairs in none
    of them, weighted, of `total` rows. A triple weighs as much as its pairs, and what it is wanted for itself. `units`
    is how many rows a unit has.
    """
    pairs = {c: w for c, w in weights.items() if len(c) == 2 and all(a in columns.places for a in c)}
    attributes = columns.clique(chain.from_iterable(pairs))
    if not pairs or comb(len(attributes), 3) > MOST:
        return []
    triples: list[Clique] = [c for c in combinations(attributes, 3) if pairs.keys() >= set(combinations(c, 2))]
    inside = set(chain.from_iterable(combinations(c, 2) for c in triples))
    wanted = {c: weights.get(c, 0) + sum(pairs[p] for p in combinations(c, 2)) for c in triples}
    wanted |= {p: w for p, w in pairs.items() if p not in inside}
    largest = [_option(columns, c, w) for c, w in wanted.items()]
    parts = [_option(columns, p, w) for p, w in pairs.items() if p in inside]
    most, some = split(rho, (1.0 - OF_PAIRS, OF_PAIRS)) if parts else (rho, 0.0)
    left = error_left(sum(o.price for o in largest), most / units**2) / (2.0 * total * sum(wanted.values()))
    if left > little:
        return []
    return shares(largest, most) + (shares(parts, some) if parts else [])


def _option(columns: Domain, clique: Clique, weight: int) -> Option:
    return Option(clique=clique, cells=columns.size(clique), weight=weight, distance=0.0)
