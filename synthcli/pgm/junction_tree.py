"""From cliques to a junction tree: triangulate, keep the maximal cliques, join them by their largest separators.

Koller and Friedman, Probabilistic Graphical Models (2009), sections 9.4 (elimination) and 10.4 (clique trees).
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import heapify, heappop, heappush
from itertools import chain
from math import prod

from synthcli.marginal import Clique, Domain, StructuralZeros


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
        return sum(self.sizes)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of cells of each clique table."""
        return tuple(self.domain.size(clique) for clique in self.cliques)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """For each clique the cliques whose parent it is."""
        below: list[list[int]] = [[] for _ in self.cliques]
        for child, parent in enumerate(self.parents):
            if parent >= 0:
                below[parent].append(child)
        return tuple(map(tuple, below))

    @cached_property
    def holders(self) -> dict[str, tuple[int, ...]]:
        """For each attribute the cliques that contain it."""
        return {a: tuple(i for i, c in enumerate(self.cliques) if a in c) for a in self.domain.attributes}

    def paths(self, attribute: str) -> tuple[list[int], list[int]]:
        """For every clique: how far the nearest one with the attribute is, and the neighbour on the way (-1: none)."""
        if attribute not in self._paths:
            self._paths[attribute] = self._search(attribute)
        return self._paths[attribute]

    @cached_property
    def _paths(self) -> dict[str, tuple[list[int], list[int]]]:
        return {}

    def _search(self, attribute: str) -> tuple[list[int], list[int]]:
        distance, step = [-1] * len(self.cliques), [-1] * len(self.cliques)
        queue = deque(self.holders[attribute])
        for i in queue:
            distance[i] = 0
        while queue:
            i = queue.popleft()
            for j in (*self.children[i], *self.parents[i : i + 1]):
                if j >= 0 and distance[j] < 0:
                    distance[j], step[j] = distance[i] + 1, i
                    queue.append(j)
        return distance, step

    def cells_with_pair(self, pair: Clique) -> int:
        """An upper bound on the cells of a tree that also holds this pair: one attribute joins every clique on the way.

        Where the way crosses an empty separator, the pair's own table is all that is needed.
        """
        first, second = pair
        distance, step = self.paths(second)
        place = min(self.holders[first], key=lambda i: (distance[i], self.sizes[i]))
        grown = 0
        while distance[place]:
            nearer = step[place]
            separator = self.separators[place] if self.parents[place] == nearer else self.separators[nearer]
            if not separator:
                return self.cells + self.domain.size(pair)
            grown += self.sizes[place] * self.domain.card(second)
            place = nearer
        return self.cells + grown

    def home(self, clique: Iterable[str]) -> int | None:
        """The smallest tree clique that contains all these attributes, or None."""
        wanted = tuple(clique)
        if wanted not in self._homes:
            fits = set.intersection(*(set(self.holders[attribute]) for attribute in wanted)) if wanted else {0}
            self._homes[wanted] = min(fits, key=lambda i: (self.sizes[i], i), default=None)
        return self._homes[wanted]

    @cached_property
    def _homes(self) -> dict[Clique, int | None]:
        return {}


def build(domain: Domain, cliques: Sequence[Clique]) -> JunctionTree:
    """The junction tree of a graph whose cliques these and the domain's zeros are; other attributes stand alone.

    Greedy elimination by the smallest clique table; `KeyError` for an attribute that the domain does not have.
    Trees are kept by their graph: a clique that adds no edge gives the same object again.
    """
    return _build(domain, _neighbours(domain, _masks(domain, cliques)), domain.ordinal, domain.zeros)


@lru_cache(maxsize=8)
def _build(
    domain: Domain, neighbours: tuple[int, ...], ordinal: tuple[int, ...], zeros: tuple[StructuralZeros, ...]
) -> JunctionTree:
    """What a domain's equality leaves out is part of the key: the tree hands its domain on."""
    return _join(domain, [_clique(domain, mask) for mask in _maximal(domain, neighbours)])


def cells(domain: Domain, cliques: Iterable[Clique]) -> int:
    """How many cells the junction tree of these cliques would have, without building it."""
    return _cells(domain, _masks(domain, cliques))


@lru_cache(maxsize=8192)
def _cells(domain: Domain, masks: tuple[int, ...]) -> int:
    size = _sizes(domain.shape)
    return sum(size[mask] for mask in _maximal(domain, _neighbours(domain, masks)))


def _neighbours(domain: Domain, masks: Iterable[int]) -> tuple[int, ...]:
    """The graph in which every one of these sets is complete: for each attribute itself and its neighbours."""
    neighbours = [1 << i for i in range(len(domain))]
    for mask in masks:
        for i in _bits(mask):
            neighbours[i] |= mask
    return tuple(neighbours)


def _masks(domain: Domain, cliques: Iterable[Clique]) -> tuple[int, ...]:
    """Sets of attributes as the bits of integers, without repeats; those of the domain's zeros among them."""
    bit = _bit_of(domain.attributes)
    every = chain(cliques, (zeros.clique for zeros in domain.zeros))
    return tuple(sorted({sum(bit[attribute] for attribute in set(clique)) for clique in every}))


@lru_cache(maxsize=64)
def _bit_of(attributes: tuple[str, ...]) -> dict[str, int]:
    return {attribute: 1 << i for i, attribute in enumerate(attributes)}


def _clique(domain: Domain, mask: int) -> Clique:
    return tuple(domain.attributes[i] for i in _bits(mask))


class _Sizes(dict[int, int]):
    """Table sizes by bit mask, worked out when first asked for."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape

    def __missing__(self, mask: int) -> int:
        if len(self) > 1 << 18:
            self.clear()
        size = self[mask] = prod(self._shape[i] for i in _bits(mask))
        return size


@lru_cache(maxsize=64)
def _sizes(shape: tuple[int, ...]) -> _Sizes:
    return _Sizes(shape)


def _maximal(domain: Domain, graph: Iterable[int]) -> list[int]:
    """The maximal cliques (bit masks) of the greedy elimination by smallest table; ties by position.

    An elimination clique is contained in an earlier one just when it equals what an earlier elimination left
    (Blair and Peyton 1993, An introduction to chordal graphs and clique trees, lemma 4.1).
    """
    size = _sizes(domain.shape)
    neighbours = list(graph)
    heap = [(size[clique], i, clique) for i, clique in enumerate(neighbours)]
    heapify(heap)
    found, left_over = [], set()
    while heap:
        _, vertex, clique = heappop(heap)
        if clique != neighbours[vertex]:
            continue
        neighbours[vertex] = 0
        if clique not in left_over:
            found.append(clique)
        rest = clique & ~(1 << vertex)
        left_over.add(rest)
        for i in _bits(rest):
            neighbours[i] = (neighbours[i] | rest) & ~(1 << vertex)
            heappush(heap, (size[neighbours[i]], i, neighbours[i]))
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


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
