"""Structural zeros in a model: potentials of minus infinity, so that no marginal and no row ever has such a cell."""

from collections.abc import Mapping

import numpy as np

from synthcli.marginal import Clique, Domain, Table


def with_zeros(domain: Domain, potentials: Mapping[Clique, Table]) -> dict[Clique, Table]:
    """The potentials (log tables), with -inf in every cell that the domain's zeros declare impossible.

    Zeros without a potential on their clique come as one of their own: 0 where a row may be.
    """
    found = dict(potentials)
    for zeros in domain.zeros:
        known = found.get(zeros.clique)
        found[zeros.clique] = np.where(zeros.possible, 0.0 if known is None else known, -np.inf)
    return found


def with_odds(domain: Domain, potentials: Mapping[Clique, Table]) -> dict[Clique, Table]:
    """The same for parameters that are zero where nothing is known: the odds of the zeros' masses are added to them."""
    odds = {zeros.clique: zeros.log_odds() for zeros in domain.zeros if zeros.mass is not None}
    return with_zeros(domain, {**potentials, **{clique: potentials.get(clique, 0.0) + o for clique, o in odds.items()}})
