"""The noisy result that leaves the privacy boundary."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synthcli.marginal.domain import Clique
from synthcli.marginal.merge import Merge
from synthcli.marginal.tabulate import Table


@dataclass(frozen=True)
class Measurement:
    """A released marginal: exact integer counts plus discrete Gaussian noise of standard deviation `stddev`.

    `values` has one axis per attribute of `clique`, in that order; unit: rows. Where cells were merged after they had
    been measured, `parts` (same shape, at least 1) says how many noisy cells each is the sum of. OpenDP calls the
    randomised function a measurement; here, as in the field, it is always the noisy result.
    """

    clique: Clique
    values: Table
    stddev: float
    parts: Table | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != len(self.clique):
            raise ValueError("a measurement has one axis for each attribute of its clique")
        if not np.isfinite(self.stddev) or self.stddev <= 0:
            raise ValueError("a measurement's standard deviation is positive and finite")
        if not np.all(np.isfinite(self.values)):
            raise ValueError("a measurement holds a number that is not finite")
        if self.parts is not None and (self.parts.shape != self.values.shape or np.any(self.parts < 1)):
            raise ValueError("a measurement's cells are sums of at least one noisy cell each")

    @property
    def variance(self) -> Table:
        """The variance of each cell's noise, in the shape of `values`."""
        return np.full(self.values.shape, self.stddev**2) * (1 if self.parts is None else self.parts)

    def merged(self, merges: Mapping[str, Merge]) -> "Measurement":
        """The same measurement over coarser codes; attributes without a merge stay as they are."""
        values, parts = self.values, np.ones(self.values.shape, dtype=np.int64) if self.parts is None else self.parts
        for axis, attribute in enumerate(self.clique):
            if attribute in merges:
                values, parts = (merges[attribute].aggregate(table, axis) for table in (values, parts))
        return self if values is self.values else Measurement(self.clique, values, self.stddev, parts)
