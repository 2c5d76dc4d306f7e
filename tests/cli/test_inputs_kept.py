"""No command overwrites what it reads, not even with --force."""

import gzip
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.table_fixture import SCHEMA, csv

FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "1", "--mechanism", "independent", "-o")
SAMPLE = ("sample", "m.csv", "-o")


@pytest.fixture(autouse=True)
def files(inside: Run, tmp_path: Path) -> dict[str, bytes]:
    """A table by several names, its schema, and files that are read late, if at all."""
    (tmp_path / "d").mkdir()
    for name in ("t.csv", "t.yaml", "d/a.csv"):
        (tmp_path / name).write_text(csv())
    (tmp_path / "d" / "b.csv.gz").write_bytes(gzip.compress(csv().encode()))
    (tmp_path / "link.csv").symlink_to("t.csv")
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    for name in ("policy.toml", "ledger.csv"):
        (tmp_path / name).touch()
    (tmp_path / "workload.toml").write_text("all = 2\n")
    for name in ("m.csv", "a.json", "told.json"):
        (tmp_path / name).write_text("{}")
    return _content(tmp_path)


def _content(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if not name.startswith("ledger.sqlite")}


@pytest.mark.parametrize(
    "arguments",
    [
        (*FIT, "t.csv"),
        (*FIT, "link.csv"),
        (*FIT, "t.csv", "--refit"),
        (*FIT, "schema.yaml"),
        (*FIT, "policy.toml", "--policy", "policy.toml", "--audit-coins", "0.5"),
        (*FIT, "workload.toml", "--workload", "workload.toml", "--mechanism", "aim"),
        ("fit", "d", *FIT[2:], "d/b.csv.gz"),
        ("fit", "d/*", *FIT[2:], "d/a.csv"),
        (*SAMPLE, "m.csv"),
        (*SAMPLE, "m.csv", "-n", "5"),
        (*SAMPLE, "ledger.csv", "--ledger", "ledger.csv"),
        (*SAMPLE, "rows.csv", "--persons", "m.csv"),
        ("sample", "m.csv", "-o", "{}.csv", "--replicates", "2", "--ledger", "1.csv"),
        ("profile", "t.yaml", "-o", "t.yaml"),
        ("profile", "t.csv", "--rules", "schema.yaml", "-o", "schema.yaml"),
        ("report", "--model", "m.csv", "-o", "m.csv"),
        ("report", "--model", "m.csv", "--audit", "a.json", "-o", "a.json"),
        ("report", "--model", "m.csv", "--public", "--public-audit", "told.json", "-o", "told.json"),
        ("audit", "controls", "--data", "t.csv", "--schema", "schema.yaml", "-o", "t.csv"),
        ("audit", "controls", "--data", "t.csv", "--schema", "schema.yaml", "-o", "schema.yaml"),
    ],
    ids=" ".join,
)
def test_an_input_is_refused_as_an_output(
    inside: Run, tmp_path: Path, files: dict[str, bytes], arguments: tuple[str, ...]
) -> None:
    if "1.csv" in arguments:
        shutil.copy(tmp_path / "m.csv", tmp_path / "1.csv")
        files |= {"1.csv": b"{}"}
    done = inside(*arguments, "--force")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "is an input of this command, too\n  hint: write elsewhere\n" in done.stderr
    assert _content(tmp_path) == files


def test_another_file_is_overwritten_as_it_is_asked(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "other.synth").write_text("{}")
    done = inside(*FIT, "other.synth", "--force")
    assert done.returncode == 0, done.stderr
