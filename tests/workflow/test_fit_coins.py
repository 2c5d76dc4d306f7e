"""What coins files of another version mean for a fit that was made with such coins."""

from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.privacy.bounding import PrivacyUnit
from synthcli.workflow import fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest
from tests.cli.table_fixture import SCHEMA


@pytest.mark.parametrize(("unit", "version"), [(None, "VERSION"), (PrivacyUnit("p", 2), "VERSION_OF_UNITS")])
def test_a_fit_whose_coins_are_refused_is_made_again(
    tmp_path: Path, unit: PrivacyUnit | None, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s.yaml").write_text(SCHEMA)
    asked = FitRequest(
        data="t.csv", schema=tmp_path / "s.yaml", output=tmp_path / "m.synth", epsilon="1", audit_coins=0.9
    )
    plan = replace(plan_fit(asked), unit=unit)
    now = fit._fingerprint(asked, plan)
    (other,) = {"VERSION", "VERSION_OF_UNITS"} - {version}
    monkeypatch.setattr(fit, other, 0)
    assert fit._fingerprint(asked, plan) == now
    monkeypatch.setattr(fit, version, 0)
    assert fit._fingerprint(asked, plan) != now
