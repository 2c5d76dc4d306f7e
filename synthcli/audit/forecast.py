"""Who would be matched anyway: a forecast from how common somebody's values are.

In a crowd chance matches many rows, and which ones can largely be told beforehand. Compared with each other are
therefore rows that are about as likely to be matched: the difference between the arms stays what it was, and most of
what chance adds to it goes (post-stratification: Miratrix, Sekhon and Yu 2013; by a forecast that no row's own match
has taught: Wager, Du, Taylor and Tibshirani 2016, "High-dimensional regression adjustments in randomized experiments").

Nothing that a row's own coin has a hand in may move its forecast, or copies would be explained away:

- The release is not asked. A model that had learnt its training rows by heart would find copies likely, and a codec
  that had learnt their values would know the others by what it lacks. How common a value is, the real rows say as they
  are spelt, those of both arms alike.
- Whoever is matched by the copy of one row is matched by that of its equals. So equal records are forecast together, by
  others; and there is a term for every fifty rows at most, lest a few of them be learnt by heart.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from synthcli.audit.block import Block
from synthcli.audit.neighbours import Hashes
from synthcli.audit.scan import hashed

FOLDS = 5
"""A row is forecast by what the other four fifths teach."""
GROUPS = 10
"""Rows are alike whose forecasts fall into the same of so many equal parts of 0 … 1."""
FEWEST = 50
"""Parts where fewer rows or units than this are to be expected, of either arm, are taken together with the next one."""
ROWS_PER_TERM = 50
"""The forecast has a term for so many rows or units at most."""
_COLUMNS = 10
"""So many columns are looked at, alone and in pairs: those of the largest entropy, values of one row alone left out."""
_PARTS = 8
"""A share counts by its logarithm, and by which of so many equal parts of all rows it lies in."""
_RIDGE = 10.0


def forecast(block: Block, unit: NDArray[np.intp], found: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each row or unit about how likely it is to be matched, as the matches of others tell.

    `unit`: whose each row is, an index of `found`, each of which has a row. The same for all where there are too few.
    """
    most = len(found) // ROWS_PER_TERM // _PARTS
    if most < 1:
        return np.full(len(found), 0.5)
    shares = _by_unit(_log_shares(hashed(block, "spelled"), most), unit, len(found))
    terms, number = _Terms.made_for(shares), _fold(block, unit, len(found))
    folds = [np.flatnonzero(number == fold) for fold in range(FOLDS)]
    sums = [_normal(terms.of(shares[fold]), found[fold]) for fold in folds]
    products, targets = sum(one for one, _ in sums), sum(one for _, one in sums)
    result = np.empty(len(found))
    for fold, (product, target) in zip(folds, sums, strict=True):
        penalty = _RIDGE * np.eye(len(target))
        result[fold] = terms.of(shares[fold]) @ np.linalg.solve(products - product + penalty, targets - target)
    return result


def alike(forecasts: NDArray[np.float64], trains: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers the groups of like rows, from 0 on.

    How many of either arm a group has is for the coins to say: where groups end, their overall share alone decides. All
    are one group if one of them lacks an arm altogether.
    """
    part = np.clip(np.floor(forecasts * GROUPS), 0, GROUPS - 1).astype(np.intp)
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


def _fold(block: Block, unit: NDArray[np.intp], units: int) -> NDArray[np.uint64]:
    """Equal records have one, as the model sees them, and units the likelier, the more of their records are equal: the
    least of the hashes decides (MinHash; Broder 1997)."""
    least = np.full(units, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, unit, hashed(block, "codes").sum(axis=1, dtype=np.uint64))
    return least % np.uint64(FOLDS)


def _log_shares(cells: Hashes, most: int) -> NDArray[np.float32]:
    """Rows × columns and pairs, `most` of them at most: the logarithm of the share of rows that hold the same there."""
    widest = np.argsort([_in_common(_log_share(column)) for column in cells.T], kind="stable")
    columns = next(number for number in range(_COLUMNS, 0, -1) if number * (number + 1) // 2 <= most)
    chosen = cells[:, widest[:columns]].T
    pairs = (one + other for one, other in combinations(chosen, 2))  # sums of random numbers: equal where both are
    return np.stack([_log_share(column) for column in (*chosen, *pairs)], axis=1)


def _log_share(column: NDArray[np.uint64]) -> NDArray[np.float32]:
    """For each row."""
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    return np.asarray(np.log(counts / len(column))[place], dtype=np.float32)


def _in_common(log_shares: NDArray[np.float32]) -> float:
    """Minus the entropy, of what several rows hold."""
    return float(log_shares[log_shares > np.log(1.5 / len(log_shares))].sum()) / len(log_shares)


def _by_unit(shares: NDArray[np.float32], unit: NDArray[np.intp], units: int) -> NDArray[np.float32]:
    """Units × columns: the mean over a unit's rows, and the logarithm of their number, where some unit has several."""
    rows = np.bincount(unit, minlength=units)
    if len(unit) == units and rows.max() == 1:
        return shares[np.argsort(unit)]
    means = [np.bincount(unit, weights=column, minlength=units) / rows for column in shares.T]
    return np.stack([*means, np.log(rows)], axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Terms:
    """What the forecast is a sum of: a constant, each column of `shares`, and in which part of all rows it lies."""

    centre: NDArray[np.float32]
    spread: NDArray[np.float32]
    edges: tuple[NDArray[np.float32], ...]

    @classmethod
    def made_for(cls, shares: NDArray[np.float32]) -> "_Terms":
        parts = np.quantile(shares, np.arange(1, _PARTS) / _PARTS, axis=0)
        spread = np.maximum(shares.std(axis=0), np.float32(1e-6))
        return cls(shares.mean(axis=0), spread, tuple(np.unique(edges) for edges in parts.T))

    def of(self, shares: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows × terms."""
        places = [np.searchsorted(edges, column) for edges, column in zip(self.edges, shares.T, strict=True)]
        parts = [place[:, None] == np.arange(1, len(e) + 1) for place, e in zip(places, self.edges, strict=True)]
        constant = np.ones((len(shares), 1), dtype=np.float32)
        return np.concatenate([constant, (shares - self.centre) / self.spread, *parts], axis=1, dtype=np.float32)


def _normal(terms: NDArray[np.float32], found: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both sides of the normal equations."""
    return (terms.T @ terms).astype(np.float64), (terms.T @ found.astype(np.float32)).astype(np.float64)
