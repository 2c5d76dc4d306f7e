"""The public result of an audit: charged first, made of noisy counts alone, and fit for a public page."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from synthcli import files
from synthcli.errors import BudgetRefused, InputError, InvalidAudit, UsageError
from synthcli.gate import Outcome
from synthcli.privacy.ledger import NoLedger, Status, open_ledger
from synthcli.report.public_audit import from_public_document
from synthcli.workflow import public_audit
from synthcli.workflow.audit import run_audit
from synthcli.workflow.release import run_release
from synthcli.workflow.release_config import load_release_config
from synthcli.workflow.report import run_report
from synthcli.workflow.requests import AuditRequest, ReportRequest
from tests.cli.table_fixture import SCHEMA, csv, rows
from tests.workflow.test_standing import EASY, fitted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    (folder / "t.csv").write_text(csv(rows(2000)))
    (folder / "schema.yaml").write_text(SCHEMA)
    (folder / "easy.toml").write_text(EASY)
    open_ledger(folder / "ledger.sqlite").init("wards", "2.5", "1e-6")
    fitted(folder, "m")
    return folder


def asked(folder: Path, name: str, **changes: object) -> AuditRequest:
    request = AuditRequest(
        data=str(folder / "t.csv"),
        synthetic=str(folder / "m1.csv"),
        model=folder / "m.synth",
        policy=folder / "easy.toml",
        ledger=str(folder / "ledger.sqlite"),
        public=folder / name,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def spent(folder: Path) -> Decimal:
    return open_ledger(folder / "ledger.sqlite").account("wards").spent_epsilon


def test_the_public_result_is_charged_and_told(folder: Path) -> None:
    before = spent(folder)
    outcome = run_audit(asked(folder, "told.json"))
    assert spent(folder) - before == Decimal("0.5")
    last = open_ledger(folder / "ledger.sqlite").history("wards")[-1]
    assert (last.mechanism, last.status, last.delta) == ("public audit", Status.COMMITTED, 0)
    told = from_public_document(json.loads((folder / "told.json").read_text()))
    assert told == outcome.public
    assert told.verdict.outcome is Outcome.PASS
    assert told.scale == pytest.approx(6.0)
    assert (folder / "told.json").stat().st_mode & 0o044
    text = (folder / "told.json").read_text()
    assert not any(word in text for word in ("informed", "distance", "coin_commitment", "real_rows", "quality"))


def test_a_page_tells_it_without_the_exact_verdict(folder: Path) -> None:
    run_audit(asked(folder, "page.json"))
    request = ReportRequest(
        model=folder / "m.synth", audit=None, output=folder / "p.html", public=True, public_audit=folder / "page.json"
    )
    page = run_report(request).read_text()
    assert "The audit, as it may be told" in page
    assert "public.copies.excess" in page
    assert "Not audited" not in page
    other = json.loads((folder / "page.json").read_text()) | {"model": "00"}
    (folder / "other.json").write_text(json.dumps(other))
    with pytest.raises(UsageError, match="another model"):
        run_report(replace(request, output=folder / "q.html", public_audit=folder / "other.json"))
    (folder / "other.json").write_text("{}")
    with pytest.raises(InputError, match="not a public audit"):
        run_report(replace(request, output=folder / "q.html", public_audit=folder / "other.json"))


def test_what_the_budget_does_not_hold_is_refused_before_a_row_is_read(folder: Path) -> None:
    before = spent(folder)
    with pytest.raises(BudgetRefused):
        run_audit(asked(folder, "more.json", public_epsilon="9", data=str(folder / "not there.csv")))
    with pytest.raises(NoLedger):
        run_audit(asked(folder, "more.json", ledger=str(folder / "none.sqlite"), data=str(folder / "not there.csv")))
    with pytest.raises(UsageError, match="epsilon 1e-320 is too small"):
        run_audit(asked(folder, "more.json", public_epsilon="1e-320", data=str(folder / "not there.csv")))
    assert spent(folder) == before
    assert not (folder / "more.json").exists()


@pytest.mark.parametrize("named", ["output", "beside"])
def test_results_in_one_file_are_refused_whoever_asks(folder: Path, named: str) -> None:
    before, place = spent(folder), folder / "one.json"
    changes: dict[str, object] = {"output": place} if named == "output" else {"beside": (None, place)}
    with pytest.raises(UsageError, match="is named for two"):
        run_audit(asked(folder, "one.json", **changes))
    assert (spent(folder), place.exists()) == (before, False)


def test_each_file_is_claimed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed: list[Path] = []
    monkeypatch.setattr(files, "claim_output", lambda path, *_: claimed.append(path))
    places = [folder / name for name in ("once.json", "public.json", "junit.xml", "markdown.md")]
    with pytest.raises(InputError, match="absent"):
        run_audit(asked(folder, places[1].name, output=places[0], beside=tuple(places[2:]), model=folder / "absent"))
    assert claimed == places


def test_what_fails_before_the_noise_costs_nothing_and_after_it_stays_spent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = spent(folder)
    (folder / "changed.csv").write_text(csv(rows(1999)))
    with pytest.raises(InvalidAudit):
        run_audit(asked(folder, "never.json", data=str(folder / "changed.csv")))
    assert spent(folder) == before

    def fails(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(public_audit, "atomic_write", fails)
    with pytest.raises(OSError, match="full") as failure:
        run_audit(asked(folder, "never.json", public_epsilon="0.1"))
    assert spent(folder) - before == Decimal("0.1")
    assert "stay spent" in failure.value.__notes__[0]


def test_a_release_publishes_what_may_be_told(folder: Path) -> None:
    open_ledger(folder / "ledger.sqlite").amend("wards", "9", "1e-6")
    (folder / "synthcli.toml").write_text(
        '[data]\npath = "t.csv"\nschema = "schema.yaml"\n[fit]\nepsilon = 2\nmechanism = "independent"\n'
        'audit_coins = 0.5\nledger = "ledger.sqlite"\n[audit]\npolicy = "easy.toml"\npublic_epsilon = 0.25\n'
        '[publish]\nfolder = "public"\n'
    )
    before = spent(folder)
    result = run_release(load_release_config(folder / "synthcli.toml"))
    assert result.published is not None
    assert (result.spent, spent(folder) - before) == (2.25, Decimal("2.25"))
    assert {path.name for path in result.published.iterdir()} == {
        *("t.parquet", "audit.json", "report.html", "manifest.json")
    }
    assert from_public_document(json.loads((result.published / "audit.json").read_text())).epsilon == 0.25
    assert "public.copies.excess" in (result.published / "report.html").read_text()
    again = run_release(load_release_config(folder / "synthcli.toml"))
    assert (again.up_to_date, again.spent, spent(folder) - before) == (True, 0.0, Decimal("2.25"))
