import numpy as np
import pytest

from synthcli.audit import joint
from synthcli.audit.joint import coin_ratios, gather_evidence
from synthcli.audit.roc import auc
from synthcli.marginal import Measurement


def problem(count: int, rng: np.random.Generator, sigma: float = 1.0):
    """Candidates in cells of three random partitions, and the noisy counts of those who are in."""
    coins = rng.random(count) < 0.5
    cells = {(name,): rng.integers(0, count // 8, count) for name in "abc"}
    known = {clique: rng.integers(0, 9, count // 8) for clique in cells}
    measurements = []
    for clique, own in cells.items():
        counts = known[clique] + np.bincount(own[coins], minlength=count // 8)
        measurements.append(Measurement(clique, counts + rng.normal(0, sigma, counts.shape), sigma))
    return coins, gather_evidence(cells.__getitem__, measurements, known)


def test_it_is_the_best_linear_estimate() -> None:
    """Against the textbook formula: cov(z, y) var(y)⁻¹ (y - E y), and what it leaves of the variance."""
    _, evidence = problem(48, np.random.default_rng(1))
    score, detectability = coin_ratios(evidence, np.random.default_rng(0))
    a = evidence.design.toarray()
    gain = a.T / 4 @ np.linalg.inv(a @ a.T / 4 + np.diag(1 / evidence.precision))
    estimate = gain @ (evidence.unknown - a.sum(axis=1) / 2)
    variance = np.diag(np.eye(48) / 4 - gain @ a / 4)
    assert score == pytest.approx(estimate / variance)
    assert detectability == pytest.approx(np.sqrt(1 / variance - 4))


def test_many_coins_are_solved_for_as_few_are(monkeypatch) -> None:
    """Variances from 32 probes are rough, one by one; the order of the scores is all but the same."""
    _, evidence = problem(800, np.random.default_rng(2))
    exact, exact_d = coin_ratios(evidence, np.random.default_rng(0))
    monkeypatch.setattr(joint, "_DENSE", 10)
    found, found_d = coin_ratios(evidence, np.random.default_rng(0))
    assert np.corrcoef(found, exact)[0, 1] > 0.99
    assert np.median(np.abs(found_d / exact_d - 1)) < 0.15


def test_together_coins_are_told_better_than_one_by_one() -> None:
    coins, evidence = problem(800, np.random.default_rng(3), sigma=0.5)
    score, _ = coin_ratios(evidence, np.random.default_rng(0))
    others = np.asarray(evidence.design.sum(axis=1)).ravel()
    alone = evidence.design.T @ ((evidence.unknown - others / 2) / (1 / evidence.precision + (others - 1) / 4))
    assert auc(score[coins], score[~coins]).value > auc(alone[coins], alone[~coins]).value + 0.02
