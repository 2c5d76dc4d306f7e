"""Held-out rows in the synthetic file: the model never saw them, so more than chance means that it did not write it.

A file of real rows, held-out ones among them, treats both sides of the coin alike: no comparison of the two can tell.
"""

from math import sqrt

import numpy as np

from synthcli.audit.arms import Arms
from synthcli.audit.block import as_codes
from synthcli.audit.copies import copy_tests
from synthcli.audit.experiment import Experiment
from synthcli.audit.scan import Surroundings, Synthetic
from synthcli.errors import InvalidAudit

MOST = 0.02
"""The share of held-out rows that may turn up beyond what the model's own density accounts for."""


def refuse_strangers(experiment: Experiment, arms: Arms, around: Surroundings, synthetic: Synthetic) -> None:
    """`InvalidAudit` where held-out rows turn up in the file far more often than the model would draw them.

    Counts rows that no other real row comes near. The model's own file has each of them with probability
    1 - exp(-n p), n its number of rows and p the row's density.
    """
    exact = copy_tests(arms.block.codes.shape[1])[0]
    held_out = ~arms.chosen.trains
    alone = np.flatnonzero(held_out & around.isolated[exact.crowds(arms.block.codes.shape[1])])
    found = int(synthetic.found[exact.matches()][alone].sum())
    density = np.exp(experiment.model.log_density(as_codes(arms.block[alone], experiment.model.domain.attributes)))
    chance = -np.expm1(-synthetic.rows * density)
    surplus = found - float(chance.sum()) - 6.0 * sqrt(float(np.sum(chance * (1.0 - chance))))
    if surplus > MOST * int(held_out.sum()):
        raise InvalidAudit(
            f"{found:,} of {len(alone):,} rare held-out rows are in the synthetic file, where this model would put "
            f"about {chance.sum():,.0f}: the file holds real rows that the model never saw",
            "audit the file that synthcli sample wrote from this model; do not publish this one",
        )
