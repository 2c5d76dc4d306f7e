"""Which cliques to measure together, and how to share the budget among them: decided on noisy distances.

A table of c cells with weight w, measured at rho, leaves an error of about w c sqrt(2 / pi) / sqrt(2 rho). The shares
that make the sum of these errors smallest are in proportion to (w c)^(2/3), and the smallest sum is
sqrt(2 / pi) (sum of (w c)^(2/3))^(3/2) / sqrt(2 rho).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique

BATCH = 12
"""Most tables of a batch, or as many as there are columns, if these are more: of up to six columns all triples may be
measured, of up to eleven more of them. The forest of so few columns has as much smaller a share."""

NOISE_LEFT = 0.6
"""The part of the noise that is left once a table is made consistent with all others and non-negative."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A clique that could be measured: its cells, its weight, and how far (in rows) the model is from it, noisily."""

    clique: Clique
    cells: int
    weight: float
    distance: float

    @property
    def price(self) -> float:
        """(w c)^(2/3): its share of the budget, relative to others."""
        return float((self.weight * self.cells) ** (2 / 3))

    @property
    def gain(self) -> float:
        """What is wrong with the model there, weighted."""
        return self.weight * self.distance


def error_left(price: float, rho: float) -> float:
    """The weighted error that noise leaves in a batch of this total price.

    `rho` is what gives that noise where a unit has one row; where it has k, what is spent is k^2 times as much.
    """
    return NOISE_LEFT * sqrt(2.0 / pi) * price * sqrt(price) / sqrt(2.0 * rho)


def noise_left(variance: NDArray[Any]) -> float:
    """The distance (in rows) that noise leaves between a model and a table that it was fitted to; by cell variances."""
    return NOISE_LEFT * sqrt(2.0 / pi) * float(np.sqrt(variance).sum())


def choose(
    options: Iterable[Option], rho: float, most: int, fits: Callable[[Sequence[Clique]], bool]
) -> tuple[Option, ...]:
    """The batch with (greedily) the largest gain beyond the error that its noise leaves; perhaps none.

    `fits` says whether the model can take on these cliques together.
    """
    batch: list[Option] = []
    price = gain = best = 0.0
    for option in sorted(options, key=lambda o: -o.gain / o.price):
        if len(batch) == most or option.gain <= 0:
            break
        value = gain + option.gain - error_left(price + option.price, rho)
        if value > best and fits([*(o.clique for o in batch), option.clique]):
            batch.append(option)
            price, gain, best = price + option.price, gain + option.gain, value
    return tuple(batch)


def forest(options: Iterable[Option], least: float) -> tuple[Option, ...]:
    """The maximum spanning forest of the pairs whose distance is at least `least` (Kruskal)."""
    component: dict[str, str] = {}

    def root(attribute: str) -> str:
        while component.get(attribute, attribute) != attribute:
            attribute = component[attribute]
        return attribute

    edges = []
    for option in sorted(options, key=lambda o: -o.gain):
        one, other = map(root, option.clique)
        if one != other and option.distance >= least:
            component[one] = other
            edges.append(option)
    return tuple(edges)


def shares(batch: Sequence[Option], rho: float) -> list[tuple[list[Clique], float]]:
    """Each clique of the batch with its rho, as groups of one; together at most rho."""
    total = sum(option.price for option in batch)
    safe = rho * (1.0 - (len(batch) + 4) * 2.0**-51)
    return [([option.clique], safe * (option.price / total)) for option in batch]
