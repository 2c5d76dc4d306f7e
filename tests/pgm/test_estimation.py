"""Estimation: what was measured is recovered, what was not is as independent as it can be."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from synthcli.marginal import Clique, Domain, Measurement
from synthcli.pgm import estimation
from synthcli.pgm.estimation import FINAL, ROUND, Effort, entropy_weight, estimate, estimate_total, pool
from synthcli.pgm.oracle import Oracle
from synthcli.pgm.simplex import project_to_simplex
from tests.pgm.graphs import graphs, summed

CAREFUL = Effort(entropy=(1e-3, 1e-5), tolerance=1e-10, evaluations=3000)


def _joint(domain: Domain, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(domain.size(), 0.7)).reshape(domain.shape) * 10_000


@given(graphs(most=4), st.integers(0, 1000))
@settings(max_examples=25)
def test_nearly_exact_marginals_are_recovered(graph: tuple[Domain, tuple[Clique, ...]], seed: int) -> None:
    domain, cliques = graph
    joint = _joint(domain, seed)
    measured = [Measurement(c, summed(domain, joint, c), 1.0) for c in cliques]
    model = estimate(domain, measured, effort=CAREFUL, total=10_000.0)
    for measurement in measured:
        assert model.marginal(measurement.clique) == pytest.approx(measurement.values, abs=12.0)


def test_unmeasured_pairs_are_conditionally_independent() -> None:
    domain = Domain(("a", "b", "c"), (2, 3, 2))
    joint = _joint(domain, 3)
    measured = [Measurement(c, summed(domain, joint, c), 0.5) for c in (("a", "b"), ("b", "c"))]
    model = estimate(domain, measured, effort=CAREFUL)
    full = model.marginal(("a", "b", "c"))
    given_b = full.sum(axis=(0, 2), keepdims=True)
    expected = full.sum(axis=2, keepdims=True) * full.sum(axis=0, keepdims=True) / given_b
    assert full == pytest.approx(expected, rel=1e-6)


def test_the_dual_solution_is_the_primal_optimum() -> None:
    """Brute force on all eight cells: noisy, inconsistent tables; the same objective, minimised over the joint."""
    domain = Domain(("a", "b", "c"), (2, 2, 2))
    rng = np.random.default_rng(5)
    joint = _joint(domain, 5) / 10
    measured = [
        Measurement(c, summed(domain, joint, c) + rng.normal(0, 20, domain.project(c).shape), 20.0)
        for c in (("a", "b"), ("b", "c"), ("a", "c"))
    ]
    weight = 0.05
    model = estimate(
        domain, measured, total=1000.0, effort=Effort(entropy=(weight,), tolerance=1e-12, evaluations=4000)
    )

    def loss(logits: np.ndarray) -> float:
        p = np.exp(logits - logits.max())
        p = (p / p.sum()).reshape(domain.shape)
        misfit = sum(np.sum((1000 * summed(domain, p, m.clique) - m.values) ** 2) / (2 * m.stddev**2) for m in measured)
        return float(misfit + weight * 1000 * np.sum(p * np.log(p)))

    best = min(minimize(loss, rng.normal(size=8), method="BFGS").fun for _ in range(5))
    ours = loss(np.log(model.marginal(domain.attributes) / 1000).ravel())
    assert ours == pytest.approx(best, abs=1e-3 * abs(best) + 1e-2)


def test_a_warm_start_reaches_the_same_model() -> None:
    domain = Domain(("a", "b", "c"), (4, 5, 3))
    joint, rng = _joint(domain, 1), np.random.default_rng(1)

    def measure(clique: Clique) -> Measurement:
        return Measurement(
            clique, summed(domain, joint, clique) + rng.normal(0, 10, domain.project(clique).shape), 10.0
        )

    first = [measure((a,)) for a in domain.attributes]
    every = [*first, measure(("a", "b")), measure(("b", "c"))]
    tight = Effort(entropy=(0.02,), tolerance=1e-9, evaluations=2000)
    cold = estimate(domain, every, effort=tight)
    warm = estimate(domain, every, effort=tight, start=estimate(domain, first, total=cold.total))
    for pair in combinations(domain.attributes, 2):
        assert warm.marginal(pair) == pytest.approx(cold.marginal(pair), abs=1.0)


def test_repeated_measurements_are_pooled_by_inverse_variance() -> None:
    one, two = (Measurement(("a",), np.array(v), s) for v, s in (([10.0, 20.0], 1.0), ([14.0, 28.0], 2.0)))
    (pooled,) = pool([one, two])
    assert pooled.values == pytest.approx([10.8, 21.6])
    assert pooled.stddev == pytest.approx(0.8**0.5)


def test_the_total_weighs_tables_by_their_noise() -> None:
    quiet = Measurement(("a",), np.array([60, 40]), 1.0)
    loud = Measurement(("a", "b"), np.full((2, 50), 2), 10.0)
    assert estimate_total([quiet, loud]) == pytest.approx((100 / 2 + 200 / 10_000) / (1 / 2 + 1 / 10_000))


@pytest.mark.parametrize("values", [[-50.0, -3.0, 1.0], [0.0, 0.0, 0.0], [1e12, -1e12, 5.0]])
def test_hopeless_tables_still_give_a_model(values: list[float]) -> None:
    domain = Domain(("a", "b"), (3, 2))
    model = estimate(domain, [Measurement(("a",), np.array(values), 30.0)])
    assert model.total >= 1
    assert np.all(np.isfinite(model.marginal(("a", "b"))))


def test_nothing_measured_is_uniform() -> None:
    model = estimate(Domain(("a", "b"), (2, 2)), [])
    assert model.marginal(("a", "b")) == pytest.approx(np.full((2, 2), 0.25))


def test_noise_is_not_fitted_beyond_reason() -> None:
    """Independent columns under heavy noise: the fit stays closer to the truth than the raw tables."""
    domain, rng = Domain(("a", "b"), (20, 20)), np.random.default_rng(0)
    truth = np.outer(rng.dirichlet(np.ones(20)), rng.dirichlet(np.ones(20))) * 5_000
    noisy = Measurement(("a", "b"), truth + rng.normal(0, 30, truth.shape), 30.0)
    singles = [Measurement((a,), truth.sum(axis=1 - i) + rng.normal(0, 30, 20), 30.0) for i, a in enumerate("ab")]
    fitted = estimate(domain, [*singles, noisy], effort=FINAL).marginal(("a", "b"))
    assert np.abs(fitted - truth).sum() < 0.7 * np.abs(noisy.values - truth).sum()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0.5, 1e6))
def test_the_projection_is_the_nearest_table_of_counts(values: list[float], total: float) -> None:
    """The conditions of optimality: all positive cells gave up the same amount, and no zero cell had more than that."""
    noisy = np.array(values)
    projected = project_to_simplex(noisy, total)
    given_up = noisy - projected
    assert projected.min() >= 0
    assert projected.sum() == pytest.approx(total, rel=1e-6, abs=1e-6)
    common = given_up[projected > 0]
    assert np.ptp(common) < 1e-6
    assert np.all(noisy[projected == 0] <= common.mean() + 1e-6)


@pytest.mark.parametrize("entropy", [(), (0.05,)])
def test_one_way_marginals_under_heavy_noise_are_not_smeared_over_rare_codes(entropy: tuple[float, ...]) -> None:
    """A skewed column of 100 codes: far nearer to the truth than its noisy counts with the negative ones cut off.

    With a large weight the model is its centre, so that both are tested. Fixed seed: no false alarms.
    """
    truth = 40_000 * 0.7 ** np.arange(100) * 0.3
    noisy = truth + np.random.default_rng(0).normal(0, 800, 100)
    effort = Effort(entropy=entropy, tolerance=0.002, evaluations=200)
    model = estimate(Domain(("a",), (100,)), [Measurement(("a",), noisy, 800.0)], total=40_000.0, effort=effort)
    cut = np.maximum(noisy, 0) * 40_000 / np.maximum(noisy, 0).sum()
    assert np.abs(model.marginal(("a",)) - truth).sum() < 0.6 * np.abs(cut - truth).sum()


def test_more_noise_means_a_smaller_weight_within_bounds() -> None:
    def weight(stddev: float, steps: int = 1) -> float:
        weights = entropy_weight([Measurement(("a",), np.zeros(4), stddev)], steps)
        assert np.shape(weights) == (4,) and np.ptp(weights) == 0
        return float(weights[0])

    assert weight(1e6) == 1e-3
    assert weight(1e-3) == 2e-2
    assert weight(100.0) == pytest.approx(0.5 / 100)
    assert weight(100.0, steps=4) == pytest.approx(8 * 0.5 / 100), "half as far as a single step"
    assert entropy_weight([]) == 2e-2


def test_a_table_with_more_noise_than_most_has_a_smaller_weight():
    """The pull on a cell, weight times variance, is then half a standard deviation of its own."""
    weights = entropy_weight([Measurement(("a",), np.zeros(90), 50.0), Measurement(("b",), np.zeros(2), 400.0)])
    assert weights[-1] == pytest.approx(0.5 / 400.0)
    common = np.sqrt((90 * 50.0**2 + 2 * 400.0**2) / 92)
    assert weights[0] == pytest.approx(0.5 / common)


def test_the_gradient_vanishes_at_the_solution() -> None:
    """Every measured cell meets N mu - y + t s^2 (theta - c) = 0, with theta and mu read from the model alone."""
    domain, rng, weight = Domain(("a", "b"), (4, 5)), np.random.default_rng(2), 0.01
    joint = _joint(domain, 2)
    noisy = Measurement(("a", "b"), joint + rng.normal(0, 25, joint.shape), 25.0)
    model = estimate(
        domain, [noisy], total=10_000.0, effort=Effort(entropy=(weight,), tolerance=1e-14, evaluations=4000)
    )
    gradient = model.marginal(("a", "b")) - noisy.values + weight * 25.0**2 * model.potentials[("a", "b")]
    assert np.abs(gradient).max() < 1e-2


def test_every_step_pulls_toward_the_one_before() -> None:
    """After two steps N mu - y + t s^2 (theta_2 - theta_1) = 0 in every measured cell (Bregman iteration)."""
    domain, rng, weight = Domain(("a", "b"), (4, 5)), np.random.default_rng(2), 0.2
    joint = _joint(domain, 2)
    noisy = Measurement(("a", "b"), joint + rng.normal(0, 25, joint.shape), 25.0)
    first, second = (
        estimate(domain, [noisy], total=10_000.0, effort=Effort(entropy=weights, tolerance=1e-14, evaluations=4000))
        for weights in ((weight,), (weight, weight))
    )
    moved = second.potentials[("a", "b")] - first.potentials[("a", "b")]
    gradient = second.marginal(("a", "b")) - noisy.values + weight * 25.0**2 * moved
    assert np.abs(gradient).max() < 1e-2
    assert np.abs(moved).max() > 0.01


def test_a_pull_is_so_many_times_the_usual_weight() -> None:
    domain = Domain(("a", "b"), (3, 4))
    noisy = [Measurement(c, summed(domain, _joint(domain, 1), c), 60.0) for c in (("a",), ("b",), ("a", "b"))]
    (usual,) = set(entropy_weight(noisy, 2))
    models = [
        estimate(domain, noisy, total=10_000.0, effort=Effort(tolerance=1e-14, evaluations=4000, steps=2, **kind))
        for kind in ({"pull": 3.0}, {"entropy": (3 * usual, 3 * usual)}, {})
    ]
    tables = [model.marginal(("a", "b")) for model in models]
    assert tables[0] == pytest.approx(tables[1], rel=1e-6)
    assert np.abs(tables[0] - tables[2]).max() > 10.0, "as strong as usual, it is another model"


def test_what_stands_out_of_the_noise_is_not_shrunk() -> None:
    """A pair that always agrees: no row off the diagonal. Fixed seed: no false alarms."""
    domain, rng, truth = Domain(("a", "b"), (20, 20)), np.random.default_rng(0), np.diag(np.full(20, 2000.0))
    table = Measurement(("a", "b"), truth + rng.normal(0, 100, truth.shape), 100.0)
    singles = [Measurement((a,), np.full(20, 2000.0) + rng.normal(0, 100, 20), 100.0) for a in domain.attributes]

    def error(steps: int) -> float:
        effort = Effort(tolerance=0.001, evaluations=400, steps=steps)
        return float(np.abs(estimate(domain, [table, *singles], effort=effort).marginal(("a", "b")) - truth).sum())

    assert error(steps=FINAL.steps) < 0.8 * error(steps=1)


def test_a_table_of_half_a_million_noisy_cells_is_no_trouble() -> None:
    """Mostly empty, so that half of its noisy counts are negative."""
    rng = np.random.default_rng(0)
    domain = Domain(("a", "b", "c"), (1000, 500, 3))
    table = Measurement(("a", "b"), rng.poisson(0.1, (1000, 500)) + rng.normal(0, 20, (1000, 500)), 20.0)
    single = Measurement(("c",), np.array([30_000.0, 15_000.0, 5_000.0]), 20.0)
    model = estimate(domain, [table, single], effort=Effort(tolerance=0.02, evaluations=10))
    assert model.marginal(("a", "b")).min() >= 0
    assert model.marginal(("c",)) == pytest.approx(single.values * model.total / 50_000, rel=0.01)


def test_only_the_last_step_arrives_with_what_the_others_did_not_use(monkeypatch: pytest.MonkeyPatch) -> None:
    domain = Domain(("a", "b"), (4, 5))
    noisy = Measurement(("a", "b"), np.rint(np.random.default_rng(0).normal(50, 30, (4, 5))), 5.0)
    minimise, steps = estimation._minimise, []

    def recorded(problem, theta, weight, tolerance, left):
        found, unused = minimise(problem, theta, weight, tolerance, left)
        _, gradient, expected = problem.evaluate(found, weight)
        assert estimation._is_done(gradient, problem.curvature(expected, weight), problem, tolerance)
        steps.append((tolerance, left, unused))
        return found, unused

    monkeypatch.setattr(estimation, "_minimise", recorded)
    estimate(domain, [noisy], effort=Effort(tolerance=1e-6, evaluations=100, steps=3))
    tolerances, allowed, unused = zip(*steps, strict=True)
    assert tolerances == pytest.approx((1e-5, 1e-5, 1e-6))
    assert allowed == (100, 100 + unused[0], 100 + unused[1])
    assert all(0 < u < a for u, a in zip(unused, allowed, strict=True))


def test_tables_that_agree_are_fitted_in_half_the_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pairs of five attributes and little noise: as they were measured, the potentials push against each other."""
    domain = Domain(tuple("abcde"), (6,) * 5)
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.full(domain.size(), 0.02)).reshape(domain.shape) * 1e6
    exact = {c: summed(domain, joint, c) for size in (1, 2) for c in combinations(domain.attributes, size)}
    measured = [Measurement(c, np.rint(rng.normal(table, 5.0)), 5.0) for c, table in exact.items()]
    evaluate, times = Oracle.evaluate, []

    def counted(oracle: Oracle, potentials: np.ndarray) -> tuple[float, np.ndarray]:
        times[-1] += 1
        return evaluate(oracle, potentials)

    monkeypatch.setattr(Oracle, "evaluate", counted)
    for make in (estimation.consistent, lambda tables: [m.values.astype(float) for m in tables]):
        monkeypatch.setattr(estimation, "consistent", make)
        times.append(0)
        model = estimate(domain, measured, total=1e6, effort=ROUND)
        left = [model.marginal(m.clique) - m.values for m in measured]
        assert np.sqrt(np.mean(np.concatenate([d.ravel() for d in left]) ** 2)) < 5.0
    assert times[0] < 0.6 * times[1]
