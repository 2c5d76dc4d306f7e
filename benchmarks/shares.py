"""Shares in written rows beside the real ones: parts of dates, values of categories.

    python benchmarks/shares.py REAL.csv WRITTEN.csv --dates COLUMN … --values COLUMN …
    python benchmarks/shares.py REAL.csv WRITTEN.csv --pairs COLUMN [--groups icd9.csv]

Dates: the largest deviation of a share of weekday, hour and month, in percentage points, and the total variation
distance; in UTC. Values: how many there are and how many were written, the share of the real rows that hold a written
one, the total variation distance. Pairs: its mean over the pairs of a column with all others, of which the 30 commonest
values count; by the column's groups too, if a table has them (code, …, group).
"""

import argparse

import pandas as pd

LUMPED = 30


def distance(real: pd.Series, written: pd.Series) -> tuple[float, float]:
    """The largest difference of a share, and the total variation distance."""
    ours, theirs = (values.value_counts(normalize=True) for values in (real, written))
    off = ours.sub(theirs, fill_value=0).abs()
    return float(off.max()), float(off.sum() / 2)


def dates(real: pd.Series, written: pd.Series) -> None:
    times = [pd.to_datetime(values, utc=True, format="ISO8601").dropna().dt for values in (real, written)]
    for part in ("day_of_week", "hour", "month"):
        worst, total = distance(*(getattr(time, part) for time in times))
        print(f"{real.name} {part}: at most {100 * worst:.2f} pp, TVD {total:.4f}")


def values(real: pd.Series, written: pd.Series) -> None:
    known = set(written.dropna())
    held = real.dropna().isin(known).mean()
    total = distance(real.fillna("(missing)"), written.fillna("(missing)"))[1]
    print(f"{real.name}: {real.nunique()} values, {len(known)} written, in {held:.1%} of the rows; TVD {total:.4f}")


def pairs(real: pd.DataFrame, written: pd.DataFrame, column: str, groups: pd.Series | None) -> None:
    views = {"values": lambda values: values}
    if groups is not None:
        views["groups"] = lambda values: values.map(groups)
    for view, seen in views.items():
        found = []
        for other in written.columns.drop(column):
            common = real[other].value_counts().index[:LUMPED]
            both = [
                seen(frame[column]).fillna("") + "\0" + frame[other].where(frame[other].isin(common), "*").fillna("")
                for frame in (real, written)
            ]
            found.append(distance(*both)[1])
        print(f"{column} by {view}: mean TVD of its {len(found)} pairs {sum(found) / len(found):.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real")
    parser.add_argument("written")
    parser.add_argument("--dates", nargs="+", default=[])
    parser.add_argument("--values", nargs="+", default=[])
    parser.add_argument("--pairs")
    parser.add_argument("--groups")
    asked = parser.parse_args()
    real, written = (pd.read_csv(p, dtype=str, na_values=["?"], low_memory=False) for p in (asked.real, asked.written))
    for name in asked.dates:
        dates(real[name], written[name])
    for name in asked.values:
        values(real[name], written[name])
    if asked.pairs:
        table = pd.read_csv(asked.groups, dtype=str) if asked.groups else None
        pairs(real, written, asked.pairs, None if table is None else table.set_index("code").iloc[:, -1])


if __name__ == "__main__":
    main()
