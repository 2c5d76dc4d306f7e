"""From noisy marginals to a model: L-BFGS on the noise-regularised dual, a few Bregman steps.

Private-PGM (McKenna, Sheldon and Miklau 2019, arXiv 1901.09136) asks for the maximum-entropy distribution among those
whose marginals lie closest to the measurements y_m (standard deviations s_m). With a weight t on the entropy relative
to the product of the one-way marginals, the dual of that problem is smooth and strongly convex in one parameter per
measured cell:

    F(theta) = N log Z(theta) - sum_m <theta_m, y_m> + t/2 sum_m s_m^2 |theta_m - c_m|^2
    grad_m F = N mu_m(theta) - y_m + t s_m^2 (theta_m - c_m)

with N the total, mu_m the model's marginals, and c_m the log one-way marginal for single attributes (its noisy counts
projected to the simplex), zero for others. One calibration gives Z and every mu_m. The Hessian is close to its diagonal
part, diag(N mu_m + t s_m^2), which serves as preconditioner. Measurement noise itself bounds what is worth fitting: the
search stops when the decrease that is still possible, and the gradient in units of the noise, are small beside the
number of measured cells (discrepancy principle). Where measurements overlap, y_m is what they say together
(`consistency`): the primal problem is the same, and its dual far better conditioned.

The entropy term pulls back every cell that left the product of the one-ways, by t s_m^2 times the logarithm of the
ratio: also those that stand far out of the noise. So the final fit is repeated a few times with a large weight t, each
time with c_m = the theta found before (Bregman iteration: Osher et al. 2005, Multiscale Modeling and Simulation 4;
mirror descent with implicit steps). The pull is on the last step alone: what is clear in the measurements arrives
where they say within the steps, and what is not stays near the product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Domain, Measurement
from synthcli.pgm.belief_propagation import Floats, calibrate
from synthcli.pgm.consistency import consistent
from synthcli.pgm.junction_tree import JunctionTree, build
from synthcli.pgm.lbfgs import minimise
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.oracle import Oracle
from synthcli.pgm.simplex import project_to_simplex
from synthcli.pgm.structural_zeros import with_odds, with_zeros


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard to try: `tolerance` is the decrease per measured cell that is left undone in the last of `steps`.

    Half the mean square of the gradient that is left, in standard deviations of the noise, may be `SLACK` times that.
    The steps before leave `EARLY` times as much, since the next one goes on from there. `evaluations` are those that a
    step may take, and those that the steps before did not. `entropy` are the weights t of the steps, one for each; by
    default `entropy_weight` chooses them from the noise, and `pull` times that is taken.
    """

    tolerance: float
    evaluations: int
    steps: int = 1
    entropy: tuple[float, ...] = ()
    pull: float = 1.0


SLACK = 5.0
"""A tolerance of 0.002 leaves expected counts a seventh of a standard deviation off, which adds 2 % to the variance."""

EARLY = 10.0
"""Steps on the way to the last need not arrive: half of all evaluations brought the model no nearer to the rows."""

ROUND = Effort(tolerance=0.02, evaluations=200)
"""Between the rounds of an adaptive mechanism: what has been measured must not look as if it had not been."""

FINAL = Effort(tolerance=0.002, evaluations=200, steps=4)
"""The model that is released."""

OUTRIGHT = Effort(tolerance=0.0005, evaluations=600, steps=4, pull=3.0)
"""The same, where every pair was measured, and triples, well beyond their noise: what no table says is little, and the
pull of the entropy falls on noise alone."""


def estimate(
    domain: Domain,
    measurements: Sequence[Measurement],
    *,
    start: MarkovRandomField | None = None,
    total: float | None = None,
    effort: Effort = FINAL,
) -> MarkovRandomField:
    """Fit a graphical model to noisy marginals.

    `start` warm-starts the search; `total` is the number of rows, by default the minimum-variance unbiased estimate
    from the measurements (at least 1). Attributes without a measurement come out uniform and independent.
    """
    pooled = pool(measurements)
    rows = max(1.0, estimate_total(pooled) if total is None else total)
    problem = _Problem(domain, pooled, rows)
    theta = problem.start_from(start)
    weights = effort.entropy or (effort.pull * entropy_weight(pooled, effort.steps),) * effort.steps
    left = 0
    for step, weight in enumerate(weights, start=1):
        left += effort.evaluations
        tolerance = effort.tolerance * (1.0 if step == len(weights) else EARLY)
        theta, left = _minimise(problem, theta, weight, tolerance, left)
        problem.centre = theta
    return MarkovRandomField(domain, with_odds(domain, problem.unpack(theta)), rows)


def pool(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Measurements of the same clique made one, weighted by inverse variance."""
    groups: dict[Clique, list[Measurement]] = {}
    for measurement in measurements:
        groups.setdefault(measurement.clique, []).append(measurement)
    return tuple(_pool(group) for group in groups.values())


def _pool(group: Sequence[Measurement]) -> Measurement:
    weights = [1.0 / m.variance for m in group]
    information = np.sum(weights, axis=0)
    values = np.sum([w * m.values for w, m in zip(weights, group, strict=True)], axis=0) / information
    stddev = float(information.max() ** -0.5)
    return Measurement(group[0].clique, values, stddev, np.maximum(1.0 / (information * stddev**2), 1.0))


def estimate_total(measurements: Sequence[Measurement]) -> float:
    """The number of rows: the mean of the tables' sums, each weighted by its inverse variance."""
    sums = np.array([float(m.values.sum()) for m in measurements])
    weights = np.array([1.0 / m.variance.sum() for m in measurements])
    return float(sums @ weights / weights.sum()) if len(sums) else 1.0


def entropy_weight(measurements: Sequence[Measurement], steps: int = 1) -> float | Floats:
    """The weight t of each step for this much noise, for every measured cell in the order of the measurements.

    Of a single step 0.5 / s, between 0.001 and 0.02: a cell is then left half a standard deviation off for each factor
    of e between it and the product of the one-ways, whatever noise and rows. s is the cell's standard deviation, but at
    least that of the mean variance of all cells. Of k steps 2 k times as much: k steps of weight t go as far as one of
    t / k, and half as far is best. Found by experiment.
    """
    if not measurements:
        return 0.02
    variance = _flat([m.variance for m in measurements])
    stddev = np.sqrt(np.maximum(variance, variance.mean()))
    single: Floats = np.clip(0.5 / stddev, 1e-3, 2e-2)
    return single if steps == 1 else 2 * steps * single


class _Problem:
    """The dual of one set of measurements: packing of parameters, objective, gradient, preconditioner."""

    def __init__(self, domain: Domain, measurements: Sequence[Measurement], rows: float) -> None:
        self.rows = rows
        self.cliques: tuple[Clique, ...] = tuple(m.clique for m in measurements)
        self.shapes = [m.values.shape for m in measurements]
        self.bounds = np.cumsum([0, *(m.values.size for m in measurements)])
        self.tree: JunctionTree = build(domain, self.cliques)
        self.variance = _flat([m.variance for m in measurements])
        self.possible = self._possible()
        possible = self.unpack(self.possible)
        fitted = [replace(m, values=np.where(possible[m.clique], m.values, 0)) for m in measurements]
        self.values = np.where(self.possible, _flat(consistent(fitted)), 0.0)
        self.centre = _flat([self._log_one_way(m) for m in measurements])
        zeros = with_odds(domain, self.unpack(np.zeros(len(self.values))))
        self.zeros = _flat(list(zeros.values()))
        self.oracle = Oracle(self.tree, tuple(zeros))

    @property
    def cells(self) -> int:
        """How many numbers were measured."""
        return len(self.values)

    def _log_one_way(self, measurement: Measurement) -> Floats:
        """The centre c_m: a single attribute's log marginal, with a floor far below the noise; zero for others."""
        if len(measurement.clique) != 1:
            return np.zeros(measurement.values.shape)
        floor = min(0.05 * measurement.stddev, 0.01 * self.rows / measurement.values.size)
        counts = np.maximum(project_to_simplex(measurement.values, self.rows), floor)
        centred: Floats = np.log(counts / counts.sum())
        return centred

    def _possible(self) -> NDArray[np.bool_]:
        """Which of the measured cells a row may be in: rows that break a rule are counted, and not fitted."""
        if not self.tree.domain.zeros:
            return np.ones(len(self.variance), dtype=np.bool_)
        support = calibrate(self.tree, with_zeros(self.tree.domain, {}))
        cells: NDArray[np.bool_] = _flat([support.marginal(clique) for clique in self.cliques]) > 0
        return cells

    def unpack(self, theta: NDArray[Any]) -> dict[Clique, NDArray[Any]]:
        """What is flat, by measured clique: parameters as log tables."""
        pieces = (theta[a:b] for a, b in zip(self.bounds[:-1], self.bounds[1:], strict=True))
        return {c: piece.reshape(shape) for c, piece, shape in zip(self.cliques, pieces, self.shapes, strict=True)}

    def start_from(self, model: MarkovRandomField | None) -> Floats:
        """Where the search begins: the product of the one-ways, or the potentials of an earlier model."""
        earlier: Mapping[Clique, Floats] = {} if model is None else model.potentials
        centre = self.unpack(self.centre)
        return np.where(self.possible, _flat([earlier.get(c, centre[c]) for c in self.cliques]), self.centre)

    def evaluate(self, theta: Floats, weight: float | Floats) -> tuple[float, Floats, Floats]:
        """F, its gradient, and the expected tables (flat)."""
        potentials = self.zeros.copy()
        potentials[: self.cells] += theta
        log_partition, marginals = self.oracle.evaluate(potentials)
        expected = self.rows * marginals[: self.cells]
        pull = weight * self.variance * (theta - self.centre)
        value = self.rows * log_partition - theta @ self.values + 0.5 * float(pull @ (theta - self.centre))
        return float(value), expected - self.values + pull, expected

    def curvature(self, expected: Floats, weight: float | Floats) -> Floats:
        """The diagonal that stands for the Hessian."""
        diagonal: Floats = np.maximum(expected, 0.25 * np.sqrt(self.variance)) + weight * self.variance
        return diagonal


def _flat(tables: Sequence[Floats]) -> Floats:
    return np.concatenate([table.ravel() for table in tables]) if tables else np.zeros(0)


def _minimise(
    problem: _Problem, theta: Floats, weight: float | Floats, tolerance: float, left: int
) -> tuple[Floats, int]:
    """L-BFGS in the preconditioned parameters z = theta * sqrt(curvature), restarted with a fresh curvature.

    `left` is how many evaluations it may take; returned is how many it did not.
    """
    while problem.cells and left > 0:
        _, gradient, expected = problem.evaluate(theta, weight)
        left -= 1
        curvature = problem.curvature(expected, weight)
        if left == 0 or _is_done(gradient, curvature, problem, tolerance):
            break
        theta, used = _descend(problem, theta, weight, np.sqrt(curvature), min(left, 60), tolerance)
        left -= used
    return theta, left


def _is_done(gradient: Floats, curvature: Floats, problem: _Problem, tolerance: float) -> bool:
    """Whether a Newton step with the diagonal would gain less than the tolerance, and the noise hides what is left."""
    square = 0.5 * gradient**2
    most = tolerance * problem.cells
    return float(np.sum(square / curvature)) < most and float(np.sum(square / problem.variance)) < SLACK * most


def _descend(
    problem: _Problem, theta: Floats, weight: float | Floats, root: Floats, evaluations: int, tolerance: float
) -> tuple[Floats, int]:
    def objective(z: Floats) -> tuple[float, Floats]:
        value, gradient, _ = problem.evaluate(z / root, weight)
        return value, gradient / root

    def is_done(gradient: Floats) -> bool:
        return _is_done(gradient * root, root**2, problem, tolerance)

    best, used = minimise(objective, theta * root, evaluations, is_done)
    return best / root, used
