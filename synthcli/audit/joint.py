"""All coins at once: the linear estimate of who is in, from all noisy counts together.

An attacker who knows every other row still faces the other candidates' coins, which share his cells. Judged one at a
time they are noise to each other; solved for together they explain each other away. With A the measured cells ×
candidates, the counts minus the known rows are A z + noise, z the coins: the estimate by the coins' own mean and
variance is the best linear one (Kay 1993, section 12.3). A candidate with several rows, which share his coin, is one
column of A: the sum of theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, cg

from synthcli.marginal import Clique, Measurement

Vector = NDArray[np.float64]

_DENSE = 3_000
"""Up to so many candidates posterior variances are exact; beyond, they are estimated from random probes."""
_PROBES = 32
_PRIOR = 4.0
"""The coins' precision: their variance is one quarter."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Counts as sums of coins: `design` (measured cells × candidates), what is not known of each cell, 1 / variance."""

    design: sparse.csr_matrix
    unknown: Vector
    precision: Vector


def gather_evidence(
    cells_of: Callable[[Clique], NDArray[np.intp]],
    measurements: Sequence[Measurement],
    known: Mapping[Clique, NDArray[Any]],
    owner: NDArray[np.intp] | None = None,
) -> Evidence:
    """Of the cells that candidates have.

    `cells_of`: by clique the cell of each of their rows; `owner`: whose each row is (every candidate has one or more),
    by default one row each; `known`: the other training rows.
    """
    blocks, unknown, precision = [], [], []
    for measurement in measurements:
        own = cells_of(measurement.clique)
        whose = np.arange(len(own)) if owner is None else owner
        used, place = np.unique(own, return_inverse=True)
        shape = (len(used), int(whose.max(initial=-1)) + 1)
        blocks.append(sparse.csr_matrix((np.ones(len(own)), (place, whose)), shape))  # rows in one cell are added
        unknown.append((measurement.values - known[measurement.clique]).ravel()[used])
        precision.append(1 / measurement.variance.ravel()[used])
    return Evidence(sparse.vstack(blocks, "csr"), np.concatenate(unknown), np.concatenate(precision))


def coin_ratios(evidence: Evidence, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """The log-likelihood ratio of each candidate's "in" against "out", and how detectable he is (d').

    With m the estimate less one half and v its variance, what the counts alone say is normal with precision
    1 / v - 4, and the ratio is m / v.
    """
    centred = evidence.unknown - 0.5 * np.asarray(evidence.design.sum(axis=1)).ravel()
    right = evidence.design.T @ (evidence.precision * centred)
    estimate, variance = _solved(evidence, right, rng)
    variance = np.clip(variance, 1e-12, 1 / _PRIOR)
    return estimate / variance, np.sqrt(1 / variance - _PRIOR)


def _solved(evidence: Evidence, right: Vector, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """The estimate and its variance; the latter from probes where there are many coins (Bekas et al. 2007)."""
    count = len(right)
    weighted = sparse.diags_array(np.sqrt(evidence.precision)) @ evidence.design
    if count <= _DENSE:
        normal = (weighted.T @ weighted).toarray() + _PRIOR * np.eye(count)
        factor = linalg.cholesky(normal.T, lower=True, overwrite_a=True)
        estimate = linalg.cho_solve((factor, True), right)
        inverse, _ = linalg.lapack.dtrtri(
            factor, lower=True, overwrite_c=True
        )  # its columns' lengths are the variances
        return estimate, np.einsum("ij,ij->j", inverse, inverse)
    transposed = weighted.T.tocsr()
    solve = _solver(weighted.tocsr(), transposed)
    total = np.zeros(count)
    for _ in range(_PROBES):
        probe = rng.choice([-1.0, 1.0], count)
        total += probe * solve(probe, 1e-3)
    least = 1 / (_PRIOR + np.asarray(transposed.multiply(transposed).sum(axis=1)).ravel())
    return solve(right, 1e-6), np.maximum(total / _PROBES, least)


def _solver(weighted: sparse.csr_matrix, transposed: sparse.csr_matrix) -> Callable[[Vector, float], Vector]:
    """Conjugate gradients on the normal equations, scaled by their diagonal, to a relative residual."""
    count = weighted.shape[1]
    diagonal = _PRIOR + np.asarray(transposed.multiply(transposed).sum(axis=1)).ravel()
    normal = LinearOperator((count, count), matvec=lambda v: transposed @ (weighted @ v) + _PRIOR * v)
    scaling = LinearOperator((count, count), matvec=lambda v: v / diagonal)

    def solve(vector: Vector, residual: float) -> Vector:
        return np.asarray(cg(normal, vector, rtol=residual, maxiter=200, M=scaling)[0])

    return solve
