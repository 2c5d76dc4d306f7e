"""Persons with several rows, by the real program, on the RAND health insurance experiment (five years of a person)."""

import json
from pathlib import Path

import pandas as pd
import pytest
import statsmodels.datasets.randhie as randhie

from synthcli.artifact import load
from synthcli.audit.coins_file import load_coins
from tests.cli.conftest import Run, program

COLUMNS = ["site", "year", "income", "xage", "zper", "female", "mdvis"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(Path(randhie.__file__).parent / "src" / "randhie.csv")[COLUMNS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, table: pd.DataFrame) -> Path:
    folder = tmp_path_factory.mktemp("unit")
    table.to_csv(folder / "rand.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    """The program after a profile, and a fit in which at most three rows of a person count."""
    run = program(folder)
    done = run("profile", "rand.csv", "--privacy-unit", "zper", "-o", "schema.yaml", "--json")
    assert done.returncode == 0, done.stderr
    (folder / "profile.json").write_text(done.stdout)
    fit = ("fit", "rand.csv", "--schema", "schema.yaml", "--epsilon", "4", "--mechanism", "mst", "--no-persons")
    done = run(*fit, "--max-rows-per-unit", "3", "--audit-coins", "0.3", "-o", "m.synth")
    assert done.returncode == 0, done.stderr
    return run


def test_profile_tells_the_steward_what_each_bound_leaves_out(run: Run, folder: Path, table: pd.DataFrame) -> None:
    found = json.loads((folder / "profile.json").read_text())["privacy_unit"]
    rows = table.groupby("zper").size()
    assert (found["column"], found["units"]) == ("zper", len(rows))
    for bound in found["bounds"]:
        beyond = (rows - bound["max_rows_per_unit"]).clip(lower=0)
        assert bound["rows_left_out"] == beyond.sum() and bound["units_cut"] == (beyond > 0).sum()
    assert found["bounds"][-1] == {"max_rows_per_unit": rows.max(), "units_cut": 0, "rows_left_out": 0}


def test_model_ledger_and_page_name_the_unit(run: Run, folder: Path) -> None:
    statement = load(folder / "m.synth").statement
    assert (statement.unit_column, statement.rows_per_unit) == ("zper", 3)
    (spend,) = json.loads(run("ledger", "history", "rand", "--json").stdout)["spends"]
    assert spend["note"] == "unit zper, at most 3 rows each"
    assert run("report", "--model", "m.synth", "--public", "-o", "page.html").returncode == 0
    page = (folder / "page.html").read_text()
    assert "all rows with one value of <bdi>zper</bdi> (counted: 3 of them at most" in page
    assert "left out: the privacy unit" in page and "of the privacy units were candidates" in page


def test_counted_rows_are_those_that_the_bound_leaves(folder: Path, run: Run, table: pd.DataFrame) -> None:
    """Within ten of the noise's standard deviations, and the coins': a false alarm once in 1e20 runs."""
    model = load(folder / "m.synth")
    counted = table.groupby("zper").size().clip(upper=3).sum() * (1 - 0.3 / 2)
    assert abs(model.model.total - counted) < 10 * (3 * 29 + 80)
    assert min(m.stddev for m in model.measurements) > 3 * (1 / (2 * model.statement.rho)) ** 0.5


def test_rows_are_drawn_and_audited_by_units(run: Run, folder: Path, table: pd.DataFrame) -> None:
    assert run("sample", "m.synth", "--seed", "1", "-o", "s.csv").returncode == 0
    assert list(pd.read_csv(folder / "s.csv").columns) == [name for name in COLUMNS if name != "zper"]
    done = run("audit", "rand.csv", "s.csv", "--model", "m.synth", "-o", "audit.json", "--json")
    assert done.returncode in (0, 11), done.stderr
    (place,) = (folder / "coins").glob("*.json")
    coins = load_coins(place)
    trains = table[coins.keep(0, len(table))]
    assert trains.groupby("zper").size().max() == 3
    assert not set(table.zper[coins.non_members]) & set(trains.zper), "of tails no row trains"
    assert set(table.zper[coins.members]) <= set(trains.zper)
    setup = json.loads((folder / "audit.json").read_text())["audit"]["setup"]
    assert setup["candidates"] == len(coins.candidates) < 0.4 * table.zper.nunique()


def test_a_dry_run_shows_what_each_bound_costs_and_reads_no_rows(run: Run, folder: Path) -> None:
    plan = ("fit", "nowhere.csv", "--schema", "schema.yaml", "--epsilon", "4", "--dry-run", "--json")
    unit = json.loads(run(*plan, "--max-rows-per-unit", "3").stdout)["privacy_unit"]
    assert (unit["column"], unit["max_rows_per_unit"]) == ("zper", 3)
    relative = {bound["max_rows_per_unit"]: bound["relative"] for bound in unit["bounds"]}
    assert set(relative) == {1, 2, 3, 5, 10, 20, 50}
    assert all(abs(times - rows) < 1e-6 for rows, times in relative.items())


def test_the_same_fit_is_up_to_date_and_another_bound_is_another_fit(run: Run) -> None:
    fit = ("fit", "rand.csv", "--schema", "schema.yaml", "--epsilon", "4", "--mechanism", "mst", "--no-persons")
    fit += ("--audit-coins", "0.3", "-o", "m.synth")
    assert "up to date" in run(*fit, "--max-rows-per-unit", "3").stderr
    assert run(*fit, "--max-rows-per-unit", "2").returncode == 2


def test_profile_marks_what_never_varies_and_a_fit_draws_persons(run: Run, folder: Path, table: pd.DataFrame) -> None:
    found = json.loads((folder / "profile.json").read_text())["columns"]
    modelled = [column["name"] for column in found if column["role"] == "model"]
    constant = (table.groupby("zper")[modelled].nunique(dropna=False) == 1).all()
    own = [column["name"] for column in found if column["level"] == "person"]
    assert own == [name for name in modelled if constant[name]] and 0 < len(own) < len(modelled)
    fit = ("fit", "rand.csv", "--schema", "schema.yaml", "--epsilon", "4", "--mechanism", "independent")
    plan = json.loads(run(*fit, "--max-rows-per-unit", "3", "--dry-run", "--json").stdout)
    assert plan["persons"]["columns"] == [*own, "rows of one zper"]
    assert abs(sum(stage["share"] for stage in plan["stages"]) - 1) < 1e-9
    done = run(*fit, "--max-rows-per-unit", "3", "-o", "p.synth", "--json")
    assert done.returncode == 0, done.stderr
    assert abs(json.loads(done.stdout)["persons"] / table.zper.nunique() - 1) < 0.2
    done = run("sample", "p.synth", "-n", "50", "--persons", "people.csv", "-o", "events.csv", "--json")
    assert json.loads(done.stdout)["persons"] == 50
    people, events = pd.read_csv(folder / "people.csv"), pd.read_csv(folder / "events.csv")
    assert list(people.columns) == [name for name in table.columns if name in ("zper", *own)]
    assert set(events.zper) == set(people.zper) and len(people) == 50
    assert run("sample", "m.synth", "--persons", "x.csv", "-o", "y.csv").returncode == 2
    assert not (folder / "x.csv").exists() and not (folder / "y.csv").exists()
