"""A lower bound of epsilon from one fit: how well the coins can be guessed (Steinke, Nasr and Jagielski, NeurIPS 2023).

The attacker knows every row, but not who was kept out, and sees the release. He guesses "in" for the highest scores,
"out" for the lowest, and keeps quiet about the others; how many guesses he makes is fixed beforehand. Where he guesses
better than (epsilon, delta)-differential privacy allows, the release is not (epsilon, delta)-differentially private.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from synthcli.audit.attack import Levels
from synthcli.audit.roc import Scores
from synthcli.metric import Metric

GUESSED = 0.2
"""The share of the candidates that are guessed: half of them in, half of them out."""
_LARGEST = 100.0


def p_value(coins: int, guesses: int, right: int, epsilon: float, delta: float) -> float:
    """The chance, at most, of so many right guesses about that many coins under (epsilon, delta)-DP (Theorem 5.2)."""
    accuracy = 1.0 / (1.0 + math.exp(-epsilon))
    beta = float(stats.binom.sf(right - 1, guesses, accuracy))
    steps = np.arange(1, right + 1)
    tails = np.cumsum(stats.binom.pmf(right - steps, guesses, accuracy))
    alpha = float(np.max(tails / steps, initial=0.0))
    return min(1.0, beta + 2.0 * coins * delta * alpha)


def epsilon_bound(coins: int, guesses: int, right: int, delta: float, confidence: float) -> float:
    """The largest epsilon that is refuted at this confidence; 0 where none is."""
    low, high = 0.0, _LARGEST
    if p_value(coins, guesses, right, 0.0, delta) > 1 - confidence:
        return 0.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(coins, guesses, right, middle, delta) <= 1 - confidence else (low, middle)
    return low


def one_run(scores: Scores, heads: NDArray[np.bool_], delta: float, levels: Levels) -> Metric:
    """The endpoint. `scores` of all candidates, higher for likelier members, and their coins."""
    half = max(1, round(GUESSED * len(scores) / 2))
    order = np.argsort(scores, kind="stable")
    guesses, right = 2 * half, int(np.sum(heads[order[-half:]])) + int(np.sum(~heads[order[:half]]))
    low, strict = (
        epsilon_bound(len(scores), guesses, right, delta, confidence)
        for confidence in (levels.confidence, levels.strict)
    )
    value = max(low, math.log((right + 0.5) / (guesses - right + 0.5)))
    return Metric(
        id="claim.one_run.epsilon",
        value=value,
        low=low,
        high=value,
        low_strict=strict,
        n=len(scores),
        title="Epsilon that guesses about the coins give away (one-run audit)",
        note=f"{right:,} of {guesses:,} guesses about {len(scores):,} coins are right",
    )
