"""Real rows in the file that the model would hardly have written: what somebody may have put there by hand.

One row is no rate, and no comparison of the two sides of the coin can tell it from chance. The model itself can: it
says how likely it is to draw the row. Nor are all rows of one unit a rate of units; where each of them is common, the
model can still say how unlikely it is to draw so many. That holds for files drawn from this model and left as they are,
so nothing is decided by it.
"""

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.chance import certainty_of, expected_matches
from synthcli.audit.experiment import Experiment
from synthcli.audit.matches import different_records
from synthcli.audit.rates import clopper_pearson
from synthcli.audit.scan import Cells, Search, Synthetic
from synthcli.metric import Metric
from synthcli.pgm.markov_random_field import MarkovRandomField

CHANCE = 0.01
"""The rarest real rows are looked for, so many that the model would write any of them with this probability."""
EXACT = Search("codes", 0)
_LEAST = 1e-3
"""Chances below this count as this: no model is so sure of its rare rows."""
_SLOPES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


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


def unlikely_units(experiment: Experiment, arms: Arms, synthetic: Synthetic) -> str:
    """A sentence about units of whose different records the file holds more than chance would ('' where there is none).

    Chance finds one in a file of the model's with a probability of `CHANCE` at most (Bonferroni over the units, and
    over rows as the model sees them and as they are spelt). None where the model draws persons, whose rows hang
    together.
    """
    if experiment.of_persons or not arms.is_of_units:
        return ""
    chances = [_log_chance_of_units(experiment, arms, synthetic, cells) for cells in ("codes", "spelled")]
    there = np.minimum(*chances) <= np.log(CHANCE / (2 * len(arms.first)))
    hits, others = int(np.sum(there & arms.chosen.trains)), int(np.sum(there & ~arms.chosen.trains))
    said = (
        f"The file holds more of the records of {hits:,} training unit(s) and {others:,} held-out unit(s) than the "
        f"model would write of any unit's, but with a chance of {CHANCE:.0%}: see whether somebody's rows were put "
        "there. A file that was not drawn from this model, or was changed, explains it too."
    )
    return said if hits + others else ""


def _log_chance_of_units(experiment: Experiment, arms: Arms, synthetic: Synthetic, cells: Cells) -> NDArray[np.float64]:
    """By unit, the logarithm of the chance, at most, that a file of the model's holds as much of its records."""
    records = different_records(arms, cells)
    block, unit = arms.every[records], arms.unit[records]
    expected = expected_matches(experiment.model, block, synthetic.rows)
    if cells == "spelled" and experiment.certainty is not None:
        expected = expected * certainty_of(experiment.certainty, block)
    found = synthetic.found_of_units[Search(cells, 0)][records]
    return tail(found, np.clip(expected, _LEAST, 1.0), unit, len(arms.first))


def tail(
    found: NDArray[np.bool_], chance: NDArray[np.float64], unit: NDArray[np.intp], units: int
) -> NDArray[np.float64]:
    """By unit, the logarithm of what P(Σ w B >= Σ w found) is at most: B independent, 1 with that chance, w = -log of
    it (Chernoff's bound, the best of some slopes). Where all are found it is about the product of the chances."""
    weights = -np.log(chance)

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(unit, weights=values, minlength=units).astype(np.float64)

    reached = total(weights * found)
    with np.errstate(divide="ignore"):
        absent = np.log1p(-chance)
    bounds = [total(np.logaddexp(absent, (slope - 1) * weights)) - slope * reached for slope in _SLOPES]
    return np.asarray(np.minimum(np.min(bounds, axis=0), 0.0))
