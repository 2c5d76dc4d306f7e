"""A table counts as the same while what is modelled is: whatever is paid for is paid once."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from synthcli.privacy.ledger import Status, open_ledger
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest

SCHEMA = """
name: visits
fields:
- {name: person, type: string, "synthcli:role": unit}
- {name: email, type: string, "synthcli:role": drop}
- {name: id, type: string, "synthcli:role": surrogate, "synthcli:surrogate": {format: uuid}}
- {name: ward, type: string, constraints: {enum: [north, south], required: true}}
- {name: code, type: string}
- {name: fee, type: integer}
rules:
- {determines: {ward: code}, table: {north: N, south: S}}
"""


@pytest.fixture
def asked(tmp_path: Path) -> FitRequest:
    """A fit that has been made and paid for."""
    _table().to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.yaml").write_text(SCHEMA)
    asked = FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "s.yaml",
        output=tmp_path / "m.synth",
        epsilon="1",
        mechanism="independent",
        max_rows_per_unit=2,
        ledger=str(tmp_path / "ledger.sqlite"),
    )
    run_fit(asked)
    return asked


def _table() -> pd.DataFrame:
    wards = ["north" if i % 3 else "south" for i in range(300)]
    return pd.DataFrame(
        {
            "person": [f"p{i // 2}" for i in range(300)],
            "email": [f"{i}@example.org" for i in range(300)],
            "id": range(300),
            "ward": wards,
            "code": [ward[0].upper() for ward in wards],
            "fee": [i % 7 for i in range(300)],
        }
    )


@pytest.mark.parametrize("gone", [["email"], ["id"], ["code"], ["email", "id", "code"]])
def test_columns_that_are_not_modelled_may_go(gone: list[str], asked: FitRequest) -> None:
    """Dropped ones, made-up ones, and those that a rule works out."""
    _table().drop(columns=gone).to_csv(asked.data, index=False)
    assert run_fit(asked).up_to_date
    assert len(open_ledger(asked.ledger).history("visits")) == 1


def test_layout_and_values_that_are_not_modelled_may_change(asked: FitRequest, tmp_path: Path) -> None:
    table = _table().assign(email="gone")
    table[table.columns[::-1]].to_csv(asked.data, index=False)
    assert run_fit(asked).up_to_date
    table.assign(id=table.id.astype(str)).to_parquet(tmp_path / "t.parquet")
    assert run_fit(replace(asked, data=str(tmp_path / "t.parquet"))).up_to_date


@pytest.mark.parametrize(("column", "value"), [("ward", "north"), ("fee", 5), ("person", "p9")])
def test_one_value_of_a_row_makes_another_table(column: str, value: object, asked: FitRequest) -> None:
    """That of the privacy unit, too: it says which rows count."""
    table = _table()
    table.loc[0, column] = value
    table.to_csv(asked.data, index=False)
    assert not run_fit(replace(asked, force=True)).up_to_date
    assert [spend.status for spend in open_ledger(asked.ledger).history("visits")] == [Status.COMMITTED] * 2
