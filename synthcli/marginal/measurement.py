"""The noisy result that leaves the privacy boundary."""

from dataclasses import dataclass

import numpy as np

from synthcli.marginal.domain import Clique
from synthcli.marginal.tabulate import Table


@dataclass(frozen=True)
class Measurement:
    """A released marginal: exact integer counts plus discrete Gaussian noise of standard deviation `stddev`.

    `values` has one axis per attribute of `clique`, in that order; unit: rows. OpenDP calls the randomised
    function a measurement; here, as in the field, it is always the noisy result.
    """

    clique: Clique
    values: Table
    stddev: float

    def __post_init__(self) -> None:
        if self.values.ndim != len(self.clique):
            raise ValueError("a measurement has one axis for each attribute of its clique")
        if not np.isfinite(self.stddev) or self.stddev <= 0:
            raise ValueError("a measurement's standard deviation is positive and finite")
        if not np.all(np.isfinite(self.values)):
            raise ValueError("a measurement holds a number that is not finite")
