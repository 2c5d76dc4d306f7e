"""How far written rows are from real ones: mean total variation distance over one- and two-way marginals.

Numeric columns are cut into 100 equal bins between the real minimum and maximum, as the papers do; missing is a code.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scores import distance


def codes(real: pd.DataFrame, other: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Both tables as codes over the real table's values."""
    ours, theirs, sizes = [], [], []
    for name in real.columns:
        left, right, size = _column(real[name], other[name])
        ours.append(left)
        theirs.append(right)
        sizes.append(size)
    return np.stack(ours, 1), np.stack(theirs, 1), sizes


def _column(real: pd.Series, other: pd.Series) -> tuple[np.ndarray, np.ndarray, int]:
    if pd.api.types.is_numeric_dtype(real) and real.nunique() > 100:
        edges = np.linspace(real.min(), real.max(), 101)[1:-1]
        return *(np.where(s.isna(), 100, np.digitize(s, edges)) for s in (real, other)), 101
    known = {value: i for i, value in enumerate(real.dropna().unique())}
    size = len(known) + 2
    return *(np.where(s.isna(), size - 1, s.map(known).fillna(size - 2)).astype(int) for s in (real, other)), size


def tvd(real: pd.DataFrame, other: pd.DataFrame, order: int) -> float:
    left, right, sizes = codes(real, other)
    distances = []
    for chosen in combinations(range(len(sizes)), order):
        columns = list(chosen)
        distances.append(distance(left[:, columns], right[:, columns], tuple(sizes[c] for c in columns)))
    return float(np.mean(distances))
