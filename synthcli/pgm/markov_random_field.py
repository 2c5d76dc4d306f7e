"""The graphical model: a distribution over all attributes, proportional to exp(sum of clique potentials)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes, Domain
from synthcli.pgm.across import Gatherer
from synthcli.pgm.belief_propagation import Beliefs, Floats, calibrate
from synthcli.pgm.junction_tree import JunctionTree, build
from synthcli.pgm.pairwise import pair_marginals


@dataclass(frozen=True, eq=False)
class MarkovRandomField:
    """`potentials` are log tables, one axis per attribute of their clique; `total` is the expected number of rows.

    Marginals are in expected rows: every one of them sums to `total`.
    """

    domain: Domain
    potentials: Mapping[Clique, Floats]
    total: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.total) or self.total <= 0:
            raise ValueError("a model's total is positive and finite")
        for clique, table in self.potentials.items():
            if self.domain.project(clique).shape != table.shape or self.domain.clique(clique) != clique:
                raise ValueError("a potential does not fit the domain")
            if np.isnan(table).any() or np.any(table == np.inf):
                raise ValueError("a potential holds a number that is not finite")

    @cached_property
    def tree(self) -> JunctionTree:
        """The junction tree of the potentials' cliques."""
        return build(self.domain, tuple(self.potentials))

    @cached_property
    def beliefs(self) -> Beliefs:
        """The calibrated tree."""
        return calibrate(self.tree, self.potentials)

    def marginal(self, clique: Iterable[str]) -> Floats:
        """The expected table of any set of attributes, inside one tree clique or across several."""
        wanted = self.domain.clique(clique)
        return self.marginals([wanted])[wanted]

    def marginals(self, cliques: Iterable[Clique]) -> dict[Clique, Floats]:
        """The expected tables of many cliques; walks over the tree are shared between them."""
        wanted = list(dict.fromkeys(cliques))
        for clique in wanted:
            if self.domain.clique(clique) != clique:
                raise ValueError("a clique names its attributes once each, in the order of the domain")
        across = [clique for clique in wanted if self.tree.home(clique) is None]
        tables = pair_marginals(self.beliefs, (clique for clique in across if len(clique) == 2))
        gatherer = Gatherer(self.beliefs)
        tables |= {clique: gatherer.marginal(clique) for clique in across if len(clique) > 2}
        inside = (clique for clique in wanted if clique not in tables)
        tables |= {clique: self.beliefs.marginal(clique) for clique in inside}
        return {clique: tables[clique] * self.total for clique in wanted}

    def log_density(self, codes: Codes) -> NDArray[np.float64]:
        """The log probability of every row of a block under the joint distribution (-inf where impossible)."""
        rows = len(next(iter(codes.values())))
        out = np.full(rows, -self.beliefs.log_partition)
        for clique, table in self.potentials.items():
            out += table[tuple(codes[a].astype(np.intp) for a in clique)]
        return out
