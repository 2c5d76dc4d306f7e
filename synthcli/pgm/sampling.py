"""Rows from the model by randomised rounding: their marginals follow the model to within about one row a cell.

Independent draws would add multinomial noise on top of everything else, which alone makes a 5 % test reject in some
30 % of cases. Here the rows of each parent group are spread over the cells by stratified points: row k of n draws at
(k + U) / n, U uniform. Which row gets which point is a fresh random permutation for every clique, so that attributes
which are independent given the separator stay independent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain
from synthcli.pgm.belief_propagation import Floats
from synthcli.pgm.markov_random_field import MarkovRandomField

Block = dict[str, NDArray[np.unsignedinteger[Any]]]


@dataclass(frozen=True)
class _Step:
    """One tree clique: its new attributes, drawn given the separator.

    `edges` are the cumulated conditional probabilities of all separator cells one after the other: those of separator
    cell s lie in (s, s + 1].
    """

    given: Clique
    fresh: Clique
    given_shape: tuple[int, ...]
    fresh_shape: tuple[int, ...]
    edges: Floats


def sample(model: MarkovRandomField, rows: int, rng: np.random.Generator, block: int = 131072) -> Iterator[Block]:
    """Draw rows, at most `block` at a time, in random order; codes in the smallest unsigned type that fits.

    Reproducible: the same model, row count, block size and generator state give the same rows.
    """
    if rows < 0 or block < 1:
        raise ValueError("the number of rows is not negative, and a block holds at least one")
    steps = _steps(model)
    for start in range(0, rows, block):
        yield _draw(model.domain, steps, min(block, rows - start), rng)


def _steps(model: MarkovRandomField) -> list[_Step]:
    steps = []
    for clique, given, table in zip(model.tree.cliques, model.tree.separators, model.beliefs.tables, strict=True):
        fresh = tuple(a for a in clique if a not in given)
        shaped = np.transpose(table, [clique.index(a) for a in (*given, *fresh)])
        given_shape, fresh_shape = shaped.shape[: len(given)], shaped.shape[len(given) :]
        steps.append(_Step(given, fresh, given_shape, fresh_shape, _edges(shaped.reshape(prod(given_shape), -1))))
    return steps


def _edges(joint: Floats) -> Floats:
    """Cumulated conditionals, one row of cells per separator cell, on one rising line."""
    conditional: Floats = np.cumsum(np.maximum(joint, 0.0), axis=1)
    mass = conditional[:, -1:]
    uniform = np.arange(1, joint.shape[1] + 1) / joint.shape[1]
    conditional = np.where(mass > 0, conditional / np.where(mass > 0, mass, 1.0), uniform)
    rising: Floats = (conditional + np.arange(len(joint))[:, None]).ravel()
    return rising


def _draw(domain: Domain, steps: list[_Step], rows: int, rng: np.random.Generator) -> Block:
    codes: Block = {}
    for step in steps:
        group = _cell(codes, step.given, step.given_shape, rows)
        cells = np.unravel_index(_spread(group, step, rows, rng), step.fresh_shape)
        for attribute, values in zip(step.fresh, cells, strict=True):
            codes[attribute] = values.astype(np.min_scalar_type(domain.card(attribute) - 1))
    return {attribute: codes[attribute] for attribute in domain.attributes}


def _cell(codes: Block, given: Clique, shape: tuple[int, ...], rows: int) -> NDArray[np.intp]:
    """The separator cell of every row."""
    cell = np.zeros(rows, dtype=np.intp)
    for attribute, size in zip(given, shape, strict=True):
        cell = cell * size + codes[attribute]
    return cell


def _spread(group: NDArray[np.intp], step: _Step, rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """A cell of the fresh attributes for every row: stratified inside each group, in random order."""
    shuffled = rng.permutation(rows)
    order = shuffled[np.argsort(group[shuffled], kind="stable")]
    ordered = group[order]
    counts = np.bincount(ordered, minlength=prod(step.given_shape))
    rank = np.arange(rows) - (np.cumsum(counts) - counts)[ordered]
    points = ordered + (rank + rng.random(rows)) / counts[ordered]
    width = prod(step.fresh_shape)
    found = np.searchsorted(step.edges, points, side="right") - ordered * width
    cells = np.empty(rows, dtype=np.intp)
    cells[order] = np.clip(found, 0, width - 1)
    return cells
