"""A noisy table of counts made a table of counts: the nearest one without negative cells and with the right sum."""

import numpy as np

from synthcli.marginal import Table
from synthcli.pgm.belief_propagation import Floats


def project_to_simplex(values: Table, total: float) -> Floats:
    """The nearest table (in least squares) of non-negative cells that sum to `total > 0`.

    For counts with equal Gaussian noise this is the constrained maximum-likelihood estimate. Every cell gives up the
    same amount, and those that have less become zero (Duchi et al. 2008, ICML, algorithm of figure 1).
    """
    falling = np.sort(values.astype(np.float64), axis=None)[::-1]
    excess = (np.cumsum(falling) - total) / np.arange(1, falling.size + 1)
    threshold = excess[np.flatnonzero(falling > excess)[-1]]
    projected: Floats = np.maximum(values - threshold, 0.0)
    return projected
