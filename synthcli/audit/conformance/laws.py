"""Residuals against a declared law: exact tests by the randomised probability integral transform.

A value k of a discrete law becomes F(k - 1) + V (F(k) - F(k - 1)) with V uniform: exactly uniform if the law is the
declared one, whatever the scale, so that residuals of many scales can be tested together.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]


def gaussian_uniforms(residuals: NDArray[np.int64], scale: float, rng: np.random.Generator) -> Floats:
    """Transformed residuals of the discrete Gaussian P(k) ~ exp(-k^2 / 2 scale^2)."""
    span = math.ceil(12 * scale) + 2
    support = np.arange(-span, span + 1, dtype=np.float64)
    law = np.exp(-(support**2) / (2 * scale * scale))
    law /= law.sum()
    below = np.concatenate([[0.0], np.cumsum(law)])
    place = np.clip(residuals + span, 0, 2 * span)
    return np.asarray(below[place] + rng.random(len(place)) * law[place])


def pick_uniform(scores: NDArray[np.int64], scale: float, pick: int, rng: np.random.Generator) -> float:
    """A transformed pick of the exponential mechanism P(i) ~ exp(scores[i] / scale), the likeliest ones first."""
    law = special.softmax(scores / scale)
    order = np.argsort(-law, kind="stable")
    place = int(np.flatnonzero(order == pick)[0])
    return float(law[order[:place]].sum() + rng.random() * law[pick])


def uniformity(uniforms: Floats) -> tuple[float, float]:
    """The largest distance from the uniform distribution function, and its p-value (Kolmogorov and Smirnov)."""
    found = stats.kstest(uniforms, "uniform")
    return float(found.statistic), float(found.pvalue)


def normals(uniforms: Floats) -> Floats:
    """The same as standard normals."""
    return np.asarray(stats.norm.ppf(np.clip(uniforms, 1e-300, 1 - 1e-16)))


def spread(standard: Floats) -> tuple[float, float]:
    """The root mean square, which is one, and the two-sided p-value of that (chi-square, exact)."""
    total, count = float(standard @ standard), len(standard)
    tail = min(float(stats.chi2.cdf(total, count)), float(stats.chi2.sf(total, count)))
    return math.sqrt(total / count), min(1.0, 2 * tail)


def serial_correlation(series: Iterable[Floats]) -> tuple[float, float]:
    """The correlation of neighbours in vectors of standard normals, and the two-sided p-value of "none"."""
    products = np.concatenate([vector[1:] * vector[:-1] for vector in series if len(vector) > 1])
    z = float(products.sum()) / math.sqrt(len(products))
    return float(products.mean()), float(2 * stats.norm.sf(abs(z)))
