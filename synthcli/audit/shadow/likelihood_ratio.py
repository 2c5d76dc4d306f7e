"""How scores of a release tell who trained, learnt from shadow releases whose coins are known.

For every candidate and every kind of score the shadows give two normal laws, one with him and one without (the online
attack of Carlini et al., S&P 2022, "LiRA"). Shadows are few, so that what is estimated for each candidate leans toward
what holds of all: variances by moderation (Smyth 2004), differences of means by empirical Bayes. The log ratios of all
kinds, and the scores themselves, are then put together by a linear discriminant whose covariance is that of all
candidates and shadows; a shadow that teaches it is left out of the laws that it is judged by.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from synthcli.audit.shadow import LEAST_SHADOWS

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_RIDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Laws:
    """Of each candidate and kind: the normal laws of the score with him and without, in units of `spread`.

    `centre`: half-way between the means; `gap`: the difference of the means as it was seen, `prior` and `trust` (one
    number a kind) what it is shrunk to and how much of it is kept. `inside`, `outside`: how many shadows had him.
    """

    centre: Array
    spread: Array
    gap: Array
    prior: Array
    trust: Array
    inside: Array
    outside: Array

    def shrunk(self, gap: Array) -> Array:
        """Differences of means, leaning toward that of all candidates."""
        return self.prior + self.trust * (gap - self.prior)

    def ratios(self, scores: Array) -> Array:
        """The log-likelihood ratio of "in" against "out" by each kind, of a release that taught these laws nothing."""
        return np.asarray(self.shrunk(self.gap) * (scores - self.centre) / self.spread)

    def ratios_without(self, scores: Array, heads: Mask) -> Array:
        """The same of a shadow that taught them, as if it had not: its own score is taken out of the means."""
        others = np.where(heads, self.inside, self.outside)[:, None] - 1
        sign = np.where(heads, 1.0, -1.0)[:, None]
        own = self.centre + sign * self.gap * self.spread / 2
        moved = (own - scores) / others
        gap = self.gap + sign * moved / self.spread
        return np.asarray(self.shrunk(gap) * (scores - self.centre - moved / 2) / self.spread)


def learn_laws(scores: Array, heads: Mask) -> Laws:
    """`scores`: shadows × candidates × kinds; `heads`: shadows × candidates, who was in which. Each candidate is in two
    shadows at least, and out of two."""
    weight = heads[:, :, None].astype(np.float64)
    inside, outside = heads.sum(axis=0).astype(np.float64), (~heads).sum(axis=0).astype(np.float64)
    with_him = (scores * weight).sum(axis=0) / inside[:, None]
    without = (scores * (1 - weight)).sum(axis=0) / outside[:, None]
    residual = scores - np.where(heads[:, :, None], with_him, without)
    degrees = len(scores) - 2
    spread = np.sqrt(np.stack([moderated(v, degrees) for v in (residual**2).sum(axis=0).T / degrees], axis=1))
    gap = (with_him - without) / spread
    noise = float((1 / inside + 1 / outside).mean())
    real = np.maximum(gap.var(axis=0) - noise, 0.0)
    return Laws(
        centre=(with_him + without) / 2,
        spread=spread,
        gap=gap,
        prior=gap.mean(axis=0),
        trust=real / (real + noise),
        inside=inside,
        outside=outside,
    )


def moderated(variances: Array, degrees: int) -> Array:
    """Estimated variances, leaning toward a common one as far as they differ no more than their degrees of freedom say.

    The moments of log-variances give the prior's own degrees of freedom (Smyth 2004, section 6.2).
    """
    floor = max(float(variances.max(initial=0.0)) * 1e-12, 1e-300)
    logs = np.log(np.maximum(variances, floor)) - special.digamma(degrees / 2) + np.log(degrees / 2)
    excess = float(logs.var()) - float(special.polygamma(1, degrees / 2))
    common = float(logs.mean())
    if excess <= 1e-6:
        return np.full(len(variances), np.exp(common))
    half = float(optimize.brentq(lambda x: float(special.polygamma(1, x)) - excess, 1e-4, 1e7))
    prior = np.exp(common + special.digamma(half) - np.log(half))
    return np.asarray((2 * half * prior + degrees * variances) / (2 * half + degrees))


@dataclass(frozen=True, eq=False)
class Discriminant:
    """One weight for each kind's log ratio, and one for its score; the same for all candidates."""

    laws: Laws
    of_ratios: Array
    of_scores: Array

    def ratio(self, scores: Array) -> Array:
        """Candidates × kinds of one release -> one number each, higher for likelier members."""
        return np.asarray(self.laws.ratios(scores) @ self.of_ratios + scores @ self.of_scores)

    @property
    def detectability(self) -> Array:
        """By how much a candidate's presence is expected to raise that number; negative where it would lower it."""
        gap = self.laws.shrunk(self.laws.gap)
        return np.asarray((gap * (gap * self.of_ratios + self.laws.spread * self.of_scores)).sum(axis=1))


def learn(scores: Array, heads: Mask) -> Discriminant:
    """From shadows × candidates × kinds, and who was in which. `ValueError` for too few shadows."""
    if len(scores) < LEAST_SHADOWS:
        raise ValueError(f"there are {LEAST_SHADOWS} shadows or more")
    laws, kinds = learn_laws(scores, heads), scores.shape[2]
    sums, products = np.zeros((2, 2 * kinds)), np.zeros((2 * kinds, 2 * kinds))
    for shadow, inside in zip(scores, heads, strict=True):  # one at a time, so that memory does not grow
        seen = np.concatenate([laws.ratios_without(shadow, inside), shadow], axis=1)
        sums += np.stack([seen[~inside].sum(axis=0), seen[inside].sum(axis=0)])
        products += seen.T @ seen
    total = np.array([(~heads).sum(), heads.sum()], dtype=np.float64)
    means = sums / total[:, None]
    within = (products - (means.T * total) @ means) / (total.sum() - 2)
    weights = np.linalg.solve(within + _RIDGE * np.diag(within.diagonal() + 1e-300), means[1] - means[0])
    return Discriminant(laws, weights[:kinds], weights[kinds:])
