"""Where a release is put together and published."""

from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.errors import InputError, UsageError
from synthcli.workflow import release
from synthcli.workflow.release_config import ReleaseConfig, load_release_config


def config(folder: Path, name: str = "t", work: str = "work") -> ReleaseConfig:
    given = {
        ("data", "path"): str(folder / "t.csv"),
        ("data", "accept_profile"): True,
        ("fit", "epsilon"): "1",
        ("fit", "ledger"): str(folder / "ledger.sqlite"),
        ("publish", "folder"): folder / "public",
        ("publish", "name"): name,
        ("publish", "work"): folder / work,
    }
    return load_release_config(None, given)


def test_a_file_where_the_folder_should_be_is_refused_before_anything_is_read_or_spent(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    (tmp_path / "public").write_text("")
    with pytest.raises(UsageError, match="is not a folder"):
        release.run_release(config(tmp_path))
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv", "public"}


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read_or_spent(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file is not a folder"):
        release.run_release(replace(config(tmp_path), folder=tmp_path / "file" / "public"))
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv", "file"}


@pytest.mark.parametrize("name", ["t", "visits of [2024]", "t*"])
def test_releases_are_numbered_whatever_they_are_called(name: str, tmp_path: Path) -> None:
    asked = config(tmp_path, name)
    for place in (f"{name}-0001", f"{name}-0012", "tt-0040", "t-latest"):
        (asked.folder / place).mkdir(parents=True)
    assert release._next_number(asked) == 13


def test_no_two_work_folders_share_a_place_to_stage(tmp_path: Path) -> None:
    """Each has a lock of its own: what one run has audited must not be swept or filled by another."""
    one, other = (release._staging(config(tmp_path, work=work)) for work in ("work", "other"))
    assert one != other
    assert one == release._staging(config(tmp_path, work="work/../work"))
    assert one.parent == tmp_path
