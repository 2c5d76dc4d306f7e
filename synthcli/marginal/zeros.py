"""Cells that no row may have, whatever the data say: declared facts, which a model takes as they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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

    def __post_init__(self) -> None:
        if self.possible.ndim != len(self.clique) or len(set(self.clique)) != len(self.clique):
            raise ValueError("structural zeros need one axis for each attribute")

    def kinds(self, attribute: str) -> NDArray[np.intp]:
        """A number for each code of the attribute: the same for codes that are not told apart."""
        front = np.moveaxis(self.possible, self.clique.index(attribute), 0)
        return np.unique(front.reshape(len(front), -1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
