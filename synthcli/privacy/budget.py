"""What may be spent: (epsilon, delta), its rho, and how to divide it without ever exceeding it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nextafter

from synthcli.errors import UsageError
from synthcli.privacy.noise import rho_for


@dataclass(frozen=True, kw_only=True)
class Budget:
    """(epsilon, delta) and its form inside the curator: `rho` of zero-concentrated privacy, and `key_delta`.

    `key_delta` is the part of delta that pays for learnt categories; the rest pays for the conversion from rho.
    """

    epsilon: float
    delta: float
    rho: float
    key_delta: float = 0.0

    def __post_init__(self) -> None:
        if not (self.rho > 0 and isfinite(self.rho) and 0 <= self.key_delta < self.delta):
            raise ValueError("a budget has a positive rho, and pays for keys out of delta")

    @classmethod
    def of(cls, epsilon: float, delta: float, key_delta: float = 0.0) -> "Budget":
        """The budget of a target (epsilon, delta), by OpenDP's own search, rounded down.

        Raises `UsageError` for an epsilon or a delta that promises nothing.
        """
        if not (isfinite(epsilon) and epsilon > 0):
            raise UsageError("epsilon is a number above 0", "for example --epsilon 1; smaller means more private")
        if epsilon > 10_000:
            raise UsageError("an epsilon above 10000 promises nothing", "for example --epsilon 1")
        if epsilon < 1e-6:
            raise UsageError("an epsilon below 0.000001 lets nothing through", "for example --epsilon 1")
        if not (isfinite(delta) and 1e-300 < delta < 0.5):
            raise UsageError(
                "delta is a number above 0 and far below 1", "for example --delta 1e-9; below 1 / number of rows"
            )
        return cls(epsilon=epsilon, delta=delta, rho=rho_for(epsilon, delta - key_delta), key_delta=key_delta)


def split(amount: float, weights: Sequence[float]) -> tuple[float, ...]:
    """Divide an amount in proportion to the weights so that the parts never add up to more, in any order of addition.

    Every part is rounded down by a relative 1e-12, far more than floating-point addition can lose.
    """
    total = sum(weights)
    if not weights or total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative and not all zero")
    return tuple(max(0.0, nextafter(amount * (weight / total), 0.0) * (1 - 1e-12)) for weight in weights)
