"""Rows from the model by randomised rounding: their marginals follow the model to within about one row a cell.

Independent draws would add multinomial noise on top of everything else, which alone makes a 5 % test reject in some
30 % of cases. Here the rows of each parent group are dealt out to the cells as the conditional probabilities say,
rounded at random to whole rows: once for all rows, which then come out in blocks. Which row gets which cell is a fresh
random order for every clique and block, so that attributes which are independent given the separator stay independent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain
from synthcli.marginal.cells import cell_numbers
from synthcli.marginal.rounding import Shares, Stock, shuffled_by_group
from synthcli.pgm.markov_random_field import MarkovRandomField

Block = dict[str, NDArray[np.unsignedinteger[Any]]]

_MOST_ROWS = 1 << 20
"""A block never has more rows, so that a row's random key has bits enough."""


@dataclass(frozen=True)
class _Step:
    """One tree clique: its new attributes, drawn given the separator, which lies in the clique of step `parent`.

    `codes` are the new attributes' codes of every cell, separator cell after separator cell; `shares` are the cells'
    conditional probabilities.
    """

    parent: int
    given: Clique
    given_shape: tuple[int, ...]
    fresh: Clique
    fresh_shape: tuple[int, ...]
    codes: Mapping[str, NDArray[np.unsignedinteger[Any]]]
    shares: Shares


def sample(model: MarkovRandomField, rows: int, rng: np.random.Generator, block: int = 131072) -> Iterator[Block]:
    """Draw rows, at most `block` at a time, in random order; codes in the smallest unsigned type that fits.

    Reproducible: the same model, row count, block size and generator state give the same rows.
    """
    if rows < 0 or block < 1:
        raise ValueError("the number of rows is not negative, and a block holds at least one")
    steps, most = _steps(model), min(block, _MOST_ROWS)
    stocks = _stocks(steps, rows, rng)
    for start in range(0, rows, most):
        yield _draw(model.domain, steps, stocks, min(most, rows - start), rng)


def _steps(model: MarkovRandomField) -> list[_Step]:
    steps = []
    tree = model.tree
    for parent, clique, given, table in zip(
        tree.parents, tree.cliques, tree.separators, model.beliefs.tables, strict=True
    ):
        fresh = tuple(a for a in clique if a not in given)
        shaped = np.transpose(table, [clique.index(a) for a in (*given, *fresh)])
        given_shape, fresh_shape = shaped.shape[: len(given)], shaped.shape[len(given) :]
        groups, width = prod(given_shape), prod(fresh_shape)
        codes = np.unravel_index(np.arange(width), fresh_shape)
        step = _Step(
            parent=parent,
            given=given,
            given_shape=given_shape,
            fresh=fresh,
            fresh_shape=fresh_shape,
            codes={a: np.tile(_narrow(c, model.domain.card(a)), groups) for a, c in zip(fresh, codes, strict=True)},
            shares=Shares(np.repeat(np.arange(groups), width), np.maximum(shaped.ravel(), 0.0)),
        )
        steps.append(step)
    return steps


def _narrow(codes: NDArray[np.integer[Any]], size: int) -> NDArray[np.unsignedinteger[Any]]:
    return codes.astype(np.min_scalar_type(size - 1))


def _stocks(steps: list[_Step], rows: int, rng: np.random.Generator) -> list[Stock]:
    """Every step's rows in its cells, as many in each group as its parent's cells hold."""
    stocks: list[Stock] = []
    for step in steps:
        sizes = _sums(steps[step.parent], stocks[step.parent].counts, step.given) if step.given else np.array([rows])
        stocks.append(step.shares.stock(sizes, rng))
    return stocks


def _sums(step: _Step, counts: NDArray[np.intp], onto: Clique) -> NDArray[np.intp]:
    """The step's counts summed over all its attributes but these."""
    names = (*step.given, *step.fresh)
    table = counts.reshape((*step.given_shape, *step.fresh_shape))
    rest = tuple(axis for axis, name in enumerate(names) if name not in onto)
    kept = [name for name in names if name in onto]
    sums: NDArray[np.intp] = np.transpose(table.sum(axis=rest), [kept.index(name) for name in onto]).ravel()
    return sums


def _draw(domain: Domain, steps: list[_Step], stocks: list[Stock], rows: int, rng: np.random.Generator) -> Block:
    codes: Block = {}
    for step, stock in zip(steps, stocks, strict=True):
        group = cell_numbers([codes[a] for a in step.given], step.given_shape) if step.given else None
        order = shuffled_by_group(group, step.shares.groups, rows, rng)
        sizes = np.array([rows]) if group is None else np.bincount(group, minlength=step.shares.groups)
        counts = stock.take(sizes, rng)
        for attribute, of_cell in step.codes.items():
            codes[attribute] = np.empty(rows, dtype=of_cell.dtype)
            codes[attribute][order] = np.repeat(of_cell, counts)
    return {attribute: codes[attribute] for attribute in domain.attributes}
