"""Which candidates a model can take on without outgrowing its limit: asked for hundreds of them in every round."""

from collections.abc import Mapping, MutableMapping, Sequence

from synthcli.marginal import Clique
from synthcli.pgm.junction_tree import JunctionTree, cells


def affordable(
    tree: JunctionTree,
    cliques: Sequence[Clique],
    candidates: Mapping[Clique, int],
    limit: float,
    too_large: MutableMapping[Clique, int],
) -> dict[Clique, int]:
    """The candidates with which the junction tree of `cliques` keeps to `limit` cells, and their weights.

    What lies inside the tree already costs nothing, so there is always a candidate: the one-way marginals.
    `too_large` remembers, from round to round, the size that a candidate would have led to: models only grow.
    """
    allowed = {}
    for clique, weight in candidates.items():
        if tree.home(clique) is not None:
            allowed[clique] = weight
        elif too_large.get(clique, 0) <= limit:
            size = _size_with(tree, cliques, clique, limit)
            if size <= limit:
                allowed[clique] = weight
            else:
                too_large[clique] = size
    return allowed


def _size_with(tree: JunctionTree, cliques: Sequence[Clique], clique: Clique, limit: float) -> int:
    """The exact size, or a bound on it that is far below the limit and a hundred times cheaper."""
    if len(clique) == 2:
        bound = tree.cells_with_pair(clique)
        if 2 * bound <= limit:
            return bound
    return cells(tree.domain, (*cliques, clique))
