"""Hold-outs that cannot answer: rows that are among the training rows, and rows that the file has from elsewhere.

Held-out rows in the synthetic file: the model never saw them, so more than chance means that it did not write it.

A file of real rows, held-out ones among them, treats both sides of the coin alike: no comparison of the two can tell.
"""

from math import sqrt

import numpy as np

from synthcli.audit.arms import Arms
from synthcli.audit.chance import certainty_of, expected_matches
from synthcli.audit.experiment import Experiment
from synthcli.audit.scan import Cells, Search, Surroundings, Synthetic
from synthcli.errors import InvalidAudit

MOST = 0.02
"""The share of held-out rows that may turn up beyond what the model's own density accounts for."""


OWN = Search("spelled", 0)
"""Looks for other rows whose cells are all the same."""


def neighbours(columns: int, cells: Cells = "codes") -> Search:
    """Looks for other rows that differ in one column at most; some column stays in."""
    return Search(cells, min(1, columns - 1))


def refuse_strangers(experiment: Experiment, arms: Arms, around: Surroundings, synthetic: Synthetic) -> None:
    """`InvalidAudit` where held-out rows turn up in the file far more often than the model would draw them.

    Counts rows that no other real row comes near, as the model sees them, and by the spelling of their cells: to a
    coarse model all rows may be alike. The model's own file has each of them with probability 1 - exp(-n p) at most, n
    its number of rows and p the row's density, times the codec's certainty of its values.
    """
    for cells in ("codes", "spelled"):
        _refuse(experiment, arms, around, synthetic, cells)


def _refuse(experiment: Experiment, arms: Arms, around: Surroundings, synthetic: Synthetic, cells: Cells) -> None:
    held_out = ~arms.chosen.trains
    alone = np.flatnonzero(held_out & around.isolated[neighbours(arms.block.columns, cells)])
    found = int(synthetic.found[Search(cells, 0)][alone].sum())
    expected = expected_matches(experiment.model, arms.block[alone], synthetic.rows)
    if cells == "spelled" and experiment.certainty is not None:
        expected = expected * certainty_of(experiment.certainty, arms.block[alone])
    chance = -np.expm1(-expected)
    surplus = found - float(chance.sum()) - 6.0 * sqrt(float(np.sum(chance * (1.0 - chance))))
    if surplus > MOST * int(held_out.sum()):
        raise InvalidAudit(
            f"{found:,} of {len(alone):,} rare held-out rows are in the synthetic file, where this model would put "
            f"about {chance.sum():,.0f}: the file holds real rows that the model never saw",
            "audit the file that synthcli sample wrote from this model; do not publish this one",
        )
