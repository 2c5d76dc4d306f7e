"""Cells that no row may have, whatever the data say: declared facts, which a model takes as they are."""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

LEAST_ODDS = 1e-3
"""A possible cell is no less likely than this beside the product of its margins: masses are known roughly."""


@dataclass(frozen=True, eq=False)
class StructuralZeros:
    """`possible[cell]` says of every cell of a clique's table whether a row may be there; one axis per attribute.

    `gradual` zeros follow a scale (an order between two columns): codes that differ may be merged, a merged cell is
    possible if any of its cells is, and whoever draws values inside it has the rest to see to. Codes that others tell
    apart must not be merged.
    """

    clique: tuple[str, ...]
    possible: NDArray[np.bool_]
    gradual: bool = False
    mass: NDArray[np.float64] | None = None
    """How rows would lie over the cells if nothing but each attribute alone were known of them; None: anyhow."""

    def __post_init__(self) -> None:
        if self.possible.ndim != len(self.clique) or len(set(self.clique)) != len(self.clique):
            raise ValueError("structural zeros need one axis for each attribute")
        if self.mass is not None and (self.mass.shape != self.possible.shape or np.any(self.mass < 0)):
            raise ValueError("a mass has the shape of its zeros, and is not negative")

    def log_odds(self) -> NDArray[np.float64]:
        """How much likelier the mass makes each cell than the product of its margins does, at least `LEAST_ODDS`.

        0 where there is no mass to tell.
        """
        if self.mass is None or not self.mass.any():
            return np.zeros(self.possible.shape)
        alone = [
            self.mass.sum(axis=tuple(a for a in range(self.mass.ndim) if a != axis)) for axis in range(self.mass.ndim)
        ]
        product = np.asarray(reduce(np.multiply.outer, alone)) / float(self.mass.sum()) ** (self.mass.ndim - 1)
        odds = np.divide(self.mass, product, out=np.ones(self.mass.shape), where=product > 0)
        return np.asarray(np.log(np.maximum(odds, LEAST_ODDS)))

    def kinds(self, attribute: str) -> NDArray[np.intp]:
        """A number for each code of the attribute: the same for codes that are not told apart."""
        front = np.moveaxis(self.possible, self.clique.index(attribute), 0)
        return np.unique(front.reshape(len(front), -1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
