import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from synthcli.errors import ExitCode
from tests.cli.conftest import environment

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_reference_of_the_commands_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate_cli.py", "--check"],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr


def test_the_reference_has_every_command() -> None:
    from typer.main import get_command

    from synthcli.cli.app import app

    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f"\n## synthcli {name}\n" in page
        for inner in getattr(command, "commands", {}):
            assert f"\n## synthcli {name} {inner}\n" in page


def test_the_readme_explains_every_exit_code() -> None:
    table = README.split("## Exit codes")[1].split("##")[0]
    explained = {int(code) for row in re.findall(r"^\| ([0-9, ]+) \|", table, re.M) for code in row.split(",")}
    assert explained == set(map(int, ExitCode))


def test_the_readme_shows_a_release_file_that_works(tmp_path: Path) -> None:
    from synthcli.workflow.release_config import _KEYS, load_release_config

    text = re.search(r"```toml\n(.*?)```", README, re.S).group(1)  # type: ignore[union-attr]
    (tmp_path / "synthcli.toml").write_text(text)
    config = load_release_config(tmp_path / "synthcli.toml")
    assert (config.epsilon, config.delta, config.folder) == ("1", "1E-9", tmp_path / "public")
    shown = {section: text.split(f"[{section}]")[1].split("\n[")[0] for section in tomllib.loads(text)}
    for section, keys in _KEYS.items():
        for key in keys:
            assert key in shown[section], f"the README does not mention [{section}] {key}"


def test_the_readme_shows_a_workload_file_that_works(tmp_path: Path) -> None:
    from synthcli.marginal import Domain
    from synthcli.workflow.workload_file import load_workload

    (tmp_path / "workload.toml").write_text(re.findall(r"```toml\n(.*?)```", README, re.S)[1])
    domain = Domain(("county", "race", "sex", "searched"), (1,) * 4)
    assert load_workload(tmp_path / "workload.toml", domain).weights["county", "race", "searched"] == 10


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "examples").glob("*.toml")))
def test_the_examples_are_release_files(name: str) -> None:
    from synthcli.workflow.release_config import load_release_config

    load_release_config(ROOT / "examples" / name)
