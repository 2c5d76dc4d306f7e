"""The whole chain on a real table (RAND health insurance experiment, public domain), and an audit that fires."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest
import statsmodels.datasets.randhie as randhie

from synthcli.artifact import load
from synthcli.audit.coins_file import load_coins
from synthcli.errors import InvalidAudit
from synthcli.gate import Outcome
from synthcli.table.profile import propose
from synthcli.table.schema_file import dump_schema
from synthcli.table.source import open_source
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.report import run_report
from synthcli.workflow.requests import AuditRequest, FitRequest, ReportRequest, SampleRequest
from synthcli.workflow.sample import run_sample

COLUMNS = ["plan", "site", "coins", "year", "black", "income", "xage", "female", "educdec", "outpdol", "mdvis", "disea"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table, its profile, a model with coins, and a fresh sample."""
    folder = tmp_path_factory.mktemp("chain")
    table = pd.read_csv(Path(randhie.__file__).parent / "src" / "randhie.csv")[COLUMNS]
    table.to_csv(folder / "rand.csv", index=False)
    proposal = propose(open_source(str(folder / "rand.csv")), "rand")
    (folder / "schema.yaml").write_text(dump_schema(proposal.schema, "yaml"))
    run_fit(
        FitRequest(
            data=str(folder / "rand.csv"),
            schema=folder / "schema.yaml",
            output=folder / "m.synth",
            epsilon="1",
            mechanism="mst",
            audit_coins=0.2,
            ledger=str(folder / "ledger.sqlite"),
        )
    )
    run_sample(SampleRequest(model=folder / "m.synth", output=str(folder / "s.csv"), seed=7))
    return folder


def _audit(folder: Path, synthetic: str, **changes: object) -> Outcome:
    request = AuditRequest(
        data=str(folder / "rand.csv"),
        synthetic=str(folder / synthetic),
        model=folder / "m.synth",
        ledger=str(folder / "ledger.sqlite"),
        **changes,  # type: ignore[arg-type]
    )
    return run_audit(request).verdict.outcome


def test_a_fresh_sample_passes(folder: Path) -> None:
    assert _audit(folder, "s.csv", output=folder / "audit.json") is Outcome.PASS
    assert (folder / "audit.json").stat().st_mode & 0o077 == 0
    for public in (False, True):
        page = run_report(
            ReportRequest(
                model=folder / "m.synth",
                audit=folder / "audit.json",
                output=folder / f"report-{public}.html",
                public=public,
            )
        )
        text = page.read_text()
        assert "mdvis" in text
        assert not re.search(r'(src|href)="https?:', text)
        assert bool(page.stat().st_mode & 0o004) == public


def _training(folder: Path) -> pd.DataFrame:
    """The rows that the model was fitted on, as text."""
    real = pd.read_csv(folder / "rand.csv", dtype=str, keep_default_na=False)
    statement = load(folder / "m.synth").statement.coins
    assert statement is not None
    coins = load_coins(folder / "coins" / f"{statement.commitment[:32]}.json")
    return real[coins.keep(0, len(real))]


def test_five_percent_of_copied_training_rows_fail(folder: Path) -> None:
    """Any training rows, not just audit candidates: a copyist does not know who is one."""
    honest = pd.read_csv(folder / "s.csv", dtype=str, keep_default_na=False)
    stolen = _training(folder).sample(len(honest) // 20, random_state=1)
    mixed = pd.concat([honest.iloc[len(stolen) :], stolen]).sample(frac=1, random_state=2)
    mixed.to_csv(folder / "copied.csv", index=False)
    assert _audit(folder, "copied.csv") is Outcome.FAIL


def test_the_training_rows_themselves_fail(folder: Path) -> None:
    _training(folder).to_csv(folder / "training.csv", index=False)
    assert _audit(folder, "training.csv") is Outcome.FAIL


@pytest.mark.parametrize("share", [1.0, 0.1])
def test_real_rows_of_both_sides_of_the_coin_are_no_sample(folder: Path, share: float) -> None:
    """Members and non-members alike: no comparison tells them apart, but the model never saw the latter."""
    honest, real = (pd.read_csv(folder / name, dtype=str, keep_default_na=False) for name in ("s.csv", "rand.csv"))
    mixed = pd.concat([honest.iloc[int(share * len(honest)) :], real.sample(frac=share, random_state=3)])
    mixed.to_csv(folder / "mixed.csv", index=False)
    with pytest.raises(InvalidAudit, match="real rows that the model never saw"):
        _audit(folder, "mixed.csv")


def test_samples_are_reproducible_and_typed(folder: Path) -> None:
    again = SampleRequest(model=folder / "m.synth", output=str(folder / "again.csv"), seed=7)
    run_sample(again)
    assert (folder / "again.csv").read_bytes() == (folder / "s.csv").read_bytes()
    run_sample(SampleRequest(model=folder / "m.synth", output=str(folder / "s.parquet"), seed=7, rows=1234))
    rows = parquet.read_table(folder / "s.parquet").to_pandas()
    assert len(rows) == 1234
    assert list(rows.columns) == COLUMNS
    assert rows["year"].dropna().isin([1, 2, 3, 4, 5]).all()
    assert rows["mdvis"].dtype == np.int64 or rows["mdvis"].dropna().mod(1).eq(0).all()


def test_marginals_are_close(folder: Path) -> None:
    """The mean of up to ten visits has a standard deviation of 1 % over fits: 5 % are a false alarm below 1e-6."""
    real, synthetic = (pd.read_csv(folder / name) for name in ("rand.csv", "s.csv"))
    assert synthetic["mdvis"].clip(upper=10).mean() == pytest.approx(real["mdvis"].clip(upper=10).mean(), rel=0.05)
    assert synthetic["xage"].quantile(0.5) == pytest.approx(real["xage"].quantile(0.5), abs=2.5)
    assert (synthetic["outpdol"] == 0).mean() == pytest.approx((real["outpdol"] == 0).mean(), abs=0.03)
    assert synthetic["disea"].isna().mean() == pytest.approx(real["disea"].isna().mean(), abs=0.01)


def test_a_parquet_copy_gives_the_same_profile(folder: Path) -> None:
    pd.read_csv(folder / "rand.csv").to_parquet(folder / "rand.parquet")
    schemas = [propose(open_source(str(folder / name)), "rand").schema for name in ("rand.csv", "rand.parquet")]
    assert [c.name for c in schemas[0].columns] == [c.name for c in schemas[1].columns]
    assert [c.role for c in schemas[0].columns] == [c.role for c in schemas[1].columns]


def test_the_audit_file_is_one_versioned_object(folder: Path) -> None:
    _audit(folder, "s.csv", output=folder / "audit2.json")
    document = json.loads((folder / "audit2.json").read_text())
    assert document["schema_version"] == 1
    assert document["verdict"]["outcome"] == "pass"
    assert "internal" in document["warning"]
