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


def test_a_work_folder_belongs_to_one_publish_folder(tmp_path: Path) -> None:
    """The other one's model would be overwritten, and both would pay again in every run."""
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    own, other = config(tmp_path), replace(config(tmp_path), folder=tmp_path / "other")
    with release._own_folder(own):
        (own.work / "model.synth").write_text("a model")
    kept = {place.name for place in own.work.iterdir()}
    with pytest.raises(UsageError, match="a release into another folder") as refused:
        release.run_release(other)
    assert f"--work {own.work}-other" in refused.value.hint
    assert {place.name for place in own.work.iterdir()} == kept
    assert not (tmp_path / "ledger.sqlite").exists()
    with release._own_folder(replace(own, folder=tmp_path / "x" / ".." / "public")):
        pass
    (own.work / "publishes-to").unlink()
    with release._own_folder(other):
        pass


def test_a_work_folder_without_a_model_belongs_to_the_next_release(tmp_path: Path) -> None:
    own, other = config(tmp_path), replace(config(tmp_path), folder=tmp_path / "other")
    for asked in (own, other, own):
        with release._own_folder(asked):
            pass


def test_a_publish_folder_whose_name_is_no_text_is_refused_before_anything_is_spent(tmp_path: Path) -> None:
    """File names are bytes: Python has lone surrogates for those that are not UTF-8, and Arrow cannot write there."""
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="is not UTF-8"):
        release.run_release(replace(config(tmp_path), folder=tmp_path / "caf\udce9"))
    assert {place.name for place in tmp_path.iterdir()} == {"t.csv"}


def test_the_same_folder_by_another_path_is_the_same_release(tmp_path: Path) -> None:
    """Or rows would be drawn, and the gate asked, until it passes."""
    asked = config(tmp_path)
    asked.folder.mkdir()
    (tmp_path / "link").symlink_to("public")
    (tmp_path / "model").write_text("a model")
    by_link = release._fingerprint(replace(asked, folder=tmp_path / "link"), tmp_path / "model")
    assert by_link == release._fingerprint(asked, tmp_path / "model")
    assert by_link != release._fingerprint(replace(asked, folder=tmp_path / "other"), tmp_path / "model")


@pytest.mark.parametrize("gone", ["", "t.parquet", "t.synth", "manifest.json"])
def test_what_was_published_counts_while_all_of_it_is_there(gone: str, tmp_path: Path) -> None:
    asked, said = config(tmp_path), list[str]()
    asked.work.mkdir()
    (asked.work / "release.json").write_text('{"asked": "a", "outcome": "pass", "published": "t-0001"}')
    published = asked.folder / "t-0001"
    published.mkdir(parents=True)
    for name in ("t.parquet", "t.synth"):
        (published / name).touch()
    (published / "manifest.json").write_text('{"files": {"t.parquet": "00", "t.synth": "00"}}')
    (published / gone).unlink() if gone else None
    assert release._recorded(asked, "b", said.append) is None and not said
    found = release._recorded(asked, "a", said.append)
    assert (found is None) == bool(gone) == bool(said)
    assert found is None or (found.published, found.up_to_date) == (published, True)


@pytest.mark.parametrize("manifest", ["", "{}", "[]", '{"files": 3}', '{"files": [3]}'])
def test_a_manifest_that_says_nothing_is_none(manifest: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    assert not release._is_whole(tmp_path)


def test_a_work_folder_without_a_model_goes_again_after_a_failure(tmp_path: Path) -> None:
    asked = config(tmp_path, work="a/b")
    with pytest.raises(InputError), release._own_folder(asked):
        raise InputError("no", "hint")
    assert not list(tmp_path.iterdir())
