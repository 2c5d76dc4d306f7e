"""Synthetic rows at the command line: what is written beside them, and who is told."""

import json

from tests.cli.conftest import Run
from tests.cli.table_fixture import SCHEMA, csv, rows


def test_synthetic_rows_are_told_of_and_refused(tmp_path, inside: Run) -> None:
    (tmp_path / "t.csv").write_text(csv(rows(1200)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    fit = ("fit", "--schema", "schema.yaml", "--epsilon", "3", "--mechanism", "independent")
    assert inside(*fit, "t.csv", "-o", "m.synth").returncode == 0
    assert inside("sample", "m.synth", "-o", "s.csv").returncode == 0
    assert json.loads((tmp_path / "s.csv.provenance.json").read_text())["synthetic"] is True
    (tmp_path / "lone.csv").write_text((tmp_path / "s.csv").read_text())
    for name, why in (("s.csv", "s.csv.provenance.json says"), ("lone.csv", "100.0% of the different rows")):
        told = inside("profile", name, "--json")
        assert told.returncode == 0
        assert why in told.stderr
        assert json.loads(told.stdout)["synthetic"]
        refused = inside(*fit, name, "-o", "n.synth")
        assert refused.returncode == 3
        assert f"error: {name} holds synthetic rows" in refused.stderr
        assert "--allow-synthetic" in refused.stderr
    assert inside(*fit, "lone.csv", "-o", "n.synth", "--allow-synthetic").returncode == 0
    quiet = inside("profile", "t.csv", "--json")
    assert json.loads(quiet.stdout)["synthetic"] == []
    assert "synthetic" not in quiet.stderr


def test_rows_on_standard_output_leave_no_file(tmp_path, inside: Run) -> None:
    (tmp_path / "t.csv").write_text(csv(rows(400)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    arguments = ("t.csv", "--schema", "schema.yaml", "--epsilon", "3", "--mechanism", "independent", "-o", "m.synth")
    assert inside("fit", *arguments).returncode == 0
    before = {path.name for path in tmp_path.iterdir()}
    inside("sample", "m.synth", "-n", "5")
    assert {path.name for path in tmp_path.iterdir()} == before
