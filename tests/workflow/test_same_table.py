"""A table counts as the same while what is modelled is: whatever is paid for is paid once."""

import csv
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from synthcli.errors import InvalidAudit
from synthcli.privacy.ledger import Status, open_ledger
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import AuditRequest, FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample

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


@pytest.mark.parametrize("units", [False, True], ids=["rows", "units"])
def test_a_table_that_is_written_anew_is_audited_with_the_coins_of_its_fit(units: bool, tmp_path: Path) -> None:
    """The same values in other bytes; one other value is another table."""
    table = pd.concat([_table().assign(fee=range(300 * i, 300 * (i + 1))) for i in range(4)])
    table["person"] = [f"p{i // 2}" for i in range(1200)]
    table.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.yaml").write_text(SCHEMA if units else SCHEMA.replace("unit}", "drop}"))
    (tmp_path / "p.toml").write_text('min_nonmembers = 50\n[tolerances]\n"*" = 1\n')
    ledger, model, rows = str(tmp_path / "ledger.sqlite"), tmp_path / "m.synth", str(tmp_path / "rows.csv")
    fit = FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "s.yaml",
        output=model,
        epsilon="1",
        mechanism="independent",
        audit_coins=0.9,
        policy=tmp_path / "p.toml",
        max_rows_per_unit=2 if units else None,
        ledger=ledger,
    )
    run_fit(fit)
    run_sample(SampleRequest(model=model, output=rows, ledger=ledger))
    table[table.columns[::-1]].assign(email="gone").to_csv(fit.data, index=False, quoting=csv.QUOTE_ALL)
    assert run_fit(fit).up_to_date
    asked = AuditRequest(data=fit.data, synthetic=rows, model=model, policy=fit.policy, ledger=ledger)
    assert run_audit(asked).result.endpoints
    for changed in (table.iloc[::-1], table.assign(fee=[7, *table.fee[1:]]), table.drop(columns="fee"), table[1:]):
        changed.to_csv(fit.data, index=False)
        with pytest.raises(InvalidAudit, match="not the ones that the coins were tossed for"):
            run_audit(asked)
