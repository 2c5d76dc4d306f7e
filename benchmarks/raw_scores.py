"""How far written rows of a raw table are from its own rows: columns, pairs, tails, calendars, gaps."""

from itertools import combinations

import numpy as np
import pandas as pd
from scores import distance
from utility import codes

TAILS = (0.01, 0.05, 0.5, 0.95, 0.99)


def score(real: pd.DataFrame, written: pd.DataFrame, kinds: dict[str, str]) -> dict[str, object]:
    """All figures of one run. `columns` holds what each column shows, by its name.

    `tvd1`, `tvd2`: mean total variation distance over columns and pairs, numbers and dates in 100 equal bins. `ks`,
    `tails`: means over the columns of numbers; an error beyond 1 counts as 1. `gaps`: the mean total variation distance
    between the missingness patterns of two columns, over the pairs where both have missing values.
    """
    left, right, sizes = codes(real, written)
    singles = [distance(left[:, [i]], right[:, [i]], (size,)) for i, size in enumerate(sizes)]
    pairs = [
        distance(left[:, [a, b]], right[:, [a, b]], (sizes[a], sizes[b])) for a, b in combinations(range(len(sizes)), 2)
    ]
    columns = {
        name: {"tvd": single, **_shape(real[name], written[name], kinds[name])}
        for name, single in zip(real.columns, singles, strict=True)
    }
    shapes = [found for found in columns.values() if "ks" in found]
    gaps = missing_together(real, written)
    means = {
        "tvd1": np.mean(singles),
        "tvd2": np.mean(pairs) if pairs else None,
        "ks": np.mean([found["ks"] for found in shapes]) if shapes else None,
        "tails": np.minimum([found["tails"] for found in shapes], 1.0).mean() if shapes else None,
        "gaps": np.mean(gaps) if gaps else None,
        "most_gaps": max(gaps, default=None),
    }
    short = {name: None if value is None else round(float(value), 5) for name, value in means.items()}
    return {**short, "columns": _rounded(columns)}


def _shape(real: pd.Series, written: pd.Series, kind: str) -> dict[str, object]:
    real, written = real.dropna(), written.dropna()
    if kind == "category" or real.nunique() < 2:
        return {}
    if not len(written):
        return {"ks": 1.0, "tails": [1.0] * len(TAILS)} if kind == "number" else {}
    return numbers(real.to_numpy(), written.to_numpy()) if kind == "number" else calendar(real, written)


def numbers(real: np.ndarray, written: np.ndarray) -> dict[str, object]:
    """Kolmogorov–Smirnov distance, and the errors of five quantiles in units of the real 1 % to 99 % range."""
    real, written = np.sort(real), np.sort(written)
    both = np.concatenate([real, written])
    shares = [np.searchsorted(rows, both, side="right") / len(rows) for rows in (real, written)]
    low, high = np.quantile(real, (0.01, 0.99))
    unit = high - low or real[-1] - real[0]
    off = np.abs(np.quantile(written, TAILS) - np.quantile(real, TAILS)) / unit
    return {"ks": float(np.abs(shares[0] - shares[1]).max()), "tails": off.tolist()}


def calendar(real: pd.Series, written: pd.Series) -> dict[str, object]:
    """Total variation distances of the shares of weekdays, hours and months."""
    stamps = [pd.to_datetime(rows, unit="s").dt for rows in (real, written)]
    return {part: _shares(*(getattr(stamp, part) for stamp in stamps)) for part in ("weekday", "hour", "month")}


def _shares(real: pd.Series, written: pd.Series) -> float:
    p, q = (rows.value_counts(normalize=True) for rows in (real, written))
    return float(p.sub(q, fill_value=0.0).abs().sum() / 2)


def missing_together(real: pd.DataFrame, written: pd.DataFrame) -> list[float]:
    """The distance between the 2 x 2 tables of which is missing, for each pair of columns that both have gaps."""
    gappy = [name for name in real if real[name].isna().any() and not real[name].isna().all()]
    left, right = (rows[gappy].isna().to_numpy().astype(int) for rows in (real, written))
    return [distance(left[:, [a, b]], right[:, [a, b]], (2, 2)) for a, b in combinations(range(len(gappy)), 2)]


def _rounded(columns: dict[str, dict[str, object]]) -> dict[str, object]:
    def short(value: object) -> object:
        return [short(v) for v in value] if isinstance(value, list) else round(float(value), 4)  # type: ignore[arg-type]

    return {name: {key: short(value) for key, value in found.items()} for name, found in columns.items()}
