"""A model whose attribute has certain means given the codes of others: exponential tilting, one after the other.

The result is the distribution closest to the model (in Kullback-Leibler divergence) with these means and the model's
own one-way marginals of the attributes concerned: the I-projection on linear constraints, found by cyclic projections
(Csiszár 1975, I-divergence geometry of probability distributions, section 3).
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique
from synthcli.pgm.junction_tree import cells
from synthcli.pgm.markov_random_field import MarkovRandomField

Floats = NDArray[np.float64]

_CYCLES = 50
_CLOSE = 2e-4
"""Means count as reached when they are as close as this, as a share of the spread of the values."""


def with_means(
    model: MarkovRandomField, attribute: str, values: Floats, means: Mapping[str, Floats], most_cells: int
) -> MarkovRandomField:
    """The model with the `means` of `values` (one for each code of `attribute`) given each code of other attributes.

    Means are moved into the range of the values, and scaled so that every attribute's give the model's own mean. The
    attributes whose means differ most come first; those that would make the tree larger than `most_cells` are left out.
    """
    span = float(values.max() - values.min())
    if span <= 0:
        return model
    alone = model.marginal((attribute,)) / model.total
    goals = _goals(model, values, alone, means)
    kept: list[str] = []
    for other in sorted(goals, key=lambda a: -_spread(model, a, goals[a])):
        pairs = [model.domain.clique((attribute, name)) for name in (*kept, other)]
        if cells(model.domain, [*model.potentials, *pairs]) <= most_cells:
            kept.append(other)
    shares = {other: model.marginal((other,)) / model.total for other in kept}
    for _ in range(_CYCLES if kept else 0):
        furthest = 0.0
        for other in kept:
            model, off = _tilted(model, (attribute, values), (other, shares[other]), goals[other])
            furthest = max(furthest, off / span)
        model = _scaled(model, attribute, alone)
        if furthest < _CLOSE:
            break
    return model


def tilt(shares: Floats, values: Floats, mean: float) -> float:
    """The t for which shares in proportion to `shares` · exp(t · `values`) have this mean of the values.

    The closest such distribution. The mean is moved into the range of the values that come, which are not all equal.
    """
    least, most = (float(end) for end in (values[shares > 0].min(), values[shares > 0].max()))
    edge, middle = 1e-3 * (most - least), values.mean()
    goal = np.clip(mean, least + edge, most - edge) - middle
    return float(_tilts(shares[None, :], values - middle, np.array([goal]))[0])


def _scaled(model: MarkovRandomField, attribute: str, shares: Floats) -> MarkovRandomField:
    """The model with these shares of an attribute's codes: they have the last word where means contradict them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.log(shares) - np.log(model.marginal((attribute,)) / model.total)
    return _with(model, (attribute,), np.where(np.isfinite(factor), factor, 0.0))


def _goals(model: MarkovRandomField, values: Floats, alone: Floats, means: Mapping[str, Floats]) -> dict[str, Floats]:
    """The means that can be reached together with the model's own."""
    edge = 1e-3 * float(values.max() - values.min())
    whole, found = float(alone @ values), {}
    for other, wanted in means.items():
        share = model.marginal((other,)) / model.total
        reached = np.clip(wanted, values.min() + edge, values.max() - edge)
        for _ in range(_CYCLES):
            reached = np.clip(reached * whole / float(share @ reached), values.min() + edge, values.max() - edge)
        found[other] = reached
    return found


def _spread(model: MarkovRandomField, other: str, goal: Floats) -> float:
    """The variance of the means between the codes."""
    share = model.marginal((other,)) / model.total
    return float(share @ (goal - share @ goal) ** 2)


def _tilted(
    model: MarkovRandomField, valued: tuple[str, Floats], kept: tuple[str, Floats], goal: Floats
) -> tuple[MarkovRandomField, float]:
    """The model with one attribute's means reached, and its shares as they were; and how far the means were off."""
    (attribute, values), (other, shares) = valued, kept
    pair = model.domain.clique((attribute, other))
    joint = model.marginal(pair) / model.total
    joint = joint if pair[0] == other else joint.T
    share = joint.sum(axis=1, keepdims=True)
    given = np.where(share > 0, joint / np.where(share > 0, share, 1.0), 1.0 / len(values))
    off = np.abs(given @ values - goal) * (share[:, 0] > 0)
    by = _tilts(given, values - values.mean(), goal - values.mean())
    factor = by[:, None] * (values - values.mean())
    factor -= np.log((given * np.exp(factor)).sum(axis=1, keepdims=True))
    factor += np.log(np.where(share > 0, shares[:, None], 1.0) / np.where(share > 0, share, 1.0))
    return _with(model, pair, factor if pair[0] == other else factor.T), float(off.max())


def _tilts(given: Floats, values: Floats, goal: Floats) -> Floats:
    """By how much to tilt each row of `given` so that its mean of the values is the goal: bisection."""
    steepest = 30.0 / float(np.abs(values).max())
    low, high = np.full(len(given), -steepest), np.full(len(given), steepest)
    for _ in range(60):
        middle = (low + high) / 2
        weights = given * np.exp(middle[:, None] * values)
        mean = (weights @ values) / np.maximum(weights.sum(axis=1), 1e-300)
        low, high = np.where(mean < goal, middle, low), np.where(mean < goal, high, middle)
    found: Floats = (low + high) / 2
    return found


def _with(model: MarkovRandomField, clique: Clique, added: Floats) -> MarkovRandomField:
    known = model.potentials.get(clique)
    return replace(model, potentials={**model.potentials, clique: added if known is None else known + added})
