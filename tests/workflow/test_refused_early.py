"""What a release is asked that means nothing is told before the table is looked at, and leaves nothing behind."""

from pathlib import Path

import pytest

from synthcli.errors import InputError, UsageError
from synthcli.table.schema_file import load_schema
from synthcli.workflow import accepted, release
from synthcli.workflow.release_config import load_release_config
from synthcli.workflow.requests import mute, silent
from tests.workflow.test_accepted import given, lines, write


@pytest.fixture(autouse=True)
def table(tmp_path: Path) -> None:
    write(tmp_path, lines(60))
    (tmp_path / "policy.toml").write_text("min_nonmembers = 50\n")


@pytest.fixture
def no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens or profiles a table fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("the table was looked at")

    monkeypatch.setattr(accepted, "open_source", refuse)
    monkeypatch.setattr(accepted, "propose", refuse)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epsilon": "0"}, "epsilon"),
        ({"epsilon": "1e-320"}, "epsilon 1e-320 is too small"),
        ({"delta": "1e-320"}, "delta 1e-320 is too small"),
        ({"delta": "0"}, "delta does not lie between 0 and 1"),
        ({"epsilon": "1e9"}, "no amount of noise can be found|no epsilon can be stated"),
        ({"public_epsilon": "1e-7"}, "epsilon 1e-7 is too small"),
        ({"max_rows_per_unit": 3}, "--max-rows-per-unit means nothing"),
        ({"privacy_unit": "person"}, "nothing says how many rows"),
        ({"persons": True}, "--persons means nothing"),
        ({"persons": True, "privacy_unit": "person", "max_rows_per_unit": 3, "shadows": 16}, "not fitted again"),
        ({"target": "ward"}, "--target means nothing to the mechanism 'independent'"),
        ({"public_epsilon": "-1"}, "epsilon"),
        ({"dataset": ""}, "--dataset is empty"),
    ],
)
def test_settings_that_mean_nothing_are_refused_before_the_table_is_profiled(
    tmp_path: Path, no_look: None, changes: dict[str, object], says: str
) -> None:
    asked = dict(given(tmp_path, folder=tmp_path / "public"))
    sections = {"shadows": "audit", "public_epsilon": "audit"}
    asked |= {(sections.get(key, "fit"), key): value for key, value in changes.items()}
    with pytest.raises(UsageError, match=says):
        release.run_release(load_release_config(None, asked))
    assert not (tmp_path / ".synthcli").exists()


def test_what_a_public_audit_cannot_spend_is_refused_before_the_fit(tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text("name: t\nfields: [{name: ward, type: string}]\n")
    asked = dict(given(tmp_path, folder=tmp_path / "public"))
    asked.pop(("data", "accept_profile"))
    asked |= {("data", "schema"): str(tmp_path / "schema.yaml"), ("audit", "public_epsilon"): "1e-7"}
    with pytest.raises(UsageError, match="epsilon 1e-7 is too small"):
        release.run_release(load_release_config(None, asked))
    assert not (tmp_path / ".synthcli").exists()


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("target", "wards", "--target 'wards' is no column of the table; did you mean 'ward'?"),
        ("target", "person", "--target 'person' is the column of the privacy unit"),
        ("privacy_unit", "persn", "--privacy-unit 'persn' is no column"),
        ("workload", '[[marginal]]\ncolumns = ["feee"]\n', "the workload file"),
        ("workload", '[[marginal]]\ncolumns = ["ward", "person"]\n', "the workload file"),
    ],
)
def test_columns_that_the_header_does_not_have_are_told_before_a_schema_is_accepted(
    key: str, value: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / "w.toml").write_text(value)
    asked = dict(given(tmp_path, folder=tmp_path / "public", mechanism="sieve"))
    asked[("fit", key)] = str(tmp_path / "w.toml") if key == "workload" else value
    asked = {("fit", "privacy_unit"): "person", ("fit", "max_rows_per_unit"): 3} | asked
    with pytest.raises(UsageError) as refused:
        release.run_release(load_release_config(None, asked))
    assert says in refused.value.message
    assert not (tmp_path / ".synthcli").exists()


def test_a_schema_that_models_nothing_is_not_kept(tmp_path: Path) -> None:
    """The wrong delimiter makes one column of all: the same command without it is not held against that."""
    asked = given(tmp_path, folder=tmp_path / "public")
    with pytest.raises(InputError, match=r"no column of .* can be modelled: person,surname,ward"):
        release.run_release(load_release_config(None, dict(asked) | {("data", "delimiter"): ";"}))
    assert not (tmp_path / ".synthcli").exists()
    config = load_release_config(None, asked)
    config.work.mkdir(parents=True)
    place = accepted.accepted_schema(config, silent, mute)
    assert "ward" in {column.name for column in load_schema(place).modelled}


def test_a_work_folder_that_holds_nothing_goes_again_and_no_other(tmp_path: Path) -> None:
    write(tmp_path, [])
    config = load_release_config(None, given(tmp_path, folder=tmp_path / "public"))
    with pytest.raises(InputError):
        release.run_release(config)
    assert not config.work.exists()
    config.work.mkdir(parents=True)
    with pytest.raises(InputError):
        release.run_release(config)
    assert config.work.is_dir(), "it was there before"
