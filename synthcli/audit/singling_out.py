"""Singling out: does what is rare in the synthetic file point at exactly one real row, and oftener at one that trained?

A view's values that a single synthetic row has make a predicate. It singles a person out if one real row, and no
other, satisfies it (Article 29 Working Party 2014, 2.2.1; Cohen and Nissim 2020). Rows that were held out are singled
out by chance as often as an honest file does it to anybody.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.arms import Arms
from synthcli.audit.guesses import Guesses
from synthcli.audit.scan import Surroundings, Synthetic
from synthcli.audit.views import View


def single_out(arms: Arms, views: Sequence[View], around: Surroundings, synthetic: Synthetic) -> Guesses:
    """One guess for each row and view; the surer, the rarer the values together, were columns independent.

    Of a privacy unit with several rows each is guessed about, and its other rows are nobody else's.
    """
    about = arms.guessed
    seen = (synthetic.alike, around.alike) if arms.has_lone_rows else (synthetic.at_stake_alike, around.at_stake_alike)
    right = (seen[0] == 1) & (seen[1] == 0)
    rarity = [-_log_chance(view, about.codes, synthetic.sample.codes) for view in views]
    units, trains = np.tile(about.unit, len(views)), np.tile(about.trains, len(views))
    return Guesses(unit=units, trains=trains, confidence=np.concatenate(rarity), right=right.ravel())


def _log_chance(view: View, rows: NDArray[np.uint32], sample: NDArray[np.uint32]) -> NDArray[np.float64]:
    """The log-probability of a view's values as a product of single columns' shares in the synthetic sample."""
    total = np.zeros(len(rows))
    for of_rows, of_sample in zip(view.steps(rows).T, view.steps(sample).T, strict=True):
        counts = np.bincount(of_sample, minlength=int(of_rows.max()) + 1)
        total += np.log((counts + 0.5) / (len(sample) + 0.5 * len(counts)))[of_rows]
    return total
