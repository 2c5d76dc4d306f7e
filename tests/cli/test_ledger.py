import json
from pathlib import Path

import pytest

from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import Run


@pytest.fixture
def account(inside: Run):
    """The state of a data set, as `ledger show --json` tells it."""

    def show(name: str) -> dict[str, object]:
        return json.loads(inside("ledger", "show", name, "--json").stdout)["datasets"][0]

    return show


def test_a_budget_is_given_spent_and_shown(inside: Run, account, tmp_path: Path) -> None:
    assert inside("ledger", "init", "stops", "--epsilon", "0.3", "--delta", "1e-6").returncode == 0
    book = open_ledger(tmp_path / "ledger.sqlite")
    book.commit(book.reserve("stops", "0.1", "1e-9", mechanism="aim"), artifact_digest="x", rho=0.012345678901234567)
    book.cancel(book.reserve("stops", "0.2", "1e-9"))
    shown = account("stops")
    assert (shown["epsilon_spent"], shown["epsilon_left"], shown["releases"]) == ("0.1", "0.2", 1)
    lines = inside("ledger", "history", "stops").stdout.splitlines()
    assert len(lines) == 3
    assert [line.split("\t")[5] for line in lines] == ["status", "committed", "cancelled"]
    assert [line.split("\t")[4] for line in lines] == ["rho", "0.0123457", ""]
    assert json.loads(inside("ledger", "history", "stops", "--json").stdout)["spends"][0]["rho"] == 0.012345678901234567


def test_show_without_a_name_lists_all(inside: Run) -> None:
    for name in ("b", "a"):
        inside("ledger", "init", name, "--epsilon", "1", "--delta", "0")
    lines = inside("ledger", "show").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["dataset", "a", "b"]


def test_a_budget_is_given_once_and_only_raised(inside: Run, account) -> None:
    inside("ledger", "init", "stops", "--epsilon", "2", "--delta", "1e-6")
    assert inside("ledger", "init", "stops", "--epsilon", "3", "--delta", "1e-6").returncode == 2
    assert inside("ledger", "amend", "stops", "--epsilon", "1", "--delta", "1e-6").returncode == 2
    assert account("stops")["epsilon"] == "2"
    assert inside("ledger", "amend", "stops", "--epsilon", "3", "--delta", "1e-6").returncode == 0
    assert account("stops")["epsilon"] == "3"


def test_an_unknown_data_set_is_an_error(inside: Run) -> None:
    inside("ledger", "init", "stop", "--epsilon", "1", "--delta", "0", "--ledger", "my ledger")
    done = inside("ledger", "show", "stops", "--ledger", "my ledger")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: the ledger has no data set 'stops'; did you mean 'stop'?",
        "  hint: list them with: synthcli ledger show --ledger 'my ledger'",
    ]


@pytest.mark.parametrize(
    "arguments", [("show",), ("show", "stops"), ("history",), ("amend", "stops", "--epsilon", "2", "--delta", "0")]
)
def test_a_mistyped_place_is_no_new_ledger(inside: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = inside("ledger", *arguments, "--ledger", "lodger.sqlite")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines() == [
        f"error: there is no ledger {tmp_path / 'lodger.sqlite'}",
        "  hint: name another with --ledger, or begin it with: "
        "synthcli ledger init NAME --epsilon E --delta D --ledger lodger.sqlite",
    ]
    assert not list(tmp_path.iterdir())


def test_a_flag_names_another_ledger(inside: Run, tmp_path: Path) -> None:
    inside("ledger", "init", "stops", "--epsilon", "2", "--delta", "1e-6", "--ledger", "other.sqlite")
    assert (tmp_path / "other.sqlite").is_file()
    assert not (tmp_path / "ledger.sqlite").exists()


@pytest.mark.parametrize("name", ["", "a\tb", "x" * 256])
def test_a_name_that_is_none_is_refused_without_options_that_there_are_not(inside: Run, name: str) -> None:
    done = inside("ledger", "init", name, "--epsilon", "1", "--delta", "0")
    assert done.returncode == 2
    assert "1 to 255 printable characters" in done.stderr and "--dataset" not in done.stderr
