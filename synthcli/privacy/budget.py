"""(epsilon, delta) and its zero-concentrated form: found with OpenDP's own search, always rounded against us."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

from synthcli.errors import UsageError
from synthcli.privacy import opendp_names as dp

dp.enable_features("contrib", "honest-but-curious")

_HAIR = 2.0**-40
"""How much below OpenDP's own solution rho is set: more than any rounding, less than any user notices."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A differential-privacy guarantee and what may be spent under it.

    Whatever is (`rho`, `key_delta`)-approximately zero-concentrated differentially private is (`epsilon`, `delta`)-
    differentially private. `key_delta` is the part of `delta` that thresholded keys may spend.
    """

    epsilon: float
    delta: float
    rho: float
    key_delta: float = 0.0

    def __post_init__(self) -> None:
        _check(self.epsilon, self.delta, self.key_delta)
        if not (isfinite(self.rho) and self.rho > 0):
            raise UsageError(
                f"epsilon {self.epsilon:g} with delta {self.delta:g} leaves nothing to spend",
                "raise --epsilon or --delta",
            )
        if epsilon_of(self.rho, _rest(self.delta, self.key_delta)) > self.epsilon:
            raise ValueError("rho is larger than epsilon and delta allow")

    @classmethod
    def of(cls, epsilon: float, delta: float, key_delta: float = 0.0) -> "Budget":
        """The largest rho, rounded down, that (epsilon, delta) allows when `key_delta` of delta goes to learnt keys.

        Raises `UsageError` unless epsilon is positive, 0 < delta < 1 and 0 <= key_delta < delta, all finite.
        """
        _check(epsilon, delta, key_delta)
        rho = _largest_rho(epsilon, _rest(delta, key_delta))
        return cls(epsilon=epsilon, delta=delta, rho=rho, key_delta=key_delta)


def epsilon_of(rho: float, delta: float) -> float:
    """The epsilon at this delta of a rho-zCDP mechanism, by OpenDP's conversion (Canonne, Kamath, Steinke 2020).

    Raises `UsageError` where it is too large to be computed (epsilon in the thousands).
    """
    try:
        return float(_at_delta(_costing(rho), delta).map(1)[0])
    except dp.OpenDPException:
        raise UsageError(
            f"no epsilon can be stated for rho {rho:g} at delta {delta:g}", "ask for an epsilon below 1000"
        ) from None


def split(rho: float, weights: Sequence[float]) -> tuple[float, ...]:
    """Shares of rho in proportion to the weights; added in any order, in floating point, they never exceed rho."""
    total = sum(weights)
    if not (isfinite(rho) and rho >= 0 and isfinite(total) and total > 0 and min(weights) >= 0):
        raise ValueError("a split needs a budget and weights that are finite, not negative and not all zero")
    safe = rho * (1.0 - (len(weights) + 4) * 2.0**-51)
    return tuple(safe * (weight / total) for weight in weights)


def _check(epsilon: float, delta: float, key_delta: float) -> None:
    if not (isfinite(epsilon) and epsilon > 0):
        raise UsageError("epsilon is not a positive, finite number", "for example --epsilon 1")
    if not 0 < delta < 1:
        raise UsageError("delta does not lie between 0 and 1", "for example --delta 1e-9")
    if not 0 <= key_delta < delta:
        raise UsageError("the share of delta for learnt keys is not smaller than delta", "raise --delta")


def _rest(delta: float, key_delta: float) -> float:
    """What the conversion from rho may use of delta; rounded down, since the sum of both must not exceed delta."""
    return delta if key_delta == 0 else (delta - key_delta) * (1.0 - 2.0**-50)


@lru_cache(maxsize=64)
def _largest_rho(epsilon: float, delta: float) -> float:
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    try:
        scale = dp.binary_search_param(
            lambda scale: _at_delta(dp.m.make_gaussian(*space, scale=scale), delta),
            d_in=1.0,
            d_out=(epsilon, delta),
            T=float,
        )
        rho = float(dp.m.make_gaussian(*space, scale=scale).map(1.0)) * (1.0 - _HAIR)
    except (dp.OpenDPException, ValueError):
        raise UsageError(
            f"no amount of noise can be found for epsilon {epsilon:g} and delta {delta:g}",
            "ask for an epsilon between 1e-6 and 1000",
        ) from None
    while rho > 0 and epsilon_of(rho, delta) > epsilon:
        rho *= 1.0 - _HAIR
    return rho


def _at_delta(measurement: dp.Measurement, delta: float) -> dp.Measurement:
    return dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(measurement), delta)


def _costing(rho: float) -> dp.Measurement:
    """A measurement of exactly this cost, to ask OpenDP what it is worth; it sees no data."""
    return dp.m.make_user_measurement(
        dp.atom_domain(T="bool"),
        dp.discrete_distance(),
        dp.zero_concentrated_divergence(),
        function=lambda _: 0,
        privacy_map=lambda _: rho,
    )
