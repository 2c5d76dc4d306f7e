"""Marginals of three attributes or more that share no tree clique: conditionals gathered from all sides.

p(b | S) at a separator S depends on the edge and on b alone, so that cliques with attributes in common share their
intermediate results (Koller and Friedman 2009, section 10.3.3.3).
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique
from synthcli.pgm.belief_propagation import Beliefs, Floats, project
from synthcli.pgm.pairwise import conditional, contract, neighbours, separator


class Gatherer:
    """Answers for cliques that lie across the tree, and keeps the conditionals they share."""

    def __init__(self, beliefs: Beliefs) -> None:
        self.beliefs = beliefs
        self.tree = beliefs.tree
        self.kept: dict[tuple[int, int, Clique], Floats] = {}
        self.routes: dict[str, tuple[NDArray[np.intp], NDArray[np.intp]]] = {}

    def marginal(self, clique: Clique) -> Floats:
        """The probability table of any clique."""
        far = np.array([self._route(attribute)[0] for attribute in clique])
        sizes = [table.size for table in self.beliefs.tables]
        start = int(np.lexsort((sizes, far.sum(axis=0), np.count_nonzero(far, axis=0)))[0])
        return self._gather(start, None, clique)

    def _gather(self, i: int, toward: int | None, wanted: Clique) -> Floats:
        """The table of `wanted` seen from clique i: p(wanted), or p(wanted | separator toward a neighbour)."""
        clique = self.tree.cliques[i]
        given: Clique = () if toward is None else separator(self.tree, i, toward)
        beyond: dict[int, list[str]] = {}
        for attribute in wanted:
            if attribute not in clique:
                beyond.setdefault(int(self._route(attribute)[1][i]), []).append(attribute)
        keep = {*given, *(a for a in wanted if a in clique)}
        factors = []
        for neighbour, names in beyond.items():
            between = separator(self.tree, i, neighbour)
            keep.update(between)
            factors.append(((*between, *names), self._conditional(neighbour, i, tuple(names))))
        here = tuple(a for a in clique if a in keep)
        table = project(self.beliefs.tables[i], clique, here)
        if given:
            table = conditional(self.tree, table, here, given)
        return contract([(here, table), *factors], given + wanted)

    def _conditional(self, i: int, toward: int, wanted: Clique) -> Floats:
        key = i, toward, wanted
        if key not in self.kept:
            self.kept[key] = self._gather(i, toward, wanted)
        return self.kept[key]

    def _route(self, attribute: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """For every tree clique: how far the nearest one with the attribute is, and the neighbour on the way there."""
        if attribute not in self.routes:
            distance = np.full(len(self.tree.cliques), -1, dtype=np.intp)
            step = distance.copy()
            queue = deque(i for i, clique in enumerate(self.tree.cliques) if attribute in clique)
            distance[list(queue)] = 0
            while queue:
                i = queue.popleft()
                for j in neighbours(self.tree, i):
                    if distance[j] < 0:
                        distance[j], step[j] = distance[i] + 1, i
                        queue.append(j)
            self.routes[attribute] = distance, step
        return self.routes[attribute]
