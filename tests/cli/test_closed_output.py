"""Standard output that is closed (`>&-`): results that go there are refused, what goes to files is written."""

import subprocess
import sys
from pathlib import Path

import pytest

from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import environment
from tests.cli.table_fixture import FIT

CLOSED = (
    "error: cannot write standard output: it is closed\n"
    "  hint: send it to a file or a pipe; to /dev/null, if nobody is to read it\n"
)


def _without_output(fitted: Path, *arguments: str, closed: str = ">&-") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "synthcli", *arguments],
        cwd=fitted,
        env=environment(SYNTHCLI_LEDGER=str(fitted / "ledger.sqlite")),
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("sample", "m.synth"),
        ("sample", "m.synth", "-o", "-"),
        ("profile", "t.csv", "-o", "other.yaml"),
        ("audit", "t.csv", "s.csv", "--model", "m.synth", "-o", "audit.json"),
        ("audit", "conformance", "--quick"),
        ("audit", "controls"),
        ("ledger", "show"),
        ("ledger", "history"),
        ("ledger", "init", "other", "--epsilon", "1", "--delta", "1e-9"),
        ("report", "--model", "m.synth", "-o", "r.html", "--json"),
        ("sample", "m.synth", "-o", "again.csv", "--json"),
        ("--version",),
        ("fit", "--help"),
    ],
    ids=" ".join,
)
def test_results_that_nobody_would_get_are_refused_before_any_work(fitted: Path, arguments: tuple[str, ...]) -> None:
    before = sorted(fitted.iterdir())
    done = _without_output(fitted, *arguments)
    assert (done.returncode, done.stderr) == (3, CLOSED)
    assert sorted(fitted.iterdir()) == before
    assert [account.name for account in open_ledger(fitted / "ledger.sqlite").datasets()] == ["wards"]


def test_a_dry_run_tells_it_too(fitted: Path) -> None:
    done = _without_output(fitted, *FIT, "-o", "other.synth", "--dry-run")
    assert (done.returncode, done.stderr[-len(CLOSED) :]) == (3, CLOSED)


def test_what_goes_to_a_file_is_written(fitted: Path) -> None:
    done = _without_output(fitted, "sample", "m.synth", "--seed", "3", "-o", "more.csv", "--quiet", closed=">&- <&-")
    assert (done.returncode, done.stderr) == (0, "")
    assert (fitted / "more.csv").read_text().count("\n") > 100
    assert _without_output(fitted, "report", "--model", "m.synth", "-o", "more.html", "-q").returncode == 0


def test_a_failure_keeps_its_code_and_is_told_where_it_can_be(fitted: Path) -> None:
    done = _without_output(fitted, "sample", "absent.synth", "-o", "x.csv")
    assert (done.returncode, done.stderr.count("error:")) == (3, 1)
    assert "absent.synth" in done.stderr
    wrong = _without_output(fitted, "sample", "--nonsense", "--json")
    assert (wrong.returncode, wrong.stderr.count("error:")) == (2, 1)
    assert _without_output(fitted, "sample", "m.synth", closed=">&- 2>&-").returncode == 3
