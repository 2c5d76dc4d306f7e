"""Marginals across tree cliques: conditionals carried along the tree, shared between all that ask.

p(b | S) at a separator S depends on the edge and on b alone, so all pairs of a tree with d attributes need no more than
d conditionals per edge (Koller and Friedman 2009, section 10.3.3.3, with the intermediate results kept).
"""

from collections import deque
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from synthcli.marginal import Clique
from synthcli.pgm.belief_propagation import Beliefs, Floats, project
from synthcli.pgm.junction_tree import JunctionTree

Conditionals = dict[tuple[int, int, Clique], Floats]
"""By (clique, its neighbour, attributes): p(attributes | separator), axes: separator first, then the attributes."""


def marginal_across(beliefs: Beliefs, clique: Clique, kept: Conditionals | None = None) -> Floats:
    """The probability table of any clique. `kept` carries conditionals from one call to the next."""
    known: Conditionals = {} if kept is None else kept
    tree = beliefs.tree
    start = max(range(len(tree.cliques)), key=lambda i: _nearness(tree, i, clique))
    return _combine(beliefs, start, None, clique, known)


def _nearness(tree: JunctionTree, i: int, clique: Clique) -> tuple[int, int, int]:
    """How much of the clique a tree clique holds, how near the rest is, how small it is."""
    far = sum(_hops(tree, attribute)[0][i] for attribute in clique)
    held = sum(attribute in tree.cliques[i] for attribute in clique)
    return held, -far, -tree.domain.size(tree.cliques[i])


def _combine(beliefs: Beliefs, i: int, toward: int | None, wanted: Clique, kept: Conditionals) -> Floats:
    """The table of `wanted` seen from clique i: p(wanted), or p(wanted | separator toward a neighbour)."""
    tree = beliefs.tree
    given = _separator(tree, i, toward)
    beyond: dict[int, list[str]] = {}
    for attribute in wanted:
        if attribute not in tree.cliques[i]:
            beyond.setdefault(_hops(tree, attribute)[1][i], []).append(attribute)
    keep = set(given).union(a for a in wanted if a in tree.cliques[i])
    factors = []
    for neighbour, names in beyond.items():
        separator = _separator(tree, i, neighbour)
        keep.update(separator)
        factors.append((separator + tuple(names), _conditional(beliefs, neighbour, i, tuple(names), kept)))
    here = tree.domain.clique(keep)
    table = project(beliefs.tables[i], tree.cliques[i], here)
    if given:
        weight = project(table, here, given)
        shape = tuple(tree.domain.card(a) if a in given else 1 for a in here)
        table = np.divide(table, weight.reshape(shape), out=np.zeros_like(table), where=weight.reshape(shape) > 0)
    return _product([(here, table), *factors], given + wanted)


def _conditional(beliefs: Beliefs, i: int, toward: int, wanted: Clique, kept: Conditionals) -> Floats:
    key = (i, toward, wanted)
    if key not in kept:
        kept[key] = _combine(beliefs, i, toward, wanted, kept)
    return kept[key]


def _product(factors: list[tuple[Clique, Floats]], onto: Clique) -> Floats:
    """Multiply tables and sum out what is not asked for."""
    label: dict[str, int] = {}
    for names, _ in factors:
        for name in names:
            label.setdefault(name, len(label))
    operands: list[Any] = []
    for names, table in factors:
        operands += [table, [label[name] for name in names]]
    result: Floats = np.einsum(*operands, [label[name] for name in onto], optimize=len(factors) > 1)
    return result


def _separator(tree: JunctionTree, i: int, neighbour: int | None) -> Clique:
    if neighbour is None:
        return ()
    return tree.separators[i] if tree.parents[i] == neighbour else tree.separators[neighbour]


@lru_cache(maxsize=512)
def _hops(tree: JunctionTree, attribute: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """For every tree clique: how far the nearest clique with the attribute is, and the neighbour on the way there."""
    distance = [-1] * len(tree.cliques)
    step = [-1] * len(tree.cliques)
    queue = deque(i for i, clique in enumerate(tree.cliques) if attribute in clique)
    for i in queue:
        distance[i] = 0
    while queue:
        i = queue.popleft()
        for j in _neighbours(tree, i):
            if distance[j] < 0:
                distance[j], step[j] = distance[i] + 1, i
                queue.append(j)
    return tuple(distance), tuple(step)


def _neighbours(tree: JunctionTree, i: int) -> Iterable[int]:
    return tree.children[i] if tree.parents[i] < 0 else (tree.parents[i], *tree.children[i])
