"""More rows than can be counted are refused at once, wherever the number is said."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

COUNTS = ("1000000000001", "9007199254740993", "99999999999999999999")
RELEASE = ("release", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "-o", "p", "--rows")


@pytest.mark.parametrize("count", COUNTS)
def test_a_sample_has_a_largest_number_of_rows(inside: Run, tmp_path: Path, count: str) -> None:
    done = inside("sample", "m.synth", "-n", count)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: --rows is at most 1,000,000,000,000\n  hint: sample several times" in done.stderr
    (tmp_path / "synthcli.toml").write_text(f"[sample]\nrows = {count}\n")
    done = inside("sample", "m.synth")
    assert (done.returncode, "--rows is at most 1,000,000,000,000" in done.stderr) == (2, True)


@pytest.mark.parametrize("count", COUNTS)
def test_so_has_a_release(inside: Run, tmp_path: Path, count: str) -> None:
    says = "[sample] rows: is at least 1, and at most 1,000,000,000,000"
    done = inside(*RELEASE, count)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    (tmp_path / "synthcli.toml").write_text(f"[sample]\nrows = {count}\n")
    done = inside(*RELEASE[:-1], "--config", "synthcli.toml")
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_the_largest_number_is_allowed(inside: Run) -> None:
    done = inside("sample", "m.synth", "-n", "1000000000000")
    assert (done.returncode, "m.synth" in done.stderr) == (3, True), done.stderr
