"""Fine codes merged into coarser ones, and drawn back: fine one-way marginals, coarse joint ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

    def refine(self, codes: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.intp]:
        """Draw a fine code inside each coarse one, in proportion to the weights.

        Systematic rounding: the draws of one group follow its weights to within one row.
        """
        order = np.argsort(self.groups, kind="stable")
        first = np.searchsorted(self.groups[order], np.arange(self.coarse_size))
        out = np.empty(len(codes), dtype=np.intp)
        by_code = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[by_code], np.arange(self.coarse_size + 1))
        ends = np.append(first[1:], len(order))
        for group in np.unique(codes):
            members = order[first[group] : ends[group]]
            rows = by_code[bounds[group] : bounds[group + 1]]
            out[rows] = members[_stratified(self.weights[members], len(rows), rng)]
        return out


def _stratified(weights: NDArray[np.float64], rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """`rows` indices whose counts follow the weights to within one, in random order."""
    total = weights.sum()
    share = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    points = (rng.permutation(rows) + rng.random(rows)) / max(rows, 1)
    return np.minimum(np.searchsorted(np.cumsum(share), points, side="right"), len(weights) - 1).astype(np.intp)
