"""How likely a row is but for some of its cells: the model's density with a few attributes summed out, row by row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from synthcli.marginal import Clique, Codes
from synthcli.pgm.markov_random_field import MarkovRandomField

_CELLS = 1 << 21
"""Cells that are summed together, at most (but for a single row's)."""

Logs = NDArray[np.float64]
Cells = Mapping[str, NDArray[np.intp]]


@dataclass(frozen=True, eq=False)
class _Factor:
    """Rows × sizes of the attributes, in log space."""

    attributes: Clique
    logs: Logs


def log_density_without(model: MarkovRandomField, codes: Codes, left_out: Clique) -> Logs:
    """The log probability of every row's other cells under the joint distribution (-inf where impossible).

    The potentials that hold an attribute left out are cut at the row's other cells, and the attributes summed out one
    after the other (variable elimination; Zhang and Poole 1994); the other potentials are looked up.
    """
    out: Logs = np.full(len(next(iter(codes.values()))), -model.beliefs.log_partition)
    touched = [clique for clique in model.potentials if set(clique) & set(left_out)]
    for clique, table in model.potentials.items():
        if clique not in touched:
            out += np.asarray(table[tuple(codes[a].astype(np.intp) for a in clique)], dtype=np.float64)
    for rows in _pieces(model, touched, left_out, len(out)):
        piece = {a: column[rows].astype(np.intp) for a, column in codes.items()}
        out[rows] += _summed(model, piece, touched, left_out)
    return out


def _pieces(model: MarkovRandomField, touched: Sequence[Clique], left_out: Clique, rows: int) -> Iterator[slice]:
    widest = max(model.domain.size(a for a in left_out if a in {b for c in touched for b in c}), 1)
    step = max(1, _CELLS // widest)
    yield from (slice(start, start + step) for start in range(0, rows, step))


def _summed(model: MarkovRandomField, codes: Cells, touched: Sequence[Clique], left_out: Clique) -> Logs:
    """log Σ over the attributes left out of the product of the cut potentials; those of few links go first."""
    factors = [_cut(model, codes, clique, left_out) for clique in touched]
    total = np.zeros(len(next(iter(codes.values()))))
    for attribute in sorted(left_out, key=lambda a: sum(a in clique for clique in touched)):
        with_it = [factor for factor in factors if attribute in factor.attributes]
        factors = [factor for factor in factors if attribute not in factor.attributes]
        if with_it:
            factors.append(_without(reduce(_times, with_it), attribute))
        else:
            total += np.log(model.domain.card(attribute))
    return reduce(np.add, (factor.logs for factor in factors), total)


def _cut(model: MarkovRandomField, codes: Cells, clique: Clique, left_out: Clique) -> _Factor:
    """A potential at each row's cells of the attributes that stay."""
    kept = [axis for axis, a in enumerate(clique) if a not in left_out]
    rest = [axis for axis, a in enumerate(clique) if a in left_out]
    table = np.transpose(model.potentials[clique], (*kept, *rest))
    if kept:
        logs = table[tuple(codes[clique[axis]] for axis in kept)]
    else:
        logs = np.broadcast_to(table, (len(next(iter(codes.values()))), *table.shape))
    return _Factor(tuple(clique[axis] for axis in rest), np.asarray(logs, dtype=np.float64))


def _times(one: _Factor, other: _Factor) -> _Factor:
    attributes = (*one.attributes, *(a for a in other.attributes if a not in one.attributes))
    return _Factor(attributes, _spread(one, attributes) + _spread(other, attributes))


def _spread(factor: _Factor, attributes: Clique) -> Logs:
    """With an axis for each attribute, of length one where it does not depend on it."""
    order = [1 + factor.attributes.index(a) for a in attributes if a in factor.attributes]
    sizes = iter(np.transpose(factor.logs, (0, *order)).shape[1:])
    shape = [next(sizes) if a in factor.attributes else 1 for a in attributes]
    return np.transpose(factor.logs, (0, *order)).reshape(len(factor.logs), *shape)


def _without(factor: _Factor, attribute: str) -> _Factor:
    axis = factor.attributes.index(attribute)
    rest = tuple(a for a in factor.attributes if a != attribute)
    return _Factor(rest, np.asarray(logsumexp(factor.logs, axis=1 + axis)))
