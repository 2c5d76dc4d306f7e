"""The release file: paths lie where the file lies, and problems come together."""

from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.mechanisms.names import MECHANISMS
from synthcli.workflow.release_config import load_release_config
from synthcli.workflow.requests import FitRequest

REQUIRED = '[data]\npath = "t.csv"\nschema = "schema.yaml"\n[publish]\nfolder = "public"\n[fit]\nepsilon = 1\n'


def test_a_target_and_a_workload_reach_the_fit(tmp_path: Path) -> None:
    file = tmp_path / "synthcli.toml"
    file.write_text(REQUIRED + 'target = "ward"\nworkload = "my/workload.toml"\n')
    config = load_release_config(file)
    assert (config.target, config.workload) == ("ward", tmp_path / "my" / "workload.toml")
    file.write_text(REQUIRED)
    config = load_release_config(file)
    assert (config.target, config.workload) == (None, None)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_can_be_named_and_the_default_is_that_of_fit(tmp_path: Path, mechanism: str) -> None:
    file = tmp_path / "synthcli.toml"
    file.write_text(REQUIRED)
    assert load_release_config(file).mechanism == FitRequest.mechanism
    file.write_text(f'{REQUIRED}mechanism = "{mechanism}"\n')
    assert load_release_config(file).mechanism == mechanism
    file.write_text(f'{REQUIRED}mechanism = "{mechanism}s"\n')
    with pytest.raises(UsageError) as caught:
        load_release_config(file)
    assert f"did you mean '{mechanism}'" in caught.value.details[0]


def test_all_problems_come_together(tmp_path: Path) -> None:
    file = tmp_path / "synthcli.toml"
    file.write_text('[data]\npath = "t.csv"\n[fit]\nepsilon = "1"\ntarget = 3\nworkload = ["a"]\n')
    with pytest.raises(UsageError) as caught:
        load_release_config(file)
    assert caught.value.details == (
        "[fit] epsilon: must be a whole number or a number",
        "[fit] target: must be text",
        "[fit] workload: must be text",
        "[publish] folder: is required (-o FOLDER)",
        "[data] schema: is required, or accept_profile (--schema FILE, or --accept-profile)",
    )


def test_a_ledger_that_is_given_goes_before_the_environments_and_that_before_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "synthcli.toml"
    file.write_text(REQUIRED + 'ledger = "file.sqlite"\n')
    monkeypatch.setenv("SYNTHCLI_LEDGER", "environment.sqlite")
    assert load_release_config(file, {("fit", "ledger"): "given.sqlite"}).ledger == "given.sqlite"
    assert load_release_config(file).ledger == "environment.sqlite"
    monkeypatch.delenv("SYNTHCLI_LEDGER")
    assert load_release_config(file).ledger == str(tmp_path / "file.sqlite")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "/a", "a/"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "synthcli.toml"
    file.write_text(REQUIRED)
    with pytest.raises(UsageError) as caught:
        load_release_config(file, {("publish", "name"): name})
    assert "[publish] name" in caught.value.details[0]


@pytest.mark.parametrize(("shadows", "holds"), [(0, True), (7, False), (8, True), (1_000, True), (1_001, False)])
def test_shadow_fits_are_none_or_as_many_as_tell_something(shadows: int, holds: bool, tmp_path: Path) -> None:
    file = tmp_path / "synthcli.toml"
    file.write_text(f"{REQUIRED}[audit]\nshadows = {shadows}\n")
    if holds:
        assert load_release_config(file).shadows == shadows
        return
    with pytest.raises(UsageError) as caught:
        load_release_config(file)
    assert caught.value.details == ("[audit] shadows: is a whole number from 8 to 1,000, or 0 for none",)
