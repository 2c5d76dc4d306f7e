"""One command from a raw table to a release: what is typed, what is said, and who goes before whom."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.table_fixture import SECRET, csv, rows

ONE = ("release", "t.csv", "--mechanism", "independent", "--audit-coins", "0.5", "--policy", "policy.toml")


@pytest.fixture(autouse=True)
def table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(csv(rows(1200)))
    (tmp_path / "policy.toml").write_text('min_nonmembers = 50\n[tolerances]\n"*" = 1\n')


def test_one_command_from_a_raw_table_to_a_release(synthcli: Run, tmp_path: Path) -> None:
    ask = (*ONE, "--accept-profile", "--delta", "1e-9", "-o", "public/", "--json")
    done = synthcli(*ask, SYNTHCLI_RELEASE_EPSILON="0.5")
    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout)
    assert (told["outcome"], told["epsilon_spent"], told["dataset"]) == ("pass", 0.5, "t")
    assert told["published"] == str(tmp_path / "public" / "t-0001")
    assert told["schema"] == str(tmp_path / ".synthcli" / "t" / "schema.yaml")
    assert done.stderr.splitlines()[1] == (
        "warning: types, formats and roles of the 6 columns of t.csv were read off its rows and are accepted unseen: "
        "epsilon does not cover them"
    )
    assert (tmp_path / "public" / "latest" / "t.parquet").is_file()
    again = synthcli(*ask, "--epsilon", "0.5", "--quiet", SYNTHCLI_RELEASE_EPSILON="7")
    assert (again.returncode, again.stderr) == (0, ""), "options go before the environment, and cron hears of nothing"
    assert (json.loads(again.stdout)["up_to_date"], json.loads(again.stdout)["epsilon_spent"]) == (True, 0.0)
    (tmp_path / "public" / "t-0001" / "t.parquet").unlink()
    anew = json.loads(synthcli(*ask, "--epsilon", "0.5").stdout)
    assert (anew["up_to_date"], anew["epsilon_spent"]) == (False, 0.0), "the model is there, its rows are not"
    assert (tmp_path / "public" / "latest" / "t.parquet").is_file()
    assert anew["published"] == str(tmp_path / "public" / "t-0002")


def test_without_schema_or_acceptance_both_ways_are_named(inside: Run, tmp_path: Path) -> None:
    done = inside(*ONE, "--epsilon", "1", "-o", "public/")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: the release has 1 problem(s)\n"
        "  [data] schema: is required, or accept_profile (--schema FILE, or --accept-profile)\n"
        "  hint: synthcli profile t.csv -o schema.yaml proposes a schema: read it, and give --schema; or "
        "--accept-profile takes what is proposed unseen, which epsilon does not cover\n"
    )
    assert not (tmp_path / ".synthcli").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ("no.csv", "--accept-profile"),
        ("no-*.csv", "--accept-profile", "--dataset", "d"),
        ("t.csv", "--schema", "no.yaml"),
    ],
)
def test_no_table_or_no_schema_leaves_nothing_behind(wrong: tuple[str, ...], inside: Run, tmp_path: Path) -> None:
    done = inside("release", *wrong, "--epsilon", "1", "-o", "public/")
    assert (done.returncode, done.stdout) == (3, "") and "no" in done.stderr.splitlines()[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy.toml", "t.csv"]


def test_the_usual_file_is_not_taken_for_another_table(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "synthcli.toml").write_text('[data]\npath = "stops.csv"\naccept_profile = true\n')
    done = inside(*ONE, "--epsilon", "1", "-o", "public/")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: synthcli.toml is about another table\n"
        "  hint: --no-config leaves it out; --config synthcli.toml takes its name, budget and schema for this table\n"
    )
    (tmp_path / "synthcli.toml").write_text('[data]\npath = "./t.csv"\naccept_profile = true\n')
    assert "another table" not in inside(*ONE, "-o", "public/").stderr, "the very table: only epsilon is missing"


def test_the_file_says_the_same_and_options_go_first(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        '[data]\npath = "no.csv"\naccept_profile = true\n[fit]\nepsilon = 2\n[publish]\nfolder = "public"\n'
    )
    done = inside("release", "--config", "my.toml")
    assert (done.returncode, "no.csv" in done.stderr) == (3, True)
    inside("ledger", "init", "t", "--epsilon", "1", "--delta", "1e-6")
    done = inside(*ONE, "--config", "my.toml")
    assert (done.returncode, "epsilon 2" in done.stderr) == (4, True), "the path is the option's, epsilon the file's"


def test_the_usual_file_is_read_unless_it_is_told_not_to_be(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "synthcli.toml").write_text("[fit]\nepsilom = 1\n")
    done = inside(*ONE, "--accept-profile", "--epsilon", "1", "-o", "public")
    assert (done.returncode, "epsilom" in done.stderr) == (2, True)
    done = inside(*ONE, "--no-config")
    assert (done.returncode, "-o FOLDER" in done.stderr, "epsilom" in done.stderr) == (2, True, False)
    done = inside(*ONE, "--no-config", "--config", "synthcli.toml")
    assert (done.returncode, "exclude each other" in done.stderr) == (2, True)


def test_a_table_that_cannot_be_profiled_is_refused_in_one_line(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(csv() + f"{SECRET},1\n")
    done = inside(*ONE, "--accept-profile", "--epsilon", "1", "-o", "public")
    assert (done.returncode, SECRET in done.stderr) == (3, False)
    assert "another number of fields" in done.stderr
    assert not (tmp_path / "public").exists()


def test_a_release_of_nothing_is_told_what_it_needs(inside: Run, tmp_path: Path) -> None:
    """With the usual file, its absence is no news to whoever gave options: what is missing is the table."""
    done = inside("release", "--schema", "schema.yaml", "--epsilon", "1", "-o", "p")
    assert done.returncode == 2
    assert done.stderr.startswith("error: INPUT is missing: nothing says what to release")
    assert not (tmp_path / "p").exists()
