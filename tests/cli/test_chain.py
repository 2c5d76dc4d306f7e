"""fit → sample → audit → report on a small table, as a user calls them."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment, program
from tests.cli.table_fixture import SCHEMA, csv, rows

ERROR_OF_DEAR = (
    "the budget of data set 'wards' does not hold epsilon 8.5 and delta 1e-9: epsilon 8 and delta 9.98e-7 are left"
)
FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table, its schema, a budget, a model with coins and one without, and rows from the first."""
    folder = tmp_path_factory.mktemp("workshop")
    (folder / "t.csv").write_text(csv(rows(3000)))
    (folder / "schema.yaml").write_text(SCHEMA)
    run = program(folder)
    for arguments in (
        ("ledger", "init", "wards", "--epsilon", "10", "--delta", "1e-6"),
        (*FIT, "--audit-coins", "0.3", "-o", "m.synth"),
        (*FIT, "-o", "plain.synth"),
        ("sample", "m.synth", "--seed", "7", "-o", "s.csv"),
    ):
        done = run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(workshop: Path, tmp_path: Path) -> Path:
    """A copy of the workshop, to spoil."""
    return shutil.copytree(workshop, tmp_path / "copy")


@pytest.fixture
def run(folder: Path) -> Run:
    return program(folder)


def spent(run: Run) -> str:
    return json.loads(run("ledger", "show", "wards", "--json").stdout)["datasets"][0]["epsilon_spent"]


def test_the_same_fit_again_is_up_to_date_and_spends_nothing(run: Run) -> None:
    done = run(*FIT, "--audit-coins", "0.3", "-o", "m.synth", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["up_to_date"] is True
    assert spent(run) == "2"


def test_refit_spends_again(run: Run) -> None:
    done = run(*FIT, "--audit-coins", "0.3", "-o", "m.synth", "--refit", "--json")
    assert json.loads(done.stdout)["up_to_date"] is False
    assert spent(run) == "3"


def test_another_fit_needs_force_to_overwrite(run: Run) -> None:
    other = (*FIT, "--delta", "1e-8", "-o", "m.synth")
    done = run(*other)
    assert (done.returncode, spent(run)) == (2, "2")
    assert "--force" in done.stderr
    assert (run(*other, "--force").returncode, spent(run)) == (0, "3")


def test_a_dry_run_reads_no_rows_and_spends_nothing(run: Run, folder: Path) -> None:
    (folder / "t.csv").unlink()
    done = run(*FIT, "--dry-run")
    assert done.returncode == 0
    assert "independent" in done.stdout
    assert "which has epsilon 8" in done.stderr
    assert spent(run) == "2"


def test_a_dry_run_begins_no_ledger(run: Run, folder: Path) -> None:
    done = run(*FIT, "--dry-run", "--ledger", "new.sqlite")
    assert done.returncode == 0
    assert "which has no budget" in done.stderr
    assert not (folder / "new.sqlite").exists()


def test_a_dry_run_says_what_the_budget_refuses(run: Run) -> None:
    dear = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "8.5", "--dry-run")
    done = run(*dear)
    assert done.returncode == 4
    assert done.stdout.startswith("column\ttype"), "the plan is shown all the same"
    assert "error: the budget of data set 'wards' does not hold epsilon 8.5" in done.stderr
    assert "hint: ask for less" in done.stderr
    done = run(*dear, "--json")
    assert (done.returncode, json.loads(done.stdout)["refused"]) == (4, ERROR_OF_DEAR)
    assert json.loads(run(*FIT, "--dry-run", "--json").stdout)["refused"] is None


def test_an_audit_begins_no_ledger(run: Run, folder: Path) -> None:
    done = run("audit", "t.csv", "s.csv", "--model", "m.synth", "--ledger", "elsewhere/new.sqlite")
    assert done.returncode == 13
    assert not (folder / "elsewhere").exists()


def test_a_fit_without_a_budget_is_warned_about_before_it_reads(run: Run) -> None:
    done = run(*FIT, "--ledger", "new.sqlite", "-o", "o.synth")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    command = "synthcli ledger init wards --epsilon E --delta D --ledger new.sqlite"
    assert lines[:2] == [f"warning: wards has no budget; set one: {command}", "checking the table …"]


def test_a_fit_without_a_budget_is_recorded_and_warned_about(run: Run) -> None:
    done = run(*FIT, "--dataset", "other", "-o", "o.synth", "--quiet")
    assert done.returncode == 0
    assert done.stderr == "warning: other has no budget; set one: synthcli ledger init other --epsilon E --delta D\n"
    assert run("ledger", "show", "other").returncode == 0


def test_a_seed_gives_the_same_rows_to_a_file_and_to_stdout(run: Run, folder: Path) -> None:
    once, again = run("sample", "m.synth", "--seed", "7"), run("sample", "m.synth", "--seed", "7")
    assert once.stdout == again.stdout == (folder / "s.csv").read_text()
    assert run("sample", "m.synth", "--seed", "8").stdout != once.stdout


def test_rows_on_stdout_are_csv_alone(run: Run) -> None:
    done = run("sample", "m.synth", "-n", "5", "--seed", "1")
    lines = done.stdout.splitlines()
    assert (done.returncode, len(lines)) == (0, 6)
    assert lines[0] == "ward,age,score,seen,seen_at,urgent"


def test_quiet_is_quiet(run: Run) -> None:
    done = run("sample", "m.synth", "-n", "5", "-o", "quiet.csv", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_rows_and_json_cannot_share_stdout(run: Run) -> None:
    done = run("sample", "m.synth", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (2, 2)


def test_a_full_disk_is_one_line(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synthcli", "sample", "m.synth", "--no-progress"],
            cwd=folder,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        )
    assert done.returncode == 3
    assert done.stderr.lower().startswith("error: ")
    assert "cannot write standard output: no space left on device" in done.stderr.lower()


def test_a_process_without_standard_output_is_no_bug(folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m synthcli sample m.synth -n 10 --no-progress >&-"],
        cwd=folder,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    told = "error: cannot write standard output: it is closed\n  hint: send it to a file or a pipe; to /dev/null, "
    assert (done.returncode, done.stderr) == (3, told + "if nobody is to read it\n")


def test_a_reader_that_leaves_early_ends_sample_quietly(folder: Path) -> None:
    script = f"{sys.executable} -m synthcli sample m.synth -n 200000 --no-progress | head -n 2; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, env=environment())
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "141"


def newer(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = {info: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(file, "w") as archive:
        for info, content in members.items():
            if info.filename == "manifest.json":
                document = json.loads(content)
                document["format_version"] += 1
                content = json.dumps(document).encode()
            archive.writestr(info, content)


SPOILERS = {
    "newer": newer,
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "flipped": lambda file: file.write_bytes(bytes(b ^ 1 if i == 2000 else b for i, b in enumerate(file.read_bytes()))),
    "empty": lambda file: file.write_bytes(b""),
    "noise": lambda file: file.write_bytes(bytes(range(256)) * 30),
}


@pytest.mark.parametrize("how", SPOILERS)
def test_a_model_that_cannot_be_trusted_is_refused(run: Run, folder: Path, how: str) -> None:
    SPOILERS[how](folder / "m.synth")
    done = run("sample", "m.synth", "-o", "out.csv")
    assert (done.returncode, done.stdout) == (3, ""), done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "m.synth" in done.stderr
    assert not (folder / "out.csv").exists()


def test_an_audit_writes_its_files_and_judges(run: Run, folder: Path) -> None:
    done = run(
        "audit", "t.csv", "s.csv", "--model", "m.synth", "-o", "audit.json", "--junit", "a.xml", "--markdown", "a.md"
    )
    assert done.returncode in (0, 11), done.stderr  # 3,000 rows may be too few to tell, but are no leak
    assert done.stdout.startswith("endpoint\t")
    assert "verdict: " in done.stderr
    assert json.loads((folder / "audit.json").read_text())["schema_version"] == 1
    assert (folder / "a.xml").read_text().startswith("<?xml")
    assert "|" in (folder / "a.md").read_text()
    assert (folder / "audit.json").stat().st_mode & 0o077 == 0
    assert run("report", "--model", "m.synth", "--audit", "audit.json", "-o", "r.html").returncode == 0
    assert run("report", "--model", "m.synth", "--audit", "audit.json", "--public", "-o", "p.html").returncode == 0
    assert (folder / "r.html").stat().st_mode & 0o077 == 0
    assert (folder / "p.html").stat().st_mode & 0o044 == 0o044
    assert "internal report" in (folder / "r.html").read_text() and "public report" in (folder / "p.html").read_text()
    assert "<svg" in (folder / "r.html").read_text() or "data:image" in (folder / "r.html").read_text()


def test_a_page_without_an_audit_is_no_secret(run: Run, folder: Path) -> None:
    done = run("report", "--model", "m.synth", "-o", "r.html", "--json")
    assert (done.returncode, json.loads(done.stdout)["public"]) == (0, True)
    page = (folder / "r.html").read_text()
    assert "report without an audit" in page
    assert "internal" not in page.split("<main>")[0]
    assert (folder / "r.html").stat().st_mode & 0o044 == 0o044


def test_rows_that_copy_the_training_rows_are_a_leak(run: Run, folder: Path) -> None:
    from synthcli.audit.coins_file import load_coins

    header, *lines = (folder / "t.csv").read_text().splitlines()
    kept = load_coins(next((folder / "coins").glob("*.json"))).keep(0, len(lines))
    training = [line for line, keep in zip(lines, kept, strict=True) if keep]
    (folder / "copy.csv").write_text(csv(training, header))
    arguments = ("audit", "t.csv", "copy.csv", "--model", "m.synth", "--github")
    done = run(*arguments)
    assert done.returncode == 10, done.stderr
    assert "::error title=" in done.stderr
    assert run(*arguments, "--exit-zero").returncode == 0


def test_an_audit_without_coins_is_invalid(run: Run) -> None:
    done = run("audit", "t.csv", "s.csv", "--model", "plain.synth")
    assert done.returncode == 13
    assert "--audit-coins" in done.stderr


def test_an_audit_with_other_rows_is_invalid(run: Run, folder: Path) -> None:
    (folder / "t.csv").write_text(csv(rows(3000, seed=4)))
    assert run("audit", "t.csv", "s.csv", "--model", "m.synth").returncode == 13


def test_exit_zero_does_not_hide_an_invalid_audit(run: Run) -> None:
    assert run("audit", "t.csv", "s.csv", "--model", "plain.synth", "--exit-zero").returncode == 13
