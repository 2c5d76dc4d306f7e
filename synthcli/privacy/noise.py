"""OpenDP's measurements, and the noise scales that keep them inside a cost by OpenDP's own maps."""

from collections.abc import Callable, Sequence
from math import ceil, isfinite, sqrt

from synthcli.errors import UsageError
from synthcli.privacy import opendp_names as dp

dp.enable_features("contrib", "honest-but-curious")

ZCDP = dp.zero_concentrated_divergence()
APPROXIMATE_ZCDP = dp.approximate(ZCDP)

COUNTS = dp.vector_domain(dp.atom_domain(T="i64"))
L2 = dp.l2_distance(T="f64")
L1 = dp.l1_distance(T="i64")
LINF = dp.linf_distance(T="i64")
KEYED_COUNTS = dp.map_domain(dp.atom_domain(T="String"), dp.atom_domain(T="i64"))
KEYED = dp.l02inf_distance(dp.absolute_distance(T="i64"))

_HAIR = 2.0**-40
"""Every scale is this much larger than its formula says, so that costs which add up to the budget on paper do so in
floating point too."""

_LARGEST_THRESHOLD = 2**53


def sigma_for(rho: float, l2: float) -> float:
    """The discrete Gaussian's scale that costs at most rho at this L2 sensitivity: l2 / sqrt(2 rho), rounded up."""
    _check_cost(rho)
    return _widen(l2 / sqrt(2.0 * rho), lambda sigma: float(dp.m.make_gaussian(COUNTS, L2, scale=sigma).map(l2)), rho)


def gaussian(query: dp.Transformation, sigma: float) -> dp.Measurement:
    """Integer counts with discrete Gaussian noise, as an int64 array."""
    return dp.c.make_approximate(query >> dp.m.then_gaussian(scale=sigma) >> dp.as_array())


def laplace_scale(epsilon: float, l1: int) -> float:
    """The discrete Laplace's scale that costs at most epsilon at this L1 sensitivity: l1 / epsilon, rounded up."""
    _check_cost(epsilon)
    return _widen(l1 / epsilon, lambda scale: float(dp.m.make_laplace(COUNTS, L1, scale=scale).map(l1)), epsilon)


def noisy_counts(counts: Sequence[int], scale: float) -> list[int]:
    """Integer counts with discrete Laplace noise; the caller answers for their sensitivity and for the ledger."""
    return [int(count) for count in dp.m.make_laplace(COUNTS, L1, scale=scale)(list(counts))]


def laplace_margin(scale: float, error: float) -> int:
    """What the noise of one count exceeds, on either side, with probability `error` at most (OpenDP's tail bound)."""
    return ceil(float(dp.discrete_laplacian_scale_to_accuracy(scale, error))) - 1


def together(queries: Sequence[dp.Measurement]) -> dp.Measurement:
    """All answers to one query, as a list: OpenDP's sequential composition."""
    return dp.c.make_composition(list(queries))


def max_scale_for(rho: float, linf: int) -> float:
    """The noisy maximum's scale that costs at most rho at this sensitivity of one score.

    2 linf / epsilon with epsilon = sqrt(8 rho): the exponential mechanism, whose cost is epsilon^2 / 8.
    """
    _check_cost(rho)
    return _widen(
        2.0 * linf / sqrt(8.0 * rho),
        lambda scale: float(dp.m.make_noisy_max(COUNTS, LINF, ZCDP, scale=scale).map(linf)),
        rho,
    )


def noisy_max(query: dp.Transformation, scale: float) -> dp.Measurement:
    """The index of the largest score after noise."""
    return dp.c.make_approximate(query >> dp.m.then_noisy_max(ZCDP, scale=scale))


def keys_scales_for(rho: float, delta: float, units: int) -> tuple[float, int]:
    """Scale and threshold of noisy keyed counts that cost at most (rho, delta), when one unit has `units` rows.

    Raises `UsageError` for a delta below what OpenDP can certify (about 1e-16).
    """
    _check_cost(rho)
    change = (units, units, units)

    def cost(scale: float, threshold: int) -> tuple[float, float]:
        measurement = dp.m.make_noise_threshold(KEYED_COUNTS, KEYED, APPROXIMATE_ZCDP, scale=scale, threshold=threshold)
        rho_cost, delta_cost = measurement.map(change)
        return float(rho_cost), float(delta_cost)

    scale = _widen(units / sqrt(2.0 * rho), lambda scale: cost(scale, _LARGEST_THRESHOLD)[0], rho)
    if not cost(scale, _LARGEST_THRESHOLD)[1] <= delta:
        raise UsageError(
            f"delta is too small to learn categories: {delta:.2g} is left for a column",
            "raise --delta, or declare the categories in the schema",
        )
    low, high = units, _LARGEST_THRESHOLD
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if cost(scale, middle)[1] <= delta else (middle + 1, high)
    return scale, low


def keyed_counts(query: dp.Transformation, scale: float, threshold: int) -> dp.Measurement:
    """The keys whose noisy count lies above the threshold, with that count (stability-based histogram).

    OpenDP lets out a count equal to the threshold too, but its delta is the chance of noise *above* the distance to
    it (Canonne, Kamath, Steinke 2020, proposition 25): too small by the weight of that one value, which for little
    noise is several times delta. The count that stands on the threshold is dropped here, so that the delta is true.
    """
    counts = query >> dp.m.then_noise_threshold(APPROXIMATE_ZCDP, scale=scale, threshold=threshold)

    def above(found: dict[str, int]) -> dict[str, int]:
        return {key: count for key, count in found.items() if count > threshold}

    return counts >> dp.new_function(above, TO="ExtrinsicObject")


def _check_cost(rho: float) -> None:
    if not (isfinite(rho) and rho > 0):
        raise ValueError("a query costs a positive, finite rho")


def _widen(guess: float, cost: Callable[[float], float], limit: float) -> float:
    """The guess and a hair, and twice the hair and so on until OpenDP's own map agrees."""
    hair = _HAIR
    while not cost(scale := guess * (1.0 + hair)) <= limit:
        hair *= 2.0
    return scale
