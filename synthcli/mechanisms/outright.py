"""Where noise leaves next to nothing in all triples, there is nothing to choose: they are measured at once.

A screen, a forest and rounds find the tables that are worth their noise. Of few columns and many rows all are, and what
finds that out costs more than it tells. A model that holds all triples has their pairs and columns, too.
"""

from collections.abc import Mapping
from itertools import chain, combinations
from math import comb

from synthcli.marginal import Clique, Domain
from synthcli.mechanisms.batch import Option, error_left

MOST = 165
"""So many tables at most: the triples of eleven columns. Their model is one table of all columns together."""


def outright(
    columns: Domain, weights: Mapping[Clique, int], *, rho: float, total: float, little: float
) -> tuple[Option, ...]:
    """All triples whose pairs are wanted, and the wanted pairs that are in none of them, to be measured with rho.

    Empty where noise would leave more than `little`, a total variation distance: the mean over these tables, weighted,
    of `total` rows. A triple weighs as much as its pairs, and what it is wanted for itself. `rho` as in `error_left`.
    """
    pairs = {c: w for c, w in weights.items() if len(c) == 2 and all(a in columns.places for a in c)}
    attributes = columns.clique(chain.from_iterable(pairs))
    if not pairs or comb(len(attributes), 3) > MOST:
        return ()
    triples: list[Clique] = [c for c in combinations(attributes, 3) if pairs.keys() >= set(combinations(c, 2))]
    held = set(chain.from_iterable(combinations(c, 2) for c in triples))
    wanted = {c: weights.get(c, 0) + sum(pairs[p] for p in combinations(c, 2)) for c in triples}
    wanted |= {p: w for p, w in pairs.items() if p not in held}
    options = tuple(Option(clique=c, cells=columns.size(c), weight=w, distance=0.0) for c, w in wanted.items())
    left = error_left(sum(o.price for o in options), rho) / (2.0 * total * sum(wanted.values()))
    return options if left <= little else ()
