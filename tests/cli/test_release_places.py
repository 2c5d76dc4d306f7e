"""What is private is not put where it is published."""

from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.workflow.release_config import load_release_config
from synthcli.workflow.release_places import refuse_places
from tests.cli.conftest import Run
from tests.workflow.test_release import config


@pytest.fixture(autouse=True)
def table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")


@pytest.mark.parametrize("work", ["public", "public/work", "public/a/b", "public/latest", "x/../public", "link/work"])
def test_a_work_folder_in_the_publish_folder_is_refused_before_anything_is_made(
    work: str, inside: Run, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to("public")
    done = inside("release", "t.csv", "--accept-profile", "--epsilon", "1", "-o", "public/", "--work", work)
    assert (done.returncode, done.stdout) == (2, "")
    error, hint = done.stderr.splitlines()
    assert error == (
        f"error: the work folder {tmp_path / work} lies in {tmp_path / 'public'}, which is published; audit, report "
        "and model are private"
    )
    assert hint == "  hint: name a work folder outside of it with --work ([publish] work)"
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv", "link"}


@pytest.mark.parametrize(
    "ledger", ["public/l.sqlite", "public/a/l.sqlite", "link/l.sqlite", "outside", "public/../public/l.sqlite"]
)
@pytest.mark.parametrize("said", ["option", "environment", "file"])
def test_a_ledger_in_the_publish_folder_is_refused_before_anything_is_made(
    ledger: str, said: str, inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("public")
    (tmp_path / "outside").symlink_to("public/l.sqlite")
    text = '[data]\npath = "t.csv"\naccept_profile = true\n[fit]\nepsilon = 1\n[publish]\nfolder = "public"\n'
    monkeypatch.delenv("SYNTHCLI_LEDGER")
    if said == "environment":
        monkeypatch.setenv("SYNTHCLI_LEDGER", ledger)
    if said == "file":
        text = text.replace("epsilon = 1", f'epsilon = 1\nledger = "{ledger}"')
    (tmp_path / "synthcli.toml").write_text(text)
    done = inside("release", *(("--ledger", ledger) if said == "option" else ()))
    assert (done.returncode, done.stdout) == (2, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: the ledger ")
    assert f"lies in {tmp_path / 'public'}, which is published; it and the coins beside it are private" in error
    assert hint.startswith("  hint: name a ledger outside of it with --ledger ([fit] ledger, SYNTHCLI_LEDGER)")
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv", "synthcli.toml", "link", "outside"}


def test_a_link_in_the_publish_folder_to_a_ledger_outside_is_refused(tmp_path: Path) -> None:
    """The coins would lie beside the link."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "l.sqlite").symlink_to("../l.sqlite")
    with pytest.raises(UsageError, match=r"the ledger .* is published"):
        refuse_places(replace(config(tmp_path), ledger=str(tmp_path / "public" / "l.sqlite")))


@pytest.mark.parametrize("ledger", ["l.sqlite", "public2/l.sqlite", "sqlite:///l.sqlite", "postgresql://server/ledger"])
def test_ledgers_elsewhere_are_none_of_it(ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refuse_places(replace(config(tmp_path), ledger=ledger))


def test_the_url_of_a_ledger_in_the_publish_folder_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the ledger .* is published"):
        refuse_places(replace(config(tmp_path), ledger=f"sqlite:///{tmp_path}/public/l.sqlite"))


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("-o", "t.csv"), "name a folder with -o; releases that pass appear in it"),
        (("-o", "nowhere"), "name a folder with -o; releases that pass appear in it"),
        (
            ("-o", "public", "--work", "t.csv"),
            "name a folder with --work ([publish] work); what is private is kept in it",
        ),
    ],
)
def test_a_file_and_a_link_to_nothing_are_no_folders(
    options: tuple[str, ...], hint: str, inside: Run, tmp_path: Path
) -> None:
    (tmp_path / "nowhere").symlink_to("gone")
    done = inside("release", "t.csv", "--accept-profile", "--epsilon", "1", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {tmp_path / options[-1]} is not a folder\n  hint: {hint}\n"
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv", "nowhere"}


def test_a_work_folder_below_a_file_cannot_be_made(inside: Run, tmp_path: Path) -> None:
    below = ("-o", "public", "--work", "t.csv/work")
    done = inside("release", "t.csv", "--accept-profile", "--epsilon", "1", *below)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"error: cannot write {tmp_path / 't.csv' / 'work'}: {tmp_path / 't.csv'} is not a folder\n"
        "  hint: name another folder\n"
    )


def test_a_publish_folder_that_is_a_link_is_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "public").symlink_to("work")
    with pytest.raises(UsageError, match="is published"):
        refuse_places(config(tmp_path))


@pytest.mark.parametrize(
    "publish", ['folder = "public"\nwork = "public/work"', 'folder = "public"\nwork = "./public"', 'folder = "."']
)
def test_what_the_release_file_says_or_leaves_open_is_held_to_it(publish: str, inside: Run, tmp_path: Path) -> None:
    """Where it names no work folder, that is `.synthcli` beside the file, which may be the publish folder."""
    text = f'[data]\npath = "t.csv"\naccept_profile = true\n[fit]\nepsilon = 1\n[publish]\n{publish}\n'
    (tmp_path / "synthcli.toml").write_text(text)
    done = inside("release")
    assert (done.returncode, "is published" in done.stderr) == (2, True)
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv", "synthcli.toml"}


@pytest.mark.parametrize("work", [".", "public2", "public-work", ".synthcli/public"])
def test_folders_beside_the_publish_folder_and_above_it_are_none_of_it(work: str, tmp_path: Path) -> None:
    refuse_places(config(tmp_path, work=work))


def test_the_usual_work_folder_lies_outside(tmp_path: Path) -> None:
    given = {("data", "path"): "t.csv", ("data", "accept_profile"): True, ("fit", "epsilon"): "1"}
    refuse_places(load_release_config(None, {**given, ("publish", "folder"): tmp_path / "public"}))
