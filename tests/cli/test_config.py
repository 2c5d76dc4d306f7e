import json
from pathlib import Path

import pytest

from synthcli.cli import config
from synthcli.cli.app import app
from tests.cli.conftest import Run


def options_of(command: str) -> set[str]:
    import typer

    group = typer.main.get_command(app)
    found = group.commands[command]  # type: ignore[attr-defined]
    subcommands = getattr(found, "commands", None)
    params = found.params if subcommands is None else [p for sub in subcommands.values() for p in sub.params]
    return {parameter.name for parameter in params}


@pytest.mark.parametrize("command", sorted(config._USED_BY))
def test_every_key_is_an_option_and_a_key_of_the_release_file(command: str) -> None:
    from synthcli.workflow.release_config import _KEYS

    for section, keys in config._USED_BY[command]:
        assert set(keys) <= options_of(command)
        assert set(keys) <= set(_KEYS[section])


SCHEMA = """
name: t
fields:
  - {name: a, type: integer, constraints: {minimum: 0, maximum: 9}}
  - {name: b, type: boolean}
"""


@pytest.fixture
def plan(synthcli: Run, tmp_path: Path):
    """A dry run's plan as JSON."""
    (tmp_path / "schema.yaml").write_text(SCHEMA)

    def run(*arguments: str, **changes: str) -> dict[str, object]:
        done = synthcli("fit", "t.csv", "--dry-run", "--json", *arguments, **changes)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout)

    return run


def test_flags_go_before_the_environment_and_this_before_the_file(plan, tmp_path: Path) -> None:
    (tmp_path / "synthcli.toml").write_text('[data]\nschema = "schema.yaml"\n[fit]\nepsilon = 1\n')
    assert plan()["epsilon"] == 1
    assert plan(SYNTHCLI_FIT_EPSILON="2")["epsilon"] == 2
    assert plan("--epsilon", "3", SYNTHCLI_FIT_EPSILON="2")["epsilon"] == 3


def test_a_target_and_a_workload_come_from_everywhere(plan, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "w.toml").write_text('[[marginal]]\ncolumns = ["a"]\n')
    (tmp_path / "sub" / "my.toml").write_text('[fit]\nepsilon = 1\ntarget = "b"\nworkload = "w.toml"\n')
    common = ("--schema", "schema.yaml")
    told = plan(*common, "--config", "sub/my.toml")
    assert (told["target"], told["marginals"]) == ("b", 2)
    told = plan(*common, "--config", "sub/my.toml", SYNTHCLI_FIT_TARGET="a")
    assert told["target"] == "a"
    told = plan(*common, "--epsilon", "1", SYNTHCLI_FIT_WORKLOAD="sub/w.toml")
    assert (told["target"], told["marginals"]) == (None, 1)


@pytest.mark.parametrize("more", [("--dry-run",), ("-o", "m.synth")])
@pytest.mark.parametrize("policy", ["", "no.toml"])
def test_a_policy_without_coins_is_refused(synthcli: Run, tmp_path: Path, policy: str, more: tuple[str, ...]) -> None:
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "policy.toml").touch()
    told = ("--policy", policy or "policy.toml", "--audit-coins", "0")
    done = synthcli("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", *told, *more)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --policy means nothing without --audit-coins")


def test_the_policy_of_the_release_file_is_for_fits_with_coins(plan, synthcli: Run, tmp_path: Path) -> None:
    """A release has coins unless told otherwise; a fit by hand has none, and need not be told that."""
    (tmp_path / "synthcli.toml").write_text(
        '[data]\nschema = "schema.yaml"\n[fit]\nepsilon = 1\n[audit]\npolicy = "p.toml"\n'
    )
    assert plan()["audit_coins"] == 0
    done = synthcli("fit", "t.csv", "--dry-run", "--audit-coins", "0.5")
    assert (done.returncode, "p.toml" in done.stderr) == (2, True)
    (tmp_path / "p.toml").touch()
    assert plan("--audit-coins", "0.5")["audit_coins"] == 0.5


def test_without_a_file_the_defaults_stand(plan) -> None:
    assert plan("--schema", "schema.yaml", "--epsilon", "1")["delta"] == 1e-9


def test_the_file_is_not_read_when_told_so(synthcli: Run, tmp_path: Path) -> None:
    (tmp_path / "synthcli.toml").write_text("nonsense")
    done = synthcli("fit", "t.csv", "--no-config", "--dry-run")
    assert done.returncode == 2
    assert done.stderr.startswith("error: missing option '--schema'")


def test_paths_in_a_file_are_relative_to_it(plan, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "my.toml").write_text('[data]\nschema = "../schema.yaml"\n[fit]\nepsilon = 0.5\n')
    assert plan("--config", "sub/my.toml")["epsilon"] == 0.5
    assert plan(SYNTHCLI_CONFIG="sub/my.toml")["epsilon"] == 0.5


def test_all_problems_of_a_file_are_told_at_once(synthcli: Run, tmp_path: Path) -> None:
    (tmp_path / "synthcli.toml").write_text('[fit]\nepsilom = 1\ndataset = 3\n[fitt]\nx = 1\n[audit]\nseed = "a"\n')
    done = synthcli("sample", "m.synth")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: synthcli.toml has 4 problems"
    for word in ("epsilom", "dataset", "[fitt]", "seed"):
        assert word in done.stderr


def test_a_file_that_was_asked_for_must_be_there(synthcli: Run) -> None:
    done = synthcli("sample", "m.synth", "--config", "no.toml")
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot read the configuration file no.toml: No such file or directory\n")
