"""`sample` as a user calls it: conditions, balances, replicates, refusals, and what it says about the rows."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment, program
from tests.cli.table_fixture import SCHEMA, rows
from tests.cli.table_fixture import csv as table


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model."""
    folder = tmp_path_factory.mktemp("conditional")
    (folder / "t.csv").write_text(table(rows(1500)))
    (folder / "schema.yaml").write_text(SCHEMA)
    run = program(folder)
    fit = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "3", "--mechanism", "mst", "-o", "m.synth")
    for arguments in (("ledger", "init", "wards", "--epsilon", "10", "--delta", "1e-6"), fit):
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(workshop: Path) -> Run:
    return program(workshop)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"t.csv", "schema.yaml", "m.synth"}


CONDITION = "12 <= age < 15 and ward in ('north', \"south\") and not (score is missing) and seen > '2024-03-01'"


@pytest.mark.parametrize("name", ["where.csv", "where.parquet"])
def test_rows_satisfy_the_condition_and_nobody_takes_them_for_the_population(
    run: Run, workshop: Path, name: str
) -> None:
    done = run("sample", "m.synth", "--where", CONDITION, "-n", "700", "--seed", "1", "-o", name, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["condition"] == CONDITION
    assert 0 < document["probability"] < 0.1
    assert (document["population"], document["balance"], document["rows"]) == (False, None, 700)
    assert f"condition: {CONDITION} (probability 0.0" in done.stderr
    assert "these rows are conditioned: they do not stand for the population" in done.stderr
    if name.endswith(".csv"):
        written = _rows(workshop / name)
        assert len(written) == 700
        for row in written:
            assert 12 <= int(row["age"]) < 15
            assert row["ward"] in ("north", "south")
            assert row["score"]
            assert row["seen"] > "2024-03-01"


def test_rows_of_the_population_say_so(run: Run) -> None:
    done = run("sample", "m.synth", "-n", "5", "-o", "plain.csv", "--json")
    document = json.loads(done.stdout)
    assert (document["population"], document["condition"], document["probability"]) == (True, None, None)
    assert "population" not in done.stderr


def test_a_balance_with_a_condition(run: Run, workshop: Path) -> None:
    options = ("--balance", "urgent:true=1,false=3", "--where", "age >= 90", "-n", "400", "-o", "balanced.csv")
    done = run("sample", "m.synth", *options)
    assert done.returncode == 0, done.stderr
    written = _rows(workshop / "balanced.csv")
    assert Counter(row["urgent"] for row in written) == {"true": 100, "false": 300}
    assert all(int(row["age"]) >= 90 for row in written)
    assert "balance: urgent:true=1,false=3" in done.stderr
    assert "conditioned and balanced" in done.stderr
    done = run("sample", "m.synth", "--balance", "ward", "-n", "300", "-o", "even.csv")
    assert Counter(row["ward"] for row in _rows(workshop / "even.csv")) == {"north": 100, "south": 100, "east": 100}


def test_replicates_are_independent_files_and_come_again_with_the_seed(run: Run, workshop: Path) -> None:
    options = ("--where", "age < 30", "-n", "50", "--seed", "5", "--replicates", "3")
    done = run("sample", "m.synth", *options, "-o", "rep.csv", "--json")
    assert json.loads(done.stdout)["outputs"] == ["rep-1.csv", "rep-2.csv", "rep-3.csv"]
    first = [(workshop / f"rep-{n}.csv").read_text() for n in (1, 2, 3)]
    assert len(set(first)) == 3
    assert not (workshop / "rep.csv").exists()
    run("sample", "m.synth", *options, "-o", "r{}of3.csv")
    assert [(workshop / f"r{n}of3.csv").read_text() for n in (1, 2, 3)] == first


def test_replicates_are_refused_before_anything_is_written(run: Run, workshop: Path) -> None:
    (workshop / "there-2.csv").write_text("mine")
    before = _left(workshop)
    done = run("sample", "m.synth", "-n", "5", "--replicates", "3", "-o", "there.csv")
    assert (done.returncode, "there-2.csv is there already" in done.stderr) == (2, True)
    assert _left(workshop) == before
    assert (workshop / "there-2.csv").read_text() == "mine"
    done = run("sample", "m.synth", "-n", "5", "--replicates", "3", "-o", "there.csv", "--force")
    assert done.returncode == 0
    assert len(_rows(workshop / "there-2.csv")) == 5
    done = run("sample", "m.synth", "-n", "5", "--replicates", "3")
    assert (done.returncode, "cannot go to standard output" in done.stderr) == (2, True)
    done = run("sample", "m.synth", "-n", "5", "--replicates", "0", "-o", "none.csv")
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (("--where", "age > 99"), "its probability is zero", "column 'age' never holds that"),
        (("--where", "ward is missing"), "its probability is zero", "column 'ward' never holds that"),
        (("--where", "ward == 'West'"), "at character 9: no row has 'West' as its 'ward'", "'north', 'south', 'east'"),
        (("--where", "agee > 3"), "at character 1: there is no column 'agee'", "did you mean 'age'?"),
        (("--where", "age > "), "at character 7: the condition ends", "expected a column or a value"),
        (("--balance", "age:1=1,120=1"), "have probability zero", "leave them out"),
    ],
)
def test_a_refusal_is_one_clear_line_and_leaves_no_file(
    run: Run, workshop: Path, options: tuple[str, str], message: str, hint: str
) -> None:
    before = _left(workshop)
    done = run("sample", "m.synth", *options, "-o", "no.csv")
    assert done.returncode == 2
    assert message in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert _left(workshop) == before


def test_a_failure_while_writing_leaves_no_half_written_file(run: Run, workshop: Path) -> None:
    """A file-size limit stops the writer half-way."""
    before = _left(workshop)
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); import signal; "
    code += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from synthcli.__main__ import main; main()"
    arguments = ("sample", "m.synth", "--where", "age < 30", "-n", "200000", "-o", "half.csv", "--replicates", "2")
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=workshop, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 3, done.stderr
    assert _left(workshop) == before
