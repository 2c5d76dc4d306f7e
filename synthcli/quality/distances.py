"""How far two tables of counts are apart, and how far an honest sample of that size would be."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln


def total_variation(real: NDArray[np.int64], synthetic: NDArray[np.int64]) -> float:
    """Half the sum of the absolute differences of the shares; 1 where one of the two is empty."""
    if not real.sum() or not synthetic.sum():
        return 1.0
    return float(0.5 * np.abs(real / real.sum() - synthetic / synthetic.sum()).sum())


def sampling_floor(real: NDArray[np.int64], rows: int) -> float:
    """The expected total variation distance of `rows` independent draws from the real table itself.

    Every cell's count is Poisson to good accuracy; its mean absolute deviation is 2 exp(-m) m^(k+1) / k! with k the
    whole part of the mean m (Crow, 1958).
    """
    total = int(real.sum())
    if not total or not rows:
        return 1.0
    mean = real[real > 0].astype(np.float64) * (rows / total)
    whole = np.floor(mean)
    deviation = 2 * np.exp(-mean + (whole + 1) * np.log(mean) - gammaln(whole + 1))
    return float(min(1.0, 0.5 * deviation.sum() / rows))
