"""L-BFGS for a smooth, strongly convex function of many parameters.

Nocedal and Wright 2006, Numerical Optimization, algorithms 7.4 and 7.5, with the bisection line search for the weak
Wolfe conditions of Lewis and Overton 2013 (Mathematical Programming 141, algorithm 2.6). scipy's L-BFGS-B does more
(bounds) at several times the price for an iteration.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Objective = Callable[[Floats], tuple[float, Floats]]

MEMORY = 10
_ARMIJO, _WOLFE = 1e-4, 0.9
_TRIALS = 30


def minimise(
    objective: Objective, start: Floats, evaluations: int, is_done: Callable[[Floats], bool]
) -> tuple[Floats, int]:
    """Go down from `start` until `is_done(gradient)`, or no step helps, or the evaluations are used up.

    `objective` gives value and gradient. Returns the best point and how many evaluations it took.
    """
    point, (value, gradient) = start, objective(start)
    used = 1
    pairs: deque[tuple[Floats, Floats, float]] = deque(maxlen=MEMORY)
    while used < evaluations and not is_done(gradient):
        direction = -_times_inverse_hessian(gradient, pairs)
        slope = float(gradient @ direction)
        if not slope < 0:
            break
        low, high, step = 0.0, np.inf, 1.0
        for _ in range(_TRIALS):
            candidate = point + step * direction
            new_value, new_gradient = objective(candidate)
            used += 1
            if not new_value <= value + _ARMIJO * step * slope:
                high = step
            elif float(new_gradient @ direction) < _WOLFE * slope and used < evaluations:
                low = step
            else:
                break
            if used >= evaluations:
                break
            step = (low + high) / 2 if np.isfinite(high) else 2 * low
        if not new_value < value:
            break
        moved, bent = candidate - point, new_gradient - gradient
        curvature = float(moved @ bent)
        if curvature > 0:
            pairs.append((moved, bent, 1.0 / curvature))
        point, value, gradient = candidate, new_value, new_gradient
    return point, used


def _times_inverse_hessian(gradient: Floats, pairs: deque[tuple[Floats, Floats, float]]) -> Floats:
    """The two-loop recursion; the first Hessian is a multiple of the identity."""
    result = gradient.copy()
    weights = []
    for moved, bent, inverse in reversed(pairs):
        weight = inverse * float(moved @ result)
        weights.append(weight)
        result -= weight * bent
    if pairs:
        _, bent, inverse = pairs[-1]
        result *= 1.0 / (inverse * float(bent @ bent))
    for (moved, bent, inverse), weight in zip(pairs, reversed(weights), strict=True):
        result += (weight - inverse * float(bent @ result)) * moved
    return result
