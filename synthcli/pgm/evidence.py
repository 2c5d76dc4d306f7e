"""A model given soft evidence on attributes, mostly single ones: one more factor for each.

Evidence is a weight in [0, 1] for each of an attribute's codes (each cell of a clique): the chance that such a row is
kept (Koller and Friedman 2009, section 9.3.2; weights between 0 and 1 are Pearl's virtual evidence).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal import Clique
from synthcli.pgm.markov_random_field import MarkovRandomField

Evidence = Mapping[Clique, NDArray[np.float64]]
"""By clique, a weight for each cell; attributes that are not named are free."""


def condition(model: MarkovRandomField, evidence: Evidence) -> tuple[MarkovRandomField, float] | None:
    """The model of the rows that the evidence keeps, and its probability; None where that is zero.

    p(x | evidence) is proportional to p(x) times the weights of x's codes; its normalising constant is the probability.
    Raises `ValueError` for weights outside [0, 1], or that do not fit the domain.
    """
    potentials: dict[Clique, NDArray[np.float64]] = dict(model.potentials)
    for clique, weights in evidence.items():
        if weights.shape != model.domain.shape_of(clique) or not np.all((weights >= 0) & (weights <= 1 + 1e-9)):
            raise ValueError("evidence is a weight between 0 and 1 for each cell")
        if not weights.any():
            return None
        with np.errstate(divide="ignore"):
            added = np.log(np.minimum(weights, 1.0))
        potentials[clique] = potentials.get(clique, 0.0) + added
    given = MarkovRandomField(model.domain, potentials, model.total)
    try:
        log_partition = given.beliefs.log_partition
    except ValueError:  # no cell is possible
        return None
    probability = float(np.exp(log_partition - model.beliefs.log_partition))
    return (given, min(probability, 1.0)) if probability > 0 else None
