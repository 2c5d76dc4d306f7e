"""Who would be matched anyway: a forecast from how common somebody's values are, which knows no coin.

In a crowd chance matches many rows, and which ones can largely be told beforehand. Compared with each other are
therefore rows that are about as likely to be matched: the difference between the arms stays what it was, and most of
what chance adds to it goes. That is post-stratification, by a forecast that no row's own match has taught (Wager, Du,
Taylor and Tibshirani 2016, "High-dimensional regression adjustments in randomized experiments").

The released model knows better who is common, and is not asked. It has seen the training rows, and if it had learnt
them by heart, its forecast would explain the copies away.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
"""A row is forecast by what the other four fifths teach."""
GROUPS = 10
"""Rows are alike whose forecasts fall into the same of so many equal parts of 0 … 1."""
FEWEST = 50
"""Groups with fewer rows or units than this, of either arm, are taken together with the next one."""
_ALONE, _PAIRED = 16, 8
"""So many columns, those of the largest entropy, are looked at alone, and in pairs."""
_PARTS = 8
"""A share counts by its logarithm, and by which of so many equal parts of all rows it lies in."""
_RIDGE = 10.0


def forecast(codes: NDArray[np.uint32], unit: NDArray[np.intp], found: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each row or unit about how likely it is to be matched, as the matches of others tell.

    `codes`: rows × attributes; `unit`: whose each row is, an index of `found`, each of which has a row.
    """
    shares = _by_unit(_log_shares(codes), unit, len(found))
    terms = _Terms.made_for(shares)
    folds = [np.arange(fold, len(found), FOLDS) for fold in range(FOLDS)]
    sums = [_normal(terms.of(shares[fold]), found[fold]) for fold in folds]
    products, targets = sum(one for one, _ in sums), sum(one for _, one in sums)
    result = np.empty(len(found))
    for fold, (product, target) in zip(folds, sums, strict=True):
        penalty = _RIDGE * np.eye(len(target))
        result[fold] = terms.of(shares[fold]) @ np.linalg.solve(products - product + penalty, targets - target)
    return result


def alike(forecasts: NDArray[np.float64], trains: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Numbers the groups of like rows, from 0 on: each has `FEWEST` of either arm, if there are so many at all."""
    part = np.clip(np.floor(forecasts * GROUPS), 0, GROUPS - 1).astype(np.intp)
    counts = np.stack([np.bincount(part[side], minlength=GROUPS) for side in (trains, ~trains)])
    group_of, group, held = np.zeros(GROUPS, dtype=np.intp), 0, np.zeros(2, dtype=np.intp)
    for number in range(GROUPS):
        group_of[number] = group
        held += counts[:, number]
        if held.min() >= FEWEST and counts[:, number + 1 :].sum(axis=1).min() >= FEWEST:
            group, held = group + 1, np.zeros(2, dtype=np.intp)
    return group_of[part]


def _log_shares(codes: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Rows × columns and pairs of columns: the logarithm of the share of rows that hold the same there."""
    widest = np.argsort([_log_share(column).mean() for column in codes.T], kind="stable")
    pairs = combinations(codes[:, widest[:_PAIRED]].T.astype(np.uint64), 2)
    joined = (one * (other.max() + np.uint64(1)) + other for one, other in pairs)
    return np.stack([_log_share(column) for column in (*codes[:, widest[:_ALONE]].T, *joined)], axis=1)


def _log_share(column: NDArray[np.unsignedinteger]) -> NDArray[np.float32]:
    """For each row: minus the mean of these is the column's entropy."""
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    return np.asarray(np.log(counts / len(column))[place], dtype=np.float32)


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
