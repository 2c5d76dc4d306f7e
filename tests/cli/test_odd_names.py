"""File names are bytes: those that are not UTF-8 are read and written as others are."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.table_fixture import SCHEMA, csv

ODD = os.fsdecode(b"b\xffd")
"""As Python hands it on: with a lone surrogate."""
FIT = ("--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent")


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    (tmp_path / f"{ODD}.csv").write_text(csv())
    (tmp_path / ODD).mkdir()
    (tmp_path / ODD / "1.csv").write_text(csv())
    (tmp_path / "schema.yaml").write_text(SCHEMA)


def test_a_table_is_profiled_fitted_and_written(synthcli: Run, tmp_path: Path) -> None:
    done = synthcli("profile", f"{ODD}.csv", "--name", "wards", "-o", f"{ODD}.yaml")
    assert done.returncode == 0, repr(done.stderr)
    for table in (f"{ODD}.csv", ODD):
        done = synthcli("fit", table, *FIT, "-o", f"{ODD}.synth", "--force")
        assert done.returncode == 0, repr(done.stderr)
    for rows in (f"rows-{ODD}.csv", f"rows-{ODD}.parquet"):
        done = synthcli("sample", f"{ODD}.synth", "-n", "5", "-o", rows)
        assert done.returncode == 0, repr(done.stderr)
        assert (tmp_path / rows).is_file()


def test_such_a_name_does_not_say_what_the_data_set_is_called(synthcli: Run) -> None:
    done = synthcli("profile", f"{ODD}.csv", "-o", "s.yaml")
    assert (done.returncode, "add --name NAME" in done.stderr) == (2, True), repr(done.stderr)


def test_the_real_program_prints_such_a_name(synthcli: Run) -> None:
    done = synthcli("profile", f"{ODD}.csv")
    assert (done.returncode, done.stdout[:12]) == (0, "column\ttype\t"), repr(done.stderr)


def test_other_locales_find_the_file_and_a_release_has_an_odd_place_to_work(synthcli: Run, tmp_path: Path) -> None:
    (tmp_path / "Größe.csv").write_text(csv())
    changes = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = synthcli("profile", "Größe.csv", "-o", "s.yaml", "--name", "wards", **changes)
    assert done.returncode == 0, repr(done.stderr)
    (tmp_path / "policy.toml").write_text('min_nonmembers = 50\n[tolerances]\n"*" = 1\n')
    ask = ("--policy", "policy.toml", "--audit-coins", "0.5", "--work", f"work-{ODD}", "-o", "public/")
    done = synthcli("release", f"{ODD}.csv", *FIT, *ask)
    assert done.returncode in (0, 11), repr(done.stderr)
