"""A ledger that cannot be written is shown, and not written; where bind mounts may be made, on a read-only one."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from synthcli.errors import InputError
from synthcli.privacy import ledger_tables
from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import Run, environment
from tests.cli.table_fixture import SCHEMA

MOUNTED = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
HALF = """\
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE datasets SET epsilon = '9'")
for _ in range(400):
    database.execute("INSERT INTO datasets SELECT NULL, name, epsilon, delta, created FROM datasets LIMIT 1")
os._exit(0)
"""
"""A process that dies while it writes: what it wrote lies in the file, and what was there before in a journal."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "a?b#c%20"
    folder.mkdir()
    book = open_ledger(folder / "l.sqlite")
    book.init("stops", "3", "1e-6")
    book.commit(book.reserve("stops", "0.5", "1e-9"), artifact_digest="x")
    return folder / "l.sqlite"


@pytest.fixture
def write_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """As permission bits do not hold for everybody."""
    monkeypatch.setattr(ledger_tables, "_is_writable", lambda _: False)


def _mounted(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program where this folder is mounted read-only, in a world of its own."""
    mounts = ["unshare", "--mount", "--map-root-user", "sh", "-c", MOUNTED, "sh", str(folder)]
    if not shutil.which("unshare") or subprocess.run([*mounts, "true"], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    return subprocess.run(
        [*mounts, sys.executable, "-m", "synthcli", *arguments],
        cwd=folder.parent,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("verb", ["show", "history"])
def test_a_ledger_on_a_read_only_mount_is_shown(place: Path, verb: str) -> None:
    done = _mounted(place.parent, "ledger", verb, "stops", "--ledger", str(place))
    assert (done.returncode, done.stderr) == (0, "")
    assert "0.5" in done.stdout.splitlines()[1].split("\t")


def test_a_dry_run_reads_it_and_a_fit_is_refused(place: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "s.yaml").write_text(SCHEMA)
    fit = ("fit", "t.csv", "--schema", "s.yaml", "--epsilon", "1", "--dataset", "stops", "-o", "m.synth")
    plan = _mounted(place.parent, *fit, "--ledger", str(place), "--dry-run", "--json")
    assert plan.returncode == 0
    assert "2.5" in plan.stdout
    done = _mounted(place.parent, *fit, "--ledger", str(place))
    assert (done.returncode, "cannot be opened for writing" in done.stderr) == (3, True)


def test_what_cannot_be_written_is_read_by_sqlite_s_read_only_mode(
    place: Path, write_protected: None, inside: Run
) -> None:
    before = place.read_bytes()
    shown = inside("ledger", "show", "--json", "--ledger", str(place))
    assert json.loads(shown.stdout)["datasets"][0]["epsilon_left"] == "2.5"
    book = open_ledger(place, begin=False, reads=True)
    with pytest.raises(InputError, match=r"cannot be read: .* and it cannot be written"):
        book.reserve("stops", 1, 0)
    assert place.read_bytes() == before
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_a_reader_waits_for_who_writes(place: Path, write_protected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mode that would look past the locks: half a transaction would be shown."""
    monkeypatch.setattr(ledger_tables, "WAIT_SECONDS", 0.1)
    with closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError, match="locked by another process"):
            open_ledger(place, begin=False, reads=True)
        other.execute("COMMIT")
    assert open_ledger(place, begin=False, reads=True).account("stops").spent_epsilon


def test_half_a_transaction_is_never_shown(place: Path) -> None:
    subprocess.run([sys.executable, "-c", HALF, str(place)], check=True)
    assert place.with_name("l.sqlite-journal").exists()
    done = _mounted(place.parent, "ledger", "show", "--ledger", str(place))
    assert (done.returncode, done.stdout) == (3, "")
    assert "a process ended while it wrote" in done.stderr
    assert "hint: run this once where it can be read and written" in done.stderr
    assert open_ledger(place, begin=False, reads=True).account("stops").epsilon == 3


def test_a_ledger_of_an_earlier_version_is_read_as_it_is(place: Path, write_protected: None) -> None:
    with closing(sqlite3.connect(place)) as database:
        database.execute("DROP TABLE releases")
    assert open_ledger(place, begin=False, reads=True).account("stops").spent_epsilon


def test_where_there_is_none_none_is_begun(tmp_path: Path, inside: Run) -> None:
    done = inside("ledger", "show", "--ledger", "absent.sqlite")
    assert (done.returncode, "there is no ledger" in done.stderr) == (3, True)
    assert not (tmp_path / "absent.sqlite").exists()
