"""Real rows in the file that the model would hardly have written: what somebody may have put there by hand.

One row is no rate, and no comparison of the two sides of the coin can tell it from chance. The model itself can: it
says how likely it is to draw the row. That holds for files drawn from this model and left as they are, so nothing is
decided by it.
"""

import numpy as np

from synthcli.audit.arms import Arms
from synthcli.audit.chance import expected_matches
from synthcli.audit.rates import clopper_pearson
from synthcli.audit.scan import Search, Synthetic
from synthcli.metric import Metric
from synthcli.pgm.markov_random_field import MarkovRandomField

CHANCE = 0.01
"""The rarest real rows are looked for, so many that the model would write any of them with this probability."""
EXACT = Search("codes", 0)


def unlikely_rows(model: MarkovRandomField, arms: Arms, synthetic: Synthetic, confidence: float) -> tuple[Metric, str]:
    """The share of the rarest training rows that are in the file, and a sentence about them ('' where none is)."""
    expected = expected_matches(model, arms.every, synthetic.rows)
    order = np.argsort(expected, kind="stable")
    rarest = np.zeros(len(order), dtype=np.bool_)
    rarest[order[np.cumsum(expected[order]) <= CHANCE]] = True
    there = synthetic.found_of_units[EXACT] & rarest
    trains = arms.chosen.trains[arms.unit]
    hits, rows, others = int(np.sum(there & trains)), int(np.sum(rarest & trains)), int(np.sum(there & ~trains))
    low, high = clopper_pearson(hits, rows, confidence) if rows else (0.0, 1.0)
    metric = Metric(
        id="copies.unlikely.training_share",
        value=hits / max(1, rows),
        low=low,
        high=high,
        n=rows,
        title=f"Rare training rows that are in the file (the model writes any with a chance of {CHANCE:.0%})",
    )
    said = (
        f"The file holds {hits:,} training row(s) and {others:,} held-out row(s) of the {int(rarest.sum()):,} rarest, "
        f"any of which the model would write with a chance of {CHANCE:.0%} only: see whether rows were put there by "
        "hand. A file that was not drawn from this model, or was changed, explains it too."
    )
    return metric, said if hits + others else ""
