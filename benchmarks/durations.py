"""How long stays are in synthetic rows, on a simulated hospital table: admission, discharge, and what they depend on.

    python benchmarks/durations.py [--rows 5000] [--kind date] [--epsilon 1] [--repeats 12]

Three years of admissions, fewer at weekends. Stays are lognormal, with a median that depends on the diagnosis; few
leave on a Sunday (dates), most between nine and three (datetimes). Over the fits, mean and largest of: KS distances of
the stays, of the stays of each diagnosis (their mean) and of both dates; the mean stay, of the real one's; and the
largest error of a weekday's share.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from synthcli.artifact import load
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest

DIAGNOSES = dict(zip("ABCDEFGH", [0.3, 0.8, 1.1, 1.4, 1.6, 1.9, 2.3, 2.8], strict=True))
SCHEMA = """
name: stays
fields:
- {{name: age, type: integer, constraints: {{required: true}}}}
- {{name: sex, type: string, constraints: {{required: true, enum: [f, m]}}}}
- {{name: diagnosis, type: string, constraints: {{required: true, enum: [A, B, C, D, E, F, G, H]}}}}
- {{name: ward, type: string, constraints: {{required: true}}}}
- {{name: admission, type: {kind}, constraints: {{required: true}}}}
- {{name: discharge, type: {kind}, constraints: {{required: true}}}}
rules:
- order: [admission, discharge]
"""


def stays(rows: int, kind: str) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    days = pd.date_range("2019-01-01", "2021-12-31")
    weight = np.array([1.2, 1.1, 1.05, 1, 1, 0.8, 0.7])[days.day_of_week]
    begin = pd.Series(rng.choice(days, rows, p=weight / weight.sum()))
    diagnosis = rng.choice(list(DIAGNOSES), rows, p=[0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04])
    length = np.exp(np.array([DIAGNOSES[d] for d in diagnosis]) + rng.normal(0, 0.7, rows))
    if kind == "date":
        end = begin + pd.to_timedelta(np.floor(length), unit="D")
        end += pd.to_timedelta(((end.dt.day_of_week == 6) & (rng.random(rows) < 0.6)).astype(int), unit="D")
    else:
        begin += pd.to_timedelta(rng.integers(0, 1440, rows), unit="min")
        end = begin + pd.to_timedelta(np.floor(length * 1440), unit="min")
        noon = end.dt.normalize() + pd.to_timedelta(rng.integers(9 * 60, 15 * 60, rows), unit="min")
        end = end.where((rng.random(rows) >= 0.7) | (noon < begin), noon)
    place = np.array(list("AABBCCDD"))[[list(DIAGNOSES).index(d) for d in diagnosis]]
    return pd.DataFrame(
        {
            "age": np.clip(rng.normal(55, 20, rows), 0, 100).astype(int),
            "sex": rng.choice(["f", "m"], rows),
            "diagnosis": diagnosis,
            "ward": np.where(rng.random(rows) < 0.7, place, "E"),
            "admission": begin,
            "discharge": end,
        }
    )


def distance(real: np.ndarray, synthetic: np.ndarray) -> float:
    every = np.concatenate([real, synthetic])
    below = [np.searchsorted(np.sort(values), every, side="right") / len(values) for values in (real, synthetic)]
    return float(np.abs(below[0] - below[1]).max())


def in_days(times: pd.Series) -> np.ndarray:
    return (times - pd.Timestamp(0)).dt.total_seconds().to_numpy() / 86_400


def score(real: pd.DataFrame, drawn: pd.DataFrame) -> dict[str, float]:
    lengths = [in_days(table["discharge"]) - in_days(table["admission"]) for table in (real, drawn)]
    alike = [[(table["diagnosis"] == d).to_numpy() for table in (real, drawn)] for d in DIAGNOSES]
    scores = {
        "stays": distance(*lengths),
        "by diagnosis": np.mean([distance(lengths[0][a], lengths[1][b]) for a, b in alike if b.any()]),
        "mean stay": lengths[1].mean() / lengths[0].mean(),
    }
    for name in ("admission", "discharge"):
        scores[name] = distance(in_days(real[name]), in_days(drawn[name]))
        shares = [np.bincount(table[name].dt.day_of_week, minlength=7) / len(table) for table in (real, drawn)]
        scores[f"{name} weekday"] = np.abs(shares[0] - shares[1]).max()
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--kind", choices=("date", "datetime"), default="date")
    parser.add_argument("--epsilon", default="1")
    parser.add_argument("--repeats", type=int, default=12)
    asked = parser.parse_args()
    real, found = stays(asked.rows, asked.kind), []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        real.to_csv(folder / "t.csv", index=False)
        (folder / "s.yaml").write_text(SCHEMA.format(kind=asked.kind))
        for repeat in range(asked.repeats):
            model = folder / f"{repeat}.synth"
            ledger = folder / f"{repeat}.sqlite"
            request = FitRequest(data=str(folder / "t.csv"), schema=folder / "s.yaml", output=model, ledger=ledger,
                                 epsilon=asked.epsilon, delta="1e-6")  # fmt: skip
            run_fit(request)
            rows = pa.Table.from_batches(
                list(load(model).sample(asked.rows, np.random.default_rng(repeat)))
            ).to_pandas()
            found.append(score(real, rows.assign(**{n: pd.to_datetime(rows[n]) for n in ("admission", "discharge")})))
    table = pd.DataFrame(found)
    print(f"{asked.rows:,} rows, {asked.kind}, epsilon {asked.epsilon}, {asked.repeats} fits")
    print(pd.DataFrame({"mean": table.mean(), "largest": table.max()}).round(4).to_string())


if __name__ == "__main__":
    main()
