import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would change the command line's manners."""
    drop = ("SYNTHCLI_", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "COLUMNS", "TERM")
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


@pytest.fixture
def synthcli(tmp_path: Path) -> Run:
    """The program in an empty folder."""
    return program(tmp_path)
