"""Two commands that write one file: the second is refused before any work, and spends nothing."""

from pathlib import Path

import pytest

from synthcli.files import held_outputs
from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import program
from tests.cli.table_fixture import SCHEMA, csv, rows

FIT = ("fit", "t.csv", "--schema", "schema.yaml", "--epsilon", "0.5", "--mechanism", "independent")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    (folder / "t.csv").write_text(csv(rows(300)))
    (folder / "schema.yaml").write_text(SCHEMA)
    run = program(folder)
    assert run(*FIT, "-o", "m.synth").returncode == 0
    assert run("sample", "m.synth", "-o", "s.csv").returncode == 0
    return folder


@pytest.mark.parametrize(
    ("output", "arguments"),
    [
        ("n.synth", (*FIT, "-o", "n.synth", "--force")),
        ("n.csv", ("sample", "m.synth", "-o", "n.csv")),
        ("n-2.csv", ("sample", "m.synth", "-n", "9", "--replicates", "2", "-o", "n.csv", "--force")),
        ("n.yaml", ("profile", "t.csv", "-o", "n.yaml")),
        ("n.html", ("report", "--model", "m.synth", "-o", "n.html")),
        ("n.json", ("audit", "t.csv", "s.csv", "--model", "m.synth", "-o", "n.json")),
        ("n.xml", ("audit", "t.csv", "s.csv", "--model", "m.synth", "--junit", "n.xml")),
        ("n.json", ("audit", "conformance", "-o", "n.json")),
        ("n.json", ("audit", "controls", "-o", "n.json")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]),
)
def test_the_second_is_refused(folder: Path, output: str, arguments: tuple[str, ...]) -> None:
    with held_outputs((folder / output,)):
        done = program(folder)(*arguments)
        assert not (folder / output).exists()
    assert (done.returncode, done.stdout) == (3, "")
    assert f"error: another run is at work on {folder / output}" in done.stderr
    assert done.stderr.endswith("\n  hint: wait until it has ended, or write elsewhere\n")
    assert open_ledger(folder / "ledger.sqlite").account("wards").releases == 1
    assert not list(folder.glob(".*lock"))
