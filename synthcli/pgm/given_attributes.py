"""Rows given some of their attributes: the others exactly from p(others | these), where these differ from row to row.

No tree is calibrated for a row. The observed attributes are sliced out of the potentials, which leaves a junction tree
over the others (Koller and Friedman 2009, section 9.3.2: evidence takes edges away and adds none). A message depends on
the observed attributes at and below its clique alone: rows that agree in these share it. Messages go up once, and
attributes are drawn on the way down.

Draws are independent of each other. (Rows of `sampling` are dealt out against each other, to within a row a cell: rows
that belong together, as those of one person, would then differ more than the model says.)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes, Domain
from synthcli.marginal.cells import cell_numbers
from synthcli.pgm.junction_tree import JunctionTree, build
from synthcli.pgm.markov_random_field import MarkovRandomField

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_MOST_CELLS = 1 << 22
"""Tables of so many cells are in memory at once (32 MB, and as much again while they are added up)."""


@dataclass(frozen=True)
class _Child:
    """A clique below, whose message has the axes `cards`; `order` and `spread` fit them to the clique's own."""

    number: int
    cards: tuple[int, ...]
    order: tuple[int, ...]
    spread: tuple[int, ...]

    def fitted(self, message: Floats) -> Floats:
        """A message for each combination, as it is added to the clique's tables."""
        shaped = message.reshape(-1, *self.cards).transpose(0, *(axis + 1 for axis in self.order))
        return shaped.reshape(-1, *self.spread)


@dataclass(frozen=True)
class _Node:
    """A clique of the tree over the free attributes; its tables have the axes `separator`, then `fresh`.

    `base` is what depends on no observed attribute; `terms` are potentials that do, each with one row for each cell of
    its observed attributes. `depends`: the observed attributes at and below the clique.
    """

    separator: Clique
    fresh: Clique
    shape: tuple[int, ...]
    base: Floats
    terms: tuple[tuple[Clique, Floats], ...]
    children: tuple["_Child", ...]
    depends: Clique

    @property
    def groups(self) -> int:
        """The cells of the separator."""
        return prod(self.shape[: len(self.separator)])


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows (their numbers), the combination of observed codes that each has, and what these make of every clique.

    `which[i]` numbers each combination among those of clique i; `tables[i]` are log tables, one for each of these.
    """

    rows: Places
    combination: Places
    which: tuple[Places, ...]
    tables: tuple[Floats, ...]
    evidence: Floats


class GivenAttributes:
    """A model's free attributes given its observed ones; free are all that are not observed, at least one."""

    def __init__(self, model: MarkovRandomField, observed: Iterable[str]) -> None:
        self._domain = model.domain
        self.observed = model.domain.clique(observed)
        self.free = tuple(a for a in model.domain.attributes if a not in self.observed)
        if not self.free:
            raise ValueError("no attribute is left to be drawn")
        inside = {clique: tuple(a for a in clique if a in self.free) for clique in model.potentials}
        tree = build(self._domain.project(self.free), [clique for clique in inside.values() if clique])
        self._fixed = [(c, table) for c, table in model.potentials.items() if not inside[c]]
        self._nodes = _nodes(model, tree, inside)
        self._combinations = max(1, _MOST_CELLS // tree.cells)

    def log_evidence(self, given: Codes, rows: int) -> Floats:
        """The logarithm of the observed codes' probability, for each of so many rows, up to a constant; -inf: it is 0.

        The constant is the logarithm of the partition function; it is all that there is where nothing is observed.
        """
        out = np.zeros(rows)
        for clique, table in self._fixed:
            out += table[tuple(given[a].astype(np.intp) for a in clique)]
        for block in self._blocks(given, rows):
            out[block.rows] += block.evidence[block.combination]
        return out

    def draw(self, given: Codes, rows: int, rng: np.random.Generator) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
        """The free attributes' codes of so many rows, each given its observed codes.

        Rows whose observed codes have probability zero get codes that mean nothing: ask `log_evidence` before.
        """
        out = {a: np.empty(rows, np.min_scalar_type(self._domain.card(a) - 1)) for a in self.free}
        for block in self._blocks(given, rows):
            drawn: dict[str, NDArray[np.unsignedinteger[Any]]] = {}
            for node, which, tables in zip(self._nodes, block.which, block.tables, strict=True):
                self._step(node, which[block.combination], tables, drawn, rng)
            for attribute, codes in drawn.items():
                out[attribute][block.rows] = codes
        return out

    def _step(
        self,
        node: _Node,
        which: Places,
        tables: Floats,
        drawn: dict[str, NDArray[np.unsignedinteger[Any]]],
        rng: np.random.Generator,
    ) -> None:
        """Draw a clique's fresh attributes: the inverse of the cumulated shares, at a uniform number for each row."""
        above = len(node.separator)
        shape = node.shape[above:]
        inside = cell_numbers([drawn[a] for a in node.separator], node.shape[:above]) if above else np.intp(0)
        group, place = np.unique(which * node.groups + inside, return_inverse=True)
        logs = tables.reshape(-1, prod(shape))[group]
        weights = np.exp(logs - _finite(logs.max(axis=1, keepdims=True)))
        up_to = np.cumsum(weights, axis=1)
        total = up_to[:, -1:]
        up_to = up_to / np.where(total > 0, total, 1.0) + np.arange(len(group))[:, None]
        wanted = np.minimum(place + rng.random(len(place)), np.nextafter(place + 1.0, 0.0))
        cell = np.searchsorted(up_to.ravel(), wanted, side="right") - place * logs.shape[1]
        codes = np.unravel_index(np.minimum(cell, logs.shape[1] - 1), shape)
        for attribute, of_row in zip(node.fresh, codes, strict=True):
            drawn[attribute] = of_row.astype(np.min_scalar_type(self._domain.card(attribute) - 1))

    def _blocks(self, given: Codes, rows: int) -> Iterator[_Block]:
        """All rows, those of equal observed codes together, as many as memory has room for at a time."""
        first, combination = _distinct(self._domain, given, self._nodes[0].depends, rows)
        order = np.argsort(combination, kind="stable")
        for start in range(0, len(first), self._combinations):
            some = first[start : start + self._combinations]
            low, high = np.searchsorted(combination[order], (start, start + len(some)))
            codes = {a: given[a][some] for a in self._nodes[0].depends}
            which, tables, evidence = self._upward(codes, len(some))
            yield _Block(order[low:high], combination[order[low:high]] - start, which, tables, evidence)

    def _upward(self, codes: Codes, count: int) -> tuple[tuple[Places, ...], tuple[Floats, ...], Floats]:
        """Every clique's log tables with what comes from below, and the sum of all at the root."""
        size = len(self._nodes)
        which, tables, messages = [np.empty(0, np.intp)] * size, [np.empty(0)] * size, [np.empty(0)] * size
        for i in reversed(range(size)):
            node = self._nodes[i]
            first, which[i] = _distinct(self._domain, codes, node.depends, count)
            table = np.broadcast_to(node.base, (len(first), *node.shape)).copy()
            for clique, rows in node.terms:
                cell = cell_numbers([codes[a][first] for a in clique], [self._domain.card(a) for a in clique])
                table += rows[cell]
            for child in node.children:
                table += child.fitted(messages[child.number][which[child.number][first]])
            flat = table.reshape(len(first), node.groups, -1)
            top = _finite(flat.max(axis=2, keepdims=True))
            with np.errstate(divide="ignore"):
                messages[i] = np.log(np.exp(flat - top).sum(axis=2)) + top[:, :, 0]
            tables[i] = table
        return tuple(which), tuple(tables), messages[0][which[0], 0]


def _finite(logs: Floats) -> Floats:
    """Zero in place of minus infinity: nothing is taken away where nothing is possible."""
    return np.where(np.isneginf(logs), 0.0, logs)


def _distinct(domain: Domain, codes: Codes, attributes: Clique, rows: int) -> tuple[Places, Places]:
    """A row of each combination of these attributes' codes, and for every row the number of its combination."""
    number = np.zeros(rows, dtype=np.int64)
    first, place = np.zeros(min(rows, 1), dtype=np.intp), number
    most = 1
    for attribute in attributes:
        size = domain.card(attribute)
        if most > (1 << 62) // size:
            first, number = np.unique(number, return_index=True, return_inverse=True)[1:]
            most = len(first)
        number, most = number * size + codes[attribute], most * size
    if attributes:
        first, place = np.unique(number, return_index=True, return_inverse=True)[1:]
    return first, place


def _nodes(model: MarkovRandomField, tree: JunctionTree, inside: dict[Clique, Clique]) -> list[_Node]:
    """The tree's cliques in its order: parents first."""
    resident: list[list[Clique]] = [[] for _ in tree.cliques]
    for clique, free in inside.items():
        if free:
            home = tree.home(free)
            assert home is not None
            resident[home].append(clique)
    below: list[set[str]] = [set() for _ in tree.cliques]
    for i in reversed(range(len(tree.cliques))):
        below[i] |= {a for clique in resident[i] for a in clique if a not in inside[clique]}
        if tree.parents[i] >= 0:
            below[tree.parents[i]] |= below[i]
    return [_node(model, tree, i, resident[i], model.domain.clique(below[i])) for i in range(len(tree.cliques))]


def _node(model: MarkovRandomField, tree: JunctionTree, i: int, resident: Sequence[Clique], depends: Clique) -> _Node:
    separator = tree.separators[i]
    fresh = tuple(a for a in tree.cliques[i] if a not in separator)
    axes = (*separator, *fresh)
    shape = tuple(model.domain.card(a) for a in axes)
    base, terms = np.zeros(shape), []
    for clique in resident:
        observed = tuple(a for a in clique if a not in axes)
        free = [a for a in axes if a in clique]
        table = np.transpose(model.potentials[clique], [clique.index(a) for a in (*observed, *free)])
        spread = [model.domain.card(a) if a in clique else 1 for a in axes]
        if observed:
            terms.append((observed, table.reshape(-1, *spread)))
        else:
            base += table.reshape(spread)
    children = tuple(_child(model.domain, axes, j, tree.separators[j]) for j in tree.children[i])
    return _Node(separator, fresh, shape, base, tuple(terms), children, depends)


def _child(domain: Domain, axes: Clique, number: int, separator: Clique) -> _Child:
    return _Child(
        number=number,
        cards=domain.shape_of(separator),
        order=tuple(separator.index(a) for a in axes if a in separator),
        spread=tuple(domain.card(a) if a in separator else 1 for a in axes),
    )
