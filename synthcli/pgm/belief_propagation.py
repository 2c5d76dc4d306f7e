"""Exact marginals of a junction tree: two passes of messages, in linear space.

Hugin propagation (Koller and Friedman 2009, section 10.3). Every table is divided by its largest entry and the scales
are kept as logarithms, so that tables may span some 300 decades; where even that is not enough (underflow may have
taken mass that counts), the passes are done again in log space.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synthcli.marginal import Clique
from synthcli.pgm.junction_tree import JunctionTree
from synthcli.pgm.propagation import Floats as Floats
from synthcli.pgm.propagation import Propagation
from synthcli.pgm.schedule import schedule


@dataclass(frozen=True)
class Beliefs:
    """Calibrated marginals: `tables[i]` is the probability table of tree clique i (each sums to 1)."""

    tree: JunctionTree
    tables: tuple[Floats, ...]
    log_partition: float

    def marginal(self, clique: Clique) -> Floats:
        """The probability table of a clique that lies inside a tree clique; `KeyError` otherwise."""
        home = self.tree.home(clique)
        if home is None:
            raise KeyError(f"no tree clique contains {clique}")
        return project(self.tables[home], self.tree.cliques[home], clique)


def project(table: Floats, clique: Clique, onto: Clique) -> Floats:
    """Sum out the attributes of `clique` that are not in `onto` (a subset, in the same order)."""
    axes = tuple(i for i, attribute in enumerate(clique) if attribute not in onto)
    projected: Floats = table.sum(axis=axes) if axes else table
    return projected


@dataclass(frozen=True)
class _Plan:
    """What depends on the structure alone: homes of the potentials, broadcast shapes, axes to sum."""

    homes: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    up_axes: tuple[tuple[int, ...], ...]
    up_shapes: tuple[tuple[int, ...], ...]
    down_axes: tuple[tuple[int, ...], ...]
    down_shapes: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=32)
def _plan(tree: JunctionTree, cliques: tuple[Clique, ...]) -> _Plan:
    homes = []
    for clique in cliques:
        home = tree.home(clique)
        if home is None:
            raise KeyError(f"no tree clique contains {clique}")
        homes.append(home)
    inside = [tree.cliques[home] for home in homes]
    above = [tree.cliques[max(parent, 0)] for parent in tree.parents]
    return _Plan(
        homes=tuple(homes),
        shapes=tuple(_spread(tree, c, within) for c, within in zip(cliques, inside, strict=True)),
        up_axes=tuple(_outside(c, s) for c, s in zip(tree.cliques, tree.separators, strict=True)),
        up_shapes=tuple(_spread(tree, s, c) for s, c in zip(tree.separators, above, strict=True)),
        down_axes=tuple(_outside(c, s) for c, s in zip(above, tree.separators, strict=True)),
        down_shapes=tuple(_spread(tree, s, c) for s, c in zip(tree.separators, tree.cliques, strict=True)),
    )


def _spread(tree: JunctionTree, clique: Clique, within: Clique) -> tuple[int, ...]:
    """The shape in which a clique's table broadcasts over a larger clique's."""
    return tuple(tree.domain.card(a) if a in clique else 1 for a in within)


def _outside(clique: Clique, separator: Clique) -> tuple[int, ...]:
    return tuple(i for i, attribute in enumerate(clique) if attribute not in separator)


def calibrate(tree: JunctionTree, potentials: Mapping[Clique, Floats]) -> Beliefs:
    """Marginals of the distribution proportional to exp(sum of the potentials).

    Potentials are log tables with one axis per attribute; -inf marks impossible cells. Every potential's clique must
    lie inside a tree clique (`KeyError`). Raises `ValueError` if no cell is possible or a potential is NaN or +inf.
    """
    cliques = tuple(potentials)
    passes = Propagation(schedule(tree, cliques, marginals=False))
    log_partition = passes.run(flat(list(potentials.values())))
    if log_partition is None:
        return logarithmic(tree, potentials)
    return Beliefs(tree, passes.tables, log_partition)


def flat(tables: Sequence[Floats]) -> Floats:
    """All tables' cells in one row."""
    return np.concatenate([np.ravel(table) for table in tables]) if tables else np.zeros(0)


def _assemble(tree: JunctionTree, plan: _Plan, tables: Sequence[Floats]) -> list[Floats]:
    """The sum of the potentials at home in each tree clique."""
    logs = [np.zeros(tuple(tree.domain.card(a) for a in clique)) for clique in tree.cliques]
    for home, shape, table in zip(plan.homes, plan.shapes, tables, strict=True):
        logs[home] += table.reshape(shape)
    return logs


def logarithmic(tree: JunctionTree, potentials: Mapping[Clique, Floats]) -> Beliefs:
    """The same as `calibrate` with log-sum-exp: slower, and safe at any range."""
    plan = _plan(tree, tuple(potentials))
    tables = _assemble(tree, plan, list(potentials.values()))
    messages: list[Floats] = [np.empty(0)] * len(tables)
    with np.errstate(divide="ignore", invalid="ignore"):
        for i in range(len(tables) - 1, 0, -1):
            messages[i] = _log_sum(tables[i], plan.up_axes[i])
            tables[tree.parents[i]] += messages[i].reshape(plan.up_shapes[i])
        total = float(_log_sum(tables[0], tuple(range(tables[0].ndim))))
        if total == -np.inf:
            raise ValueError("the potentials leave no cell possible")
        tables[0] -= total
        for i in range(1, len(tables)):
            wanted = _log_sum(tables[tree.parents[i]], plan.down_axes[i])
            ratio = np.where(wanted == -np.inf, -np.inf, wanted - messages[i])
            tables[i] += ratio.reshape(plan.down_shapes[i])
    return Beliefs(tree, tuple(np.exp(table) for table in tables), total)


def _log_sum(table: Floats, axes: tuple[int, ...]) -> Floats:
    """log of the sum of exp along some axes; scipy's does the same at ten times the price for small tables."""
    if not axes:
        return table
    top = table.max(axis=axes, keepdims=True)
    top[top == -np.inf] = 0.0
    return np.asarray(
        np.log(np.exp(table - top).sum(axis=axes))
        + top.reshape([n for i, n in enumerate(table.shape) if i not in axes])
    )
