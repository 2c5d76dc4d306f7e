"""Values beyond what is looked for are told of."""

from pathlib import Path

import pytest

from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest


@pytest.mark.parametrize(
    ("kind", "value", "is_far"),
    [
        ("integer", "7", False),
        ("integer", str(2**63 - 1), True),
        ("integer", str(-(2**63)), True),
        ("date", "1620-03-05", True),
        ("date", "2020-03-05", False),
    ],
)
def test_values_at_the_end_of_what_is_looked_for_are_told(tmp_path: Path, kind: str, value: str, is_far: bool) -> None:
    (tmp_path / "t.csv").write_text("v\n" + f"{value}\n" * 800)
    schema = f"{{name: far, fields: [{{name: v, type: {kind}, constraints: {{required: true}}}}]}}"
    (tmp_path / "schema.yaml").write_text(schema)
    warnings: list[str] = []
    asked = FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "schema.yaml",
        output=tmp_path / "m.synth",
        epsilon="20",
        mechanism="independent",
        ledger=str(tmp_path / "ledger.sqlite"),
    )
    run_fit(asked, warn=warnings.append)
    far = [text for text in warnings if "at an end" in text]
    assert len(far) == is_far
    assert all("v (100% of its rows)" in text and value not in text for text in far)
