"""The tests of laws: uniform under the law, and not under another. Generators are seeded: no false alarms."""

import numpy as np
import pytest
from scipy import special

from synthcli.audit.conformance import laws
from synthcli.audit.conformance.accounting import gaussian_tail, key_cost, zcdp_epsilon
from synthcli.privacy.budget import epsilon_of
from synthcli.privacy.exact import Side
from synthcli.privacy.noise import keys_scales_for
from synthcli.privacy.question import Question


def discrete_gaussian(scale: float, size: int, rng: np.random.Generator) -> np.ndarray:
    support = np.arange(-int(20 * scale) - 3, int(20 * scale) + 4)
    law = np.exp(-(support**2) / (2 * scale * scale))
    return rng.choice(support, size, p=law / law.sum())


@pytest.mark.parametrize("scale", [0.3, 1.0, 40.0])
def test_the_declared_law_is_uniform(scale: float) -> None:
    rng = np.random.default_rng(1)
    uniforms = laws.gaussian_uniforms(discrete_gaussian(scale, 20_000, rng), scale, rng)
    assert laws.uniformity(uniforms)[1] > 0.01
    ratio, p = laws.spread(laws.normals(uniforms))
    assert ratio == pytest.approx(1, abs=0.03) and p > 0.01


@pytest.mark.parametrize("actual", [0.9, 1.1])
def test_a_scale_that_is_off_by_a_tenth_is_found(actual: float) -> None:
    rng = np.random.default_rng(2)
    uniforms = laws.gaussian_uniforms(discrete_gaussian(3 * actual, 8_000, rng), 3.0, rng)
    ratio, p = laws.spread(laws.normals(uniforms))
    assert p < 1e-6 and ratio == pytest.approx(actual, abs=0.03)


def test_no_noise_and_far_values_are_found() -> None:
    rng = np.random.default_rng(3)
    for residuals in (np.zeros(500, dtype=np.int64), np.full(500, 10**6)):
        assert laws.uniformity(laws.gaussian_uniforms(residuals, 3.0, rng))[1] < 1e-20


def test_picks_of_the_exponential_mechanism_are_uniform_and_others_are_not() -> None:
    rng, scores = np.random.default_rng(4), np.array([5, 0, 9, 9, 2])

    def picks(scale: float) -> np.ndarray:
        drawn = rng.choice(5, 4000, p=special.softmax(scores / scale))
        return np.array([laws.pick_uniform(scores, 8.0, int(pick), rng) for pick in drawn])

    assert laws.uniformity(picks(8.0))[1] > 0.01
    assert laws.uniformity(picks(4.0))[1] < 1e-6


def test_neighbours_that_share_noise_are_found() -> None:
    rng = np.random.default_rng(6)
    alone = rng.normal(size=(5, 400))
    assert laws.serial_correlation(alone)[1] > 0.01
    assert laws.serial_correlation(alone + 0.5 * np.roll(alone, 1, axis=1))[1] < 1e-6


@pytest.mark.parametrize("rho", [1e-4, 0.02, 0.5, 4.0])
@pytest.mark.parametrize("delta", [1e-12, 1e-5, 0.01])
def test_the_conversion_agrees_with_opendp_s(rho: float, delta: float) -> None:
    assert zcdp_epsilon(rho, delta) == pytest.approx(epsilon_of(rho, delta), rel=1e-6)


@pytest.mark.parametrize("above", [0, 1, 5])
def test_the_tail_of_the_discrete_gaussian(above: int) -> None:
    rng = np.random.default_rng(7)
    draws = discrete_gaussian(2.0, 400_000, rng)
    assert gaussian_tail(2.0, above) == pytest.approx(float((draws > above).mean()), abs=0.003)


@pytest.mark.parametrize("rho", [0.05, 20.0], ids=["much noise", "little"])
@pytest.mark.parametrize("rows", [1, 4])
def test_keys_cost_the_chance_that_rows_of_a_unit_show(rows: int, rho: float) -> None:
    """Against all ways to have so many rows; OpenDP's own delta is none below."""
    scale, threshold = keys_scales_for(rho, 1e-6, rows)
    question = Question.keys("x", scale, threshold, Side(rows_per_unit=rows))
    ways = [(4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)] if rows == 4 else [(1,)]
    worst = max(sum(gaussian_tail(scale, threshold - count) for count in way) for way in ways)
    assert key_cost(question) == pytest.approx(worst)
    assert key_cost(question) <= question.measurement().map(1)[1] * (1 + 1e-9) <= 1e-6 * (1 + 1e-9)
