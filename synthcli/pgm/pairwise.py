"""All pairs of attributes that share no tree clique: one walk over the tree for each root attribute.

From the cliques that hold the root a, the walk carries p(a, S) across every separator S; at a clique C beyond it,
p(a, b) = sum over S of p(a, S) p(b | S), and p(a, S') goes on in the same way (Koller and Friedman 2009, section
10.3.3.3). The conditionals belong to the cliques and serve every root; what is carried is dropped after its walk.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np

from synthcli.marginal import Clique
from synthcli.pgm.belief_propagation import Beliefs, Floats, project
from synthcli.pgm.junction_tree import JunctionTree


def pair_marginals(beliefs: Beliefs, pairs: Iterable[Clique]) -> dict[Clique, Floats]:
    """The probability tables of pairs whose two attributes share no tree clique."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for root, other in pairs:
        wanted[root].add(other)
    walker = _Walker(beliefs)
    return {(root, other): table for root in wanted for other, table in walker.walk(root, wanted[root])}


def neighbours(tree: JunctionTree, i: int) -> tuple[int, ...]:
    """The tree cliques next to clique i."""
    return tree.children[i] if tree.parents[i] < 0 else (tree.parents[i], *tree.children[i])


def separator(tree: JunctionTree, i: int, j: int) -> Clique:
    """What two neighbouring tree cliques share."""
    return tree.separators[i] if tree.parents[i] == j else tree.separators[j]


def contract(factors: Iterable[tuple[Clique, Floats]], onto: Clique) -> Floats:
    """Multiply tables and sum out what is not asked for."""
    label: dict[str, int] = {}
    operands: list[Any] = []
    for names, table in factors:
        operands += [table, [label.setdefault(name, len(label)) for name in names]]
    result: Floats = np.einsum(*operands, [label[name] for name in onto], optimize=len(operands) > 2)
    return result


def conditional(tree: JunctionTree, table: Floats, names: Clique, given: Clique) -> Floats:
    """p(names | given) from p(names), where `given` is a part of `names`; zero where the condition is impossible."""
    weight = project(table, names, given)
    weight = weight.reshape([tree.domain.card(name) if name in given else 1 for name in names])
    shares: Floats = np.divide(table, weight, out=np.zeros_like(table), where=weight > 0)
    return shares


class _Walker:
    """Walks from one root attribute after the other, and keeps the conditionals they share."""

    def __init__(self, beliefs: Beliefs) -> None:
        self.beliefs = beliefs
        self.tree = beliefs.tree
        self.beyond = _attributes_beyond(self.tree)
        self.kept: dict[tuple[int, Clique, Clique], Floats] = {}

    def walk(self, root: str, others: set[str]) -> Iterator[tuple[str, Floats]]:
        """p(root, other) for every other attribute, each once."""
        missing = set(others)
        start = next(i for i, clique in enumerate(self.tree.cliques) if root in clique)
        stack: list[tuple[int, int, Floats | None]] = [(start, -1, None)]
        while stack and missing:
            i, came_from, carried = stack.pop()
            given = () if came_from < 0 else separator(self.tree, came_from, i)
            for other in missing.intersection(self.tree.cliques[i]).difference(given):
                yield other, self._onward(i, given, root, carried, (other,))
                missing.remove(other)
            ahead = (j for j in neighbours(self.tree, i) if j != came_from and missing & self.beyond[i, j])
            stack.extend((j, i, self._cross(i, j, given, root, carried)) for j in ahead)

    def _cross(self, i: int, j: int, given: Clique, root: str, carried: Floats | None) -> Floats | None:
        """p(root, S) with S between i and j; None as long as the root lies in j: then j's own table has it."""
        if root in self.tree.cliques[j]:
            return None
        return self._onward(i, given, root, carried, separator(self.tree, i, j))

    def _onward(self, i: int, given: Clique, root: str, carried: Floats | None, onto: Clique) -> Floats:
        """p(root, onto) for a part of clique i, from p(root, given)."""
        if carried is None:
            return self._share(i, (), (root, *onto))
        names = (*given, *(a for a in onto if a not in given))
        share = self._share(i, given, names)
        if not set(onto).isdisjoint(given):
            return contract([((root, *given), carried), (names, share)], (root, *onto))
        inner = prod(carried.shape[1:])  # a plain product of matrices: einsum takes ten times longer to see that
        table = carried.reshape(-1, inner) @ share.reshape(inner, -1)
        return table.reshape(carried.shape[0], *share.shape[len(given) :])

    def _share(self, i: int, given: Clique, names: Clique) -> Floats:
        """p(names | given) inside clique i; axes in the order of `names`, contiguous, so that products are plain."""
        key = i, given, names
        if key not in self.kept:
            inside = tuple(a for a in self.tree.cliques[i] if a in names)
            table = project(self.beliefs.tables[i], self.tree.cliques[i], inside)
            shares = conditional(self.tree, table, inside, given) if given else table
            self.kept[key] = np.array(shares.transpose([inside.index(a) for a in names]), order="C")
        return self.kept[key]


def _attributes_beyond(tree: JunctionTree) -> dict[tuple[int, int], frozenset[str]]:
    """For every directed edge (i, j): the attributes of the tree cliques on j's side."""
    beyond: dict[tuple[int, int], frozenset[str]] = {}
    for j in range(len(tree.cliques) - 1, 0, -1):
        below = (beyond[j, k] for k in tree.children[j])
        beyond[tree.parents[j], j] = frozenset(tree.cliques[j]).union(*below)
    for i in range(1, len(tree.cliques)):
        parent = tree.parents[i]
        others = (beyond[parent, k] for k in neighbours(tree, parent) if k != i)
        beyond[i, parent] = frozenset(tree.cliques[parent]).union(*others)
    return beyond
