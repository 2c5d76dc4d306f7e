"""From cliques to a junction tree: triangulate, keep the maximal cliques, join them by their largest separators.

Koller and Friedman, Probabilistic Graphical Models (2009), sections 9.4 (elimination) and 10.4 (clique trees).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod

from synthcli.marginal import Clique, Domain


@dataclass(frozen=True)
class JunctionTree:
    """A calibratable tree over all attributes of a domain.

    `cliques` are maximal and stand in topological order: `parents[i] < i`, and -1 for the one root. `separators[i]` is
    the intersection with the parent, possibly empty (independent parts are joined by empty separators).
    """

    domain: Domain
    cliques: tuple[Clique, ...]
    parents: tuple[int, ...]
    separators: tuple[Clique, ...]

    @cached_property
    def cells(self) -> int:
        """The number of cells of all clique tables together: what a calibration costs."""
        return sum(self.domain.size(clique) for clique in self.cliques)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """For each clique the cliques whose parent it is."""
        below: list[list[int]] = [[] for _ in self.cliques]
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                below[parent].append(child)
        return tuple(map(tuple, below))

    def home(self, clique: Iterable[str]) -> int | None:
        """The smallest tree clique that contains all these attributes, or None."""
        wanted = set(clique)
        fits = [i for i, c in enumerate(self.cliques) if wanted.issubset(c)]
        return min(fits, key=lambda i: self.domain.size(self.cliques[i]), default=None)


def build(domain: Domain, cliques: Sequence[Clique]) -> JunctionTree:
    """The junction tree of a graph whose cliques these are; attributes without a clique stand alone.

    Greedy elimination by the smallest clique table; `KeyError` for an attribute that the domain does not have.
    """
    masks = tuple(sorted({_mask(domain, clique) for clique in cliques}))
    maximal = _maximal(_eliminate(domain, masks))
    return _join(domain, [_clique(domain, mask) for mask in maximal])


def cells(domain: Domain, cliques: Iterable[Clique]) -> int:
    """How many cells the junction tree of these cliques would have, without building it."""
    masks = tuple(sorted({_mask(domain, clique) for clique in cliques}))
    return _cells(domain, masks)


@lru_cache(maxsize=8192)
def _cells(domain: Domain, masks: tuple[int, ...]) -> int:
    return sum(_size(domain, mask) for mask in _maximal(_eliminate(domain, masks)))


def _mask(domain: Domain, clique: Iterable[str]) -> int:
    """A set of attributes as the bits of an integer."""
    places = _places(domain)
    return sum(1 << places[attribute] for attribute in set(clique))


@lru_cache(maxsize=64)
def _places(domain: Domain) -> dict[str, int]:
    return {attribute: i for i, attribute in enumerate(domain.attributes)}


def _clique(domain: Domain, mask: int) -> Clique:
    return tuple(a for i, a in enumerate(domain.attributes) if mask >> i & 1)


@lru_cache(maxsize=65536)
def _size(domain: Domain, mask: int) -> int:
    return prod(size for i, size in enumerate(domain.shape) if mask >> i & 1)


def _eliminate(domain: Domain, masks: Iterable[int]) -> list[int]:
    """The elimination cliques (bit masks) of the greedy order by smallest table; ties by position."""
    neighbours = [1 << i for i in range(len(domain))]
    for mask in masks:
        for i in _bits(mask):
            neighbours[i] |= mask
    left = set(range(len(domain)))
    found = []
    while left:
        vertex = min(left, key=lambda i: (_size(domain, neighbours[i]), i))
        clique = neighbours[vertex]
        found.append(clique)
        left.remove(vertex)
        rest = clique & ~(1 << vertex)
        for i in _bits(rest):
            neighbours[i] = (neighbours[i] | rest) & ~(1 << vertex)
    return found


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _maximal(masks: Iterable[int]) -> list[int]:
    """Those that no other one contains."""
    kept: list[int] = []
    for mask in sorted(set(masks), key=lambda m: (-m.bit_count(), m)):
        if not any(mask & other == mask for other in kept):
            kept.append(mask)
    return kept


def _join(domain: Domain, cliques: list[Clique]) -> JunctionTree:
    """A maximum spanning tree by separator size (Prim): it has the running-intersection property."""
    sets = [set(clique) for clique in cliques]
    order, parent_of = [0], {0: -1}
    best = {i: (len(sets[0] & sets[i]), 0) for i in range(1, len(cliques))}
    while best:
        nearest = max(best, key=lambda i: (best[i][0], -i))
        parent_of[nearest] = best.pop(nearest)[1]
        order.append(nearest)
        for i in best:
            shared = len(sets[nearest] & sets[i])
            if shared > best[i][0]:
                best[i] = (shared, nearest)
    rank = {clique: i for i, clique in enumerate(order)}
    parents = tuple(-1 if parent_of[i] < 0 else rank[parent_of[i]] for i in order)
    ordered = tuple(cliques[i] for i in order)
    separators = tuple(
        () if parent < 0 else domain.clique(set(ordered[i]) & set(ordered[parent])) for i, parent in enumerate(parents)
    )
    return JunctionTree(domain, ordered, parents, separators)
