"""The oracle of the estimator: log Z and all measured marginals at one point, with tables kept between the points."""

import numpy as np

from synthcli.marginal import Clique
from synthcli.pgm.belief_propagation import flat, logarithmic
from synthcli.pgm.junction_tree import JunctionTree
from synthcli.pgm.propagation import Floats, Propagation
from synthcli.pgm.schedule import schedule


class Oracle:
    """For potentials on these cliques, which lie inside cliques of the tree (`KeyError` otherwise).

    `fallbacks` counts the evaluations that linear space could not vouch for, and log space did.
    """

    def __init__(self, tree: JunctionTree, cliques: tuple[Clique, ...]) -> None:
        self.tree = tree
        self.cliques = cliques
        self.fallbacks = 0
        self._shapes = [tuple(tree.domain.card(a) for a in clique) for clique in cliques]
        self._bounds = np.cumsum([0, *(tree.domain.size(clique) for clique in cliques)])
        self._passes = Propagation(schedule(tree, cliques))

    def evaluate(self, theta: Floats) -> tuple[float, Floats]:
        """log Z and the marginals' probabilities; both `theta` and they are flat, in the order of the cliques.

        Raises `ValueError` as `calibrate` does. The marginals belong to the caller.
        """
        log_partition = self._passes.run(theta)
        if log_partition is not None:
            return log_partition, self._passes.marginals.astype(np.float64)
        self.fallbacks += 1
        beliefs = logarithmic(self.tree, self._unpack(theta))
        return beliefs.log_partition, flat([beliefs.marginal(clique) for clique in self.cliques])

    def _unpack(self, theta: Floats) -> dict[Clique, Floats]:
        pieces = (theta[a:b] for a, b in zip(self._bounds[:-1], self._bounds[1:], strict=True))
        return {c: piece.reshape(shape) for c, piece, shape in zip(self.cliques, pieces, self._shapes, strict=True)}
