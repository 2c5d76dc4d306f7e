"""Two commands that write one file: the second is refused before any work, and spends nothing."""

from pathlib import Path

import pytest

from synthcli.files import held_outputs
from synthcli.privacy.ledger import open_ledger
from tests.cli.conftest import program
from tests.cli.table_fixture import FIT


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
def test_the_second_is_refused(fitted: Path, output: str, arguments: tuple[str, ...]) -> None:
    with held_outputs((fitted / output,)):
        done = program(fitted)(*arguments)
        assert not (fitted / output).exists()
    assert (done.returncode, done.stdout) == (3, "")
    assert f"error: another run is at work on {fitted / output}" in done.stderr
    assert done.stderr.endswith("\n  hint: wait until it has ended, or write elsewhere\n")
    assert open_ledger(fitted / "ledger.sqlite").account("wards").releases == 1
    assert not list(fitted.glob(".*lock"))
