"""Noisy tables made to agree with each other: what several of them say of the same marginal, they say alike.

Whatever a model is, its tables agree, so what measurements disagree about is no part of how well it fits them. Taking
that away leaves the fit where it is (least squares split by Pythagoras) and makes it far easier to find: in the dual
the potentials of overlapping tables can push against each other without moving the model.

A table is the sum of one component for each part of its clique: the marginal there, less what smaller parts say
(analysis of variance; the residual queries of Xiao et al. 2023, arXiv 2305.08175). With equal noise in a table's cells
its components are independent, and the least-squares estimate of each is the mean over all tables that hold it,
weighted by inverse variance.
"""

from collections.abc import Sequence
from itertools import combinations
from math import prod

import numpy as np

from synthcli.marginal import Clique, Measurement, Table
from synthcli.pgm.belief_propagation import Floats

Components = dict[Clique, Floats]


def consistent(measurements: Sequence[Measurement]) -> list[Floats]:
    """The tables of distinct cliques, each less what it says otherwise than all together.

    For the tables p of any joint distribution sum |p - y|^2 / variance changes by the same constant, whatever the
    variances; where they differ inside a table, the results agree but nearly.
    """
    components = [_components(m.clique, m.values.astype(np.float64)) for m in measurements]
    weights = [{part: _weight(m, part) for part in of} for m, of in zip(measurements, components, strict=True)]
    means: Components = {}
    for part in dict.fromkeys(part for of in components for part in of):
        holding = [(w[part], of[part]) for w, of in zip(weights, components, strict=True) if part in of]
        total = sum(weight for weight, _ in holding)
        means[part] = np.asarray(sum(weight * component for weight, component in holding) / total)
    found = []
    for m, of, w in zip(measurements, components, weights, strict=True):
        push = sum(w[part] * _spread(of[part] - means[part], part, m) for part in of)
        found.append(m.values - m.variance * push)
    return found


def _weight(measured: Measurement, part: Clique) -> float:
    """The inverse variance of the part's component, but for a factor that is the same for all tables."""
    others = [size for a, size in zip(measured.clique, measured.values.shape, strict=True) if a not in part]
    return 1.0 / float(measured.variance.mean() * prod(others))


def _components(clique: Clique, table: Table) -> Components:
    """The component of every part of the clique, smallest parts first; in rows of the part's marginal."""
    sizes = dict(zip(clique, table.shape, strict=True))
    found: Components = {}
    for part in (p for size in range(len(clique) + 1) for p in combinations(clique, size)):
        rest = table.sum(axis=tuple(i for i, a in enumerate(clique) if a not in part))
        for smaller, component in found.items():
            if set(smaller) < set(part):
                more = prod(sizes[a] for a in part if a not in smaller)
                rest = rest - component.reshape([sizes[a] if a in smaller else 1 for a in part]) / more
        found[part] = np.asarray(rest)
    return found


def _spread(component: Floats, part: Clique, measured: Measurement) -> Floats:
    """The component along the table's axes."""
    shape = [size if a in part else 1 for a, size in zip(measured.clique, measured.values.shape, strict=True)]
    return component.reshape(shape)
