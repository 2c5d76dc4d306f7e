"""Synthetic rows are stopped before a fit, whatever became of the file; real rows, and coarse tables, are not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synthcli.artifact import load
from synthcli.errors import InputError
from synthcli.privacy.ledger import open_ledger
from synthcli.privacy.ledger_releases import releases
from synthcli.report.describe import describe
from synthcli.report.html import render_html
from synthcli.table.source import open_source
from synthcli.workflow.fit import run_fit
from synthcli.workflow.released import look
from synthcli.workflow.requests import FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample
from tests.cli.table_fixture import SCHEMA, csv, rows

COARSE = """\
name: coarse
fields:
  - {name: ward, type: string, constraints: {enum: [north, south, east], required: true}}
  - {name: urgent, type: boolean, constraints: {required: true}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table and its release, remembered by the ledger."""
    folder = tmp_path_factory.mktemp("released")
    (folder / "t.csv").write_text(csv(rows(2500)))
    (folder / "schema.yaml").write_text(SCHEMA)
    run_fit(asked(folder, "t.csv"))
    run_sample(SampleRequest(model=folder / "m.synth", output=str(folder / "s.csv"), seed=1, ledger=ledger(folder)))
    return folder


def ledger(folder: Path) -> str:
    return str(folder / "ledger.sqlite")


def asked(folder: Path, data: str, **changes: object) -> FitRequest:
    request = FitRequest(
        data=str(folder / data),
        schema=folder / "schema.yaml",
        output=folder / "m.synth",
        epsilon="3",
        mechanism="independent",
        ledger=ledger(folder),
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def findings(folder: Path, table: pd.DataFrame, name: str = "x.csv") -> int:
    """How often the table is taken for synthetic."""
    place = folder / name
    table.to_parquet(place) if name.endswith("parquet") else table.to_csv(place, index=False)
    return len(look(open_source(str(place)), open_ledger(ledger(folder))))


def text(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype=str, keep_default_na=False)


def test_real_rows_are_no_synthetic_ones(folder: Path) -> None:
    assert findings(folder, text(folder, "t.csv")) == 0


def test_a_file_that_says_so_is_refused_before_anything_is_spent(folder: Path) -> None:
    before = open_ledger(ledger(folder)).account("wards").spent_epsilon
    with pytest.raises(InputError, match="holds synthetic rows") as refused:
        run_fit(asked(folder, "s.csv", output=folder / "again.synth"))
    assert refused.value.exit_code == 3
    assert "--allow-synthetic" in refused.value.hint
    assert open_ledger(ledger(folder)).account("wards").spent_epsilon == before
    assert not (folder / "again.synth").exists()


@pytest.mark.parametrize("share", [1.0, 0.4, 0.1])
def test_rows_are_known_again_in_other_files_and_mixtures(folder: Path, share: float) -> None:
    synthetic, real = text(folder, "s.csv"), text(folder, "t.csv")
    stolen = synthetic.sample(int(share * len(real)), random_state=1, replace=share == 1.0)
    mixed = pd.concat([real.iloc[len(stolen) :], stolen]).sample(frac=1, random_state=2)
    assert findings(folder, mixed) == 1
    assert findings(folder, mixed[mixed.columns[::-1]].assign(more="y")) == 1
    assert findings(folder, mixed.set_axis([f"c{i}" for i in range(mixed.shape[1])], axis=1)) == 1


def test_a_parquet_copy_by_another_program_is_known(folder: Path) -> None:
    assert findings(folder, pd.read_csv(folder / "s.csv", parse_dates=["seen", "seen_at"]), "x.parquet") == 1


def test_columns_of_nested_or_binary_values_are_not_read(folder: Path) -> None:
    """By name, by place, and beside all that a release has."""
    copy = pd.read_csv(folder / "s.csv", parse_dates=["seen", "seen_at"])
    other = copy.assign(ward=[{"x": i} for i in range(len(copy))])
    assert findings(folder, other, "x.parquet") == 0
    assert findings(folder, other.set_axis([f"c{i}" for i in range(copy.shape[1])], axis=1), "x.parquet") == 0
    assert findings(folder, copy.assign(scan=[b"x"] * len(copy)), "x.parquet") == 1


def test_few_rows_of_a_release_are_known(folder: Path) -> None:
    assert findings(folder, text(folder, "s.csv").sample(40, random_state=1)) == 1


def test_coarse_tables_are_not_taken_for_synthetic(tmp_path: Path) -> None:
    """Six possible rows: every real one equals a synthetic one, and that means nothing."""
    table = pd.DataFrame([line.split(",") for line in rows(900)]).iloc[:, [0, 5]].set_axis(["ward", "urgent"], axis=1)
    table.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "schema.yaml").write_text(COARSE)
    run_fit(asked(tmp_path, "t.csv"))
    run_sample(SampleRequest(model=tmp_path / "m.synth", output=str(tmp_path / "s.csv"), ledger=ledger(tmp_path)))
    assert findings(tmp_path, table) == 0
    assert findings(tmp_path, table.sample(50, random_state=1)) == 0


def test_the_same_rows_again_are_remembered_once_and_others_beside_them(folder: Path) -> None:
    before = len(releases(open_ledger(ledger(folder))))
    request = SampleRequest(model=folder / "m.synth", output=str(folder / "same.csv"), seed=1, ledger=ledger(folder))
    run_sample(request)
    assert len(releases(open_ledger(ledger(folder)))) == before
    where = replace(request, output=str(folder / "old.csv"), where="age >= 60", replicates=2)
    run_sample(where)
    assert len(releases(open_ledger(ledger(folder)))) == before + 2
    facts = json.loads((folder / "old-2.csv.provenance.json").read_text())
    assert (facts["condition"], facts["replicate"]) == ("age >= 60", 2)
    assert findings(folder, text(folder, "old-2.csv")) == 1
    assert findings(folder, text(folder, "t.csv")) == 0


def test_a_knowing_fit_counts_the_generations(folder: Path) -> None:
    generations = []
    for number, data in enumerate(("s.csv", "s1.csv"), start=1):
        model = folder / f"m{number}.synth"
        run_fit(asked(folder, data, output=model, allow_synthetic=True))
        generations.append(load(model).statement.generation)
        run_sample(SampleRequest(model=model, output=str(folder / f"s{number}.csv"), ledger=ledger(folder)))
    assert generations == [2, 3]
    assert load(folder / "m.synth").statement.generation == 1
    page = render_html(describe(load(folder / "m2.synth")), public=True)
    assert "it is of generation 3" in page
    assert "synthetic themselves" not in render_html(describe(load(folder / "m.synth")), public=True)


def test_a_ledger_that_cannot_be_reached_is_a_warning(folder: Path) -> None:
    (folder / "broken.sqlite").write_bytes(b"not a database" * 100)
    heard: list[str] = []
    request = SampleRequest(
        model=folder / "m.synth", output=str(folder / "b.csv"), ledger=str(folder / "broken.sqlite")
    )
    run_sample(request, warn=heard.append)
    assert len(heard) == 1
    assert (folder / "b.csv").exists()
    run_sample(replace(request, output=str(folder / "c.csv"), ledger=str(folder / "none.sqlite")), warn=heard.append)
    assert len(heard) == 1
    assert not (folder / "none.sqlite").exists()


def test_what_is_written_depends_on_no_ledger(folder: Path) -> None:
    request = SampleRequest(model=folder / "m.synth", output=str(folder / "alone.csv"), seed=1)
    run_sample(replace(request, ledger=str(folder / "nothing.sqlite")))
    for ending in ("", ".provenance.json"):
        assert (folder / f"alone.csv{ending}").read_bytes() == (folder / f"s.csv{ending}").read_bytes()
    assert np.all(text(folder, "alone.csv") == text(folder, "s.csv"))
