"""Fine codes merged into coarser ones, and drawn back: fine one-way marginals, coarse joint ones."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.rounding import Shares, shuffled_by_group
from synthcli.marginal.tabulate import Table


@dataclass(frozen=True)
class Merge:
    """A public map from fine codes to coarse codes of one attribute.

    `groups[fine]` is the coarse code (0 … coarse_size - 1, each used at least once); `weights[fine] >= 0` says how
    often the fine code is drawn inside its group (post-processed noisy counts). A group without weight is uniform.
    """

    groups: NDArray[np.intp]
    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.groups.ndim != 1 or self.groups.shape != self.weights.shape or not len(self.groups):
            raise ValueError("a merge needs one group and one weight for each fine code")
        if not np.array_equal(np.unique(self.groups), np.arange(self.groups.max() + 1)):
            raise ValueError("a merge's groups are numbered 0, 1, 2 … without gaps")
        if not np.all(np.isfinite(self.weights)) or np.any(self.weights < 0):
            raise ValueError("a merge's weights are finite and not negative")

    @property
    def fine_size(self) -> int:
        """How many fine codes there are."""
        return len(self.groups)

    @property
    def coarse_size(self) -> int:
        """How many coarse codes there are."""
        return int(self.groups.max()) + 1

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """By fine code: how often it is drawn inside its group, of 1."""
        totals = np.bincount(self.groups, self.weights)[self.groups]
        even = 1.0 / np.bincount(self.groups)[self.groups]
        return np.asarray(np.where(totals > 0, self.weights / np.where(totals > 0, totals, 1.0), even))

    def coarsen(self, codes: NDArray[np.unsignedinteger]) -> NDArray[np.intp]:
        """Fine codes to coarse codes."""
        coarse: NDArray[np.intp] = self.groups[codes]
        return coarse

    def aggregate(self, table: Table, axis: int) -> Table:
        """Sum a table's fine codes into coarse ones along one axis; the total stays."""
        front = np.moveaxis(table, axis, 0)
        out = np.zeros((self.coarse_size, *front.shape[1:]), dtype=table.dtype)
        np.add.at(out, self.groups, front)
        return np.moveaxis(out, 0, axis)

    def refine(self, codes: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.unsignedinteger]:
        """Draw a fine code inside each coarse one, in proportion to the weights; the narrowest type that fits.

        Randomised rounding: the draws of one group follow its weights to within one row.
        """
        order, shares = self._by_group
        rows = shuffled_by_group(codes, self.coarse_size, len(codes), rng)
        counts = shares.counts(np.bincount(codes, minlength=self.coarse_size), rng)
        out = np.empty(len(codes), dtype=order.dtype)
        out[rows] = np.repeat(order, counts)
        return out

    @cached_property
    def _by_group(self) -> tuple[NDArray[np.unsignedinteger], Shares]:
        """The fine codes, group after group, and their shares."""
        order = np.argsort(self.groups, kind="stable")
        narrow = np.min_scalar_type(self.fine_size - 1)
        return order.astype(narrow), Shares(self.groups[order], self.weights[order])
