"""Whom chance matches oftener: those whose values are common.

In a crowd rows are compared that are about as common (post-stratification: Miratrix, Sekhon and Yu 2013): the
difference between the arms stays what it was, and much of what chance adds to it goes.

How common a row is, the real rows of both arms say, as they are spelt. Nothing else is asked. A model that had learnt
its training rows by heart would find copies likely, a codec that had learnt their values would know the others by what
it lacks, and whoever learns from matches which rows are matched learns from copies, too: each would explain them away.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.block import Block
from synthcli.audit.neighbours import Hashes
from synthcli.audit.scan import hashed

GROUPS = 10
"""So many groups of like rows, about as large, at most."""
FEWEST = 50
"""Of either arm at least so many rows or units are to be expected in a group."""
_COLUMNS = 10
"""Pairs of so many columns are looked at: of those with the largest entropy, values of one row alone left out."""


def commonness(block: Block, unit: NDArray[np.intp], units: int) -> NDArray[np.float64]:
    """For each row the share of rows that hold the same in two columns, on average over pairs of columns; of a unit the
    sum over its rows. `unit`: whose each row is, a number below `units`."""
    cells = hashed(block, "spelled")
    widest = cells[:, np.argsort([-_in_common(column) for column in cells.T], kind="stable")[:_COLUMNS]].T
    pairs = [one + other for one, other in combinations(widest, 2)]  # random numbers: sums are equal where both are
    shares = [_share(column) for column in pairs or widest]
    return np.bincount(unit, weights=np.mean(shares, axis=0), minlength=units).astype(np.float64)


def alike(common: NDArray[np.float64], trains: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers the groups of like rows or units, from 0 on.

    Of the coins only the overall share decides where groups end: how many of either arm one has is for them to say. All
    are one group if some group lacks an arm altogether.
    """
    part = np.searchsorted(np.quantile(common, np.arange(1, GROUPS) / GROUPS), common)
    expected = np.bincount(part, minlength=GROUPS) * min(trains.mean(), 1 - trains.mean())
    group_of, group, held = np.zeros(GROUPS, dtype=np.intp), 0, 0.0
    for number in range(GROUPS):
        group_of[number] = group
        held += expected[number]
        if held >= FEWEST and expected[number + 1 :].sum() >= FEWEST:
            group, held = group + 1, 0.0
    groups = group_of[part]
    arms = [np.bincount(groups[side], minlength=group + 1) for side in (trains, ~trains)]
    return groups if np.min(arms) > 0 else np.zeros_like(groups)


def _share(column: Hashes) -> NDArray[np.float64]:
    """For each row, of those that hold the same."""
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    return np.asarray((counts / len(column))[place])


def _in_common(column: Hashes) -> float:
    """The entropy of what several rows hold."""
    shares = _share(column)
    return float(-np.log(shares[shares > 1.5 / len(shares)]).sum()) / len(shares)
