"""`synthcli audit controls` through the real program, on a small table of the user's and few controls."""

import json
from pathlib import Path

import pytest

from synthcli.audit.controls.battery import CONTROLS
from synthcli.workflow import controls, trial
from tests.cli.conftest import Run

FEW = tuple(control for control in CONTROLS if control.id in ("P1", "P11", "N1"))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    from synthcli.workflow import controls_record

    monkeypatch.setattr(controls, "CONTROLS", FEW)
    monkeypatch.setattr(controls_record, "CONTROLS", FEW)


def test_controls_are_tried_recorded_and_printed(inside: Run, few: None, tmp_path: Path) -> None:
    done = inside("audit", "controls", "--repeats", "1", "--json", "-o", "controls.json.private")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["passed"] is True and document["table"] == "simulated tables"
    assert [(c["id"], c["as_expected"], c["repeats"]) for c in document["controls"]] == [
        ("P1", 1, 1),
        ("P11", 1, 1),
        ("N1", 1, 1),
    ]
    assert json.loads((tmp_path / "controls.json").read_text())["build"] == document["build"]
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_missed_leak_exits_11(inside: Run, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial._Fit, "outcome", lambda self, control: "pass")
    done = inside("audit", "controls", "--repeats", "1")
    assert done.returncode == 11
    assert done.stdout.splitlines()[1].split("\t")[:4] == ["P1", "the training rows themselves", "caught", "0/1"]
    assert "warning: P1 (the training rows themselves) was not always caught" in done.stderr


def test_a_table_needs_its_schema_and_rows_enough(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n2\n")
    done = inside("audit", "controls", "--data", "t.csv")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "  hint: give it with --schema")
    (tmp_path / "s.yaml").write_text("name: t\nfields:\n- {name: a, type: integer}\n")
    done = inside("audit", "controls", "--data", "t.csv", "--schema", "s.yaml")
    assert done.returncode == 3
    assert "too small for controls" in done.stderr


def test_a_privacy_unit_needs_its_bound(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("who,a\n1,1\n")
    (tmp_path / "s.yaml").write_text(
        "name: t\nfields:\n- {name: who, type: integer, 'synthcli:role': unit}\n- {name: a, type: integer}\n"
    )
    done = inside("audit", "controls", "--data", "t.csv", "--schema", "s.yaml")
    assert done.returncode == 2 and "--max-rows-per-unit" in done.stderr
    done = inside("audit", "controls", "--data", "t.csv", "--schema", "s.yaml", "--max-rows-per-unit", "1")
    assert done.returncode == 3 and "2,000 privacy units" in done.stderr
