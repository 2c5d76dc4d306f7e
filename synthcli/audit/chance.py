"""How many rows of a file would come near a row by chance, and what a match is worth that chance seldom gives.

The released model says how likely it is to draw a row, or one that is like it in all columns but one. What is computed
from it looks at no coin.
"""

from collections.abc import Sequence
from math import ceil, log1p

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.block import Block, as_codes
from synthcli.pgm.left_out import log_density_without
from synthcli.pgm.markov_random_field import MarkovRandomField

SHARE = 0.05
"""The share of copied training rows that matches are weighed against: what the weights are best at."""
_LEAST = 1e-3
"""Chances below this count as this: no model is so sure of its rare rows."""
_STEPS = 40
"""Weights are rounded to so many steps of a row's largest, larger sums to as many significant ones: that keeps tossing
coins anew cheap; the test is exact for rounded weights."""
_FIRST = 199
_MOST = 1_000_000


def expected_matches(
    model: MarkovRandomField, block: Block, rows: int, without: int | None = None
) -> NDArray[np.float64]:
    """For each row, how many of `rows` rows of the model's would equal it, whatever the column of that number holds."""
    attributes = model.domain.attributes
    codes = as_codes(block, attributes)
    if without is None:
        return np.asarray(rows * np.exp(np.asarray(model.log_density(codes))))
    places = (without,) if block.places is None else block.places[without]
    return np.asarray(rows * np.exp(log_density_without(model, codes, tuple(attributes[p] for p in places))))


def certainty_of(certainty: Sequence[NDArray[np.float64]], block: Block) -> NDArray[np.float64]:
    """For each row, the largest chance that its codes are written as any one row of values: the product of theirs."""
    chances = np.ones(len(block))
    for place, by_code in enumerate(certainty):
        chances *= by_code[block.codes[:, place]]
    return chances


def ways_to_match(
    model: MarkovRandomField, block: Block, rows: int, columns: Sequence[int | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows × ways: `expected_matches` without each of these columns, and what share of the changed copies each makes.

    The shares are in proportion to the chance of another value in the column, were its cell redrawn: where all rows
    hold the same, a copy stays as it is, and is no near one but an exact one.
    """
    expected = np.stack([expected_matches(model, block, rows, column) for column in columns], axis=1)
    if len(columns) == 1:
        return expected, np.ones_like(expected)
    another = 1 - expected_matches(model, block, rows)[:, None] / np.maximum(expected, 1e-300)
    another = np.maximum(another, 1e-6)
    return expected, another / another.sum(axis=1, keepdims=True)


def match_weights(found: NDArray[np.bool_], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-likelihood ratio of each row's matches (rows × ways, found or not, and how many chance would give).

    Of a row copied with probability `SHARE`, in one of the ways, each as likely, against chance alone, had nothing been
    heard of the ways that were not found: 0 where none was.
    """
    chance = -np.expm1(-np.maximum(expected, _LEAST))
    return np.asarray(np.log1p(SHARE * ((found / chance).mean(axis=1) - 1)) - log1p(-SHARE))


def weight_p(
    weights: NDArray[np.float64],
    trains: NDArray[np.bool_],
    level: float,
    rng: np.random.Generator,
    largest: float | None = None,
) -> float:
    """The chance that coins tossed anew give the training rows so much weight (0 for a row without a match).

    Exact, given the coins' symmetry: the rows' weights stay, and which of them train is drawn anew, so often that a
    p-value of a twentieth of `level` can be told. A large one is not worked out any further. `largest`: the largest
    weight of a row, where these are sums over the rows of units.
    """
    steps = _steps(weights, float(weights.max(initial=0.0)) if largest is None else largest)
    values, place, counts = np.unique(steps, return_inverse=True, return_counts=True)
    reached = int(values @ np.bincount(place[trains], minlength=len(values)))
    p = 1.0
    for tosses in (_FIRST, min(_MOST, ceil(20 / level))):
        drawn = rng.multivariate_hypergeometric(counts, int(trains.sum()), size=tosses, method="marginals")
        p = (1 + int(np.sum(drawn @ values >= reached))) / (1 + tosses)
        if p > 0.1:
            break
    return p


def _steps(weights: NDArray[np.float64], largest: float) -> NDArray[np.int64]:
    """The weights in whole steps, of which those beyond `_STEPS` keep one in `_STEPS` significant."""
    steps = weights / max(largest, 1e-300) * _STEPS
    width = 2.0 ** np.ceil(np.log2(np.maximum(steps / _STEPS, 1.0)))
    return np.asarray(np.rint(steps / width) * width, dtype=np.int64)
