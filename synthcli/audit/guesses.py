"""Guesses about single rows, judged: success on training rows minus success on held-out rows, at several coverages.

What can be guessed of somebody who was left out is what the population gives away, and no fault of the release; only
the difference is evidence (Francis and Wagner 2024). The attacker says how sure he is of each guess, and is judged on
his surest 1 % and 10 % as well as on all: a leak about a few people shows where he is sure.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.attack import Levels
from synthcli.audit.ceilings import detectable_excess
from synthcli.audit.rates import newcombe
from synthcli.metric import Metric

COVERAGES = {"1pct": 0.01, "10pct": 0.1, "100pct": 1.0}
MIN_GUESSES, MIN_UNITS = 50, 20
"""Fewer guesses than this, or guesses about fewer units, in either arm, say nothing: the endpoint is not estimable."""


@dataclass(frozen=True, eq=False)
class Guesses:
    """One entry per guess: whom it is about (a number), whether they train, how sure, and whether it was right."""

    unit: NDArray[np.intp]
    trains: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]

    def __getitem__(self, chosen: NDArray[np.generic] | slice) -> "Guesses":
        """The guesses that a mask, an index array or a slice picks."""
        return Guesses(self.unit[chosen], self.trains[chosen], self.confidence[chosen], self.right[chosen])

    def surest_first(self) -> "Guesses":
        """All guesses, the surest first; in the order in which they are given where the attacker ties."""
        return self[np.argsort(-self.confidence, kind="stable")]


@dataclass(frozen=True)
class _Rate:
    """Right guesses over guesses, as if of so many independent ones."""

    right: float
    guesses: float


def advantages(name: str, title: str, guesses: Guesses, levels: Levels) -> list[tuple[Metric, float]]:
    """The advantage, and the least that would be found, for each coverage that leaves guesses about enough units.

    Enough of either arm. The latter at the level of a failure, with 90 % power.
    """
    found, ordered = [], guesses.surest_first()
    for suffix, share in COVERAGES.items():
        surest = ordered[: round(share * len(ordered.unit))]
        found.append(advantage(f"{name}.advantage_at_{suffix}", f"{title}, {_covered(share)}", surest, levels))
    return [pair for pair in found if pair is not None]


def advantage(name: str, title: str, guesses: Guesses, levels: Levels) -> tuple[Metric, float] | None:
    """The same for these guesses, all of them; None where they are about too few units."""
    if _are_enough(guesses[guesses.trains]) and _are_enough(guesses[~guesses.trains]):
        return _advantage(name, title, guesses, levels)
    return None


def _are_enough(guesses: Guesses) -> bool:
    return len(guesses.unit) >= MIN_GUESSES and _units(guesses) >= MIN_UNITS


def _units(guesses: Guesses) -> int:
    """How many units there are guesses about."""
    return int(np.count_nonzero(np.bincount(guesses.unit)))


def _covered(share: float) -> str:
    return "all guesses" if share == 1 else f"surest {share:.0%} of guesses"


def _advantage(name: str, title: str, guesses: Guesses, levels: Levels) -> tuple[Metric, float]:
    inside, outside = _rate(guesses[guesses.trains]), _rate(guesses[~guesses.trains])
    four = (inside.right, inside.guesses, outside.right, outside.guesses)
    low, high = newcombe(*four, levels.confidence)
    rate, control = float(inside.right / inside.guesses), float(outside.right / outside.guesses)
    metric = Metric(
        id=name,
        value=rate - control,
        low=low,
        high=high,
        low_strict=newcombe(*four, levels.strict)[0],
        n=_units(guesses),
        title=title,
        note=f"{rate:.1%} right about training rows, {control:.1%} about held-out ones",
    )
    return metric, detectable_excess(int(inside.guesses), int(outside.guesses), control, levels.strict)


def _rate(guesses: Guesses) -> _Rate:
    """Several guesses about one are not independent: they count for fewer (design effect; Rao and Scott 1992).

    They must be about two units or more.
    """
    made = np.bincount(guesses.unit).astype(np.float64)
    right = np.bincount(guesses.unit, weights=guesses.right)[made > 0]
    made = made[made > 0]
    total, rate = float(made.sum()), float(right.sum() / made.sum())
    binomial = rate * (1 - rate) / total
    if binomial == 0:
        return _Rate(rate * len(made), len(made))
    clusters = len(made) / (len(made) - 1) * float(np.sum((right - rate * made) ** 2)) / total**2
    effective = total / max(1.0, clusters / binomial)
    return _Rate(rate * effective, effective)
