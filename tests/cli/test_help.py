import re

import pytest

from tests.cli.conftest import Run
from tests.cli.golden import check_golden

COMMANDS = [
    "",
    "profile",
    "fit",
    "sample",
    "audit",
    "audit conformance",
    "audit controls",
    "report",
    "release",
    "ledger",
]
COMMANDS += ["ledger", "ledger init", "ledger amend", "ledger show", "ledger history", "ledger register-policy"]
SURROUNDINGS = [{}, {"GITHUB_ACTIONS": "true", "FORCE_COLOR": "1"}]


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=["plain", "github"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.replace(" ", "-") or "synthcli")
def test_help_is_what_it_was(synthcli: Run, command: str, surroundings: dict[str, str]) -> None:
    done = synthcli(*command.split(), "--help", **surroundings)
    assert (done.returncode, done.stderr) == (0, "")
    check_golden("help-" + (command.replace(" ", "-") or "synthcli"), done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_dash_h_is_help(synthcli: Run, command: str) -> None:
    assert synthcli(*command.split(), "-h").stdout == synthcli(*command.split(), "--help").stdout


@pytest.mark.parametrize("group", [[], ["ledger"]])
def test_a_group_alone_says_how_to_use_it_and_exits_2(synthcli: Run, group: list[str]) -> None:
    done = synthcli(*group)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: synthcli")


def test_version_goes_to_stdout(synthcli: Run) -> None:
    from synthcli import __version__

    done = synthcli("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"synthcli {__version__}\n", "")


def test_every_exit_code_is_in_the_help(synthcli: Run) -> None:
    from synthcli.errors import ExitCode

    text = " ".join(synthcli("--help").stdout.split())
    signals = {ExitCode.INTERRUPTED, ExitCode.TERMINATED}
    for code in set(ExitCode) - signals:
        assert f"{code.value} " in text.split("Exit codes:")[1], code


def test_every_ending_that_rows_may_have_is_in_the_help(synthcli: Run) -> None:
    from synthcli.table.write import _CSV, _PARQUET

    _, _, after = " ".join(synthcli("sample", "--help").stdout.split()).partition("-o, --output FILE")
    assert set(_CSV + _PARQUET) == set(re.findall(r"\.[a-z]+\b", after.partition("- for CSV")[0]))
