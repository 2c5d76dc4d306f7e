import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from synthcli.__main__ import run as run_program
from synthcli.cli.failure import Manner
from tests.cli.table_fixture import FIT, SCHEMA, csv, rows

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would change the command line's manners."""
    drop = ("SYNTHCLI_", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "COLUMNS", "TERM", "PYTHONUNBUFFERED")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    return {**plain, "COLUMNS": "80", "TERM": "dumb", **changes}


def program(folder: Path) -> Run:
    """The real program, in a process of its own, at work in a folder with a ledger of its own."""

    def run(*arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "synthcli", *map(str, arguments)],
            cwd=folder,
            env=environment(**{"SYNTHCLI_LEDGER": str(folder / "ledger.sqlite"), **changes}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small table, its schema, a model of it, and rows of that."""
    folder = tmp_path_factory.mktemp("fitted")
    (folder / "t.csv").write_text(csv(rows(300)))
    (folder / "schema.yaml").write_text(SCHEMA)
    for arguments in ((*FIT, "-o", "m.synth"), ("sample", "m.synth", "-o", "s.csv")):
        assert program(folder)(*arguments).returncode == 0
    return folder


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program in an empty folder, but in this process: for long tables of cases, since it starts only once."""
    for name in [name for name in os.environ if name not in environment()]:
        monkeypatch.delenv(name)
    for name, value in environment(SYNTHCLI_LEDGER=str(tmp_path / "ledger.sqlite")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        code = run_program(list(arguments), Manner.of(arguments))
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture
def synthcli(tmp_path: Path) -> Run:
    """The program in an empty folder."""
    return program(tmp_path)
