"""Audits are counted, and no policy that was chosen afterwards lets a release pass."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from synthcli.artifact import load
from synthcli.errors import InputError, InvalidAudit, SynthError
from synthcli.gate import Outcome, load_policy
from synthcli.privacy.ledger import open_ledger
from synthcli.privacy.ledger_audits import register_policy
from synthcli.workflow.audit import AuditOutcome, run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import AuditRequest, FitRequest, SampleRequest
from synthcli.workflow.sample import run_sample
from tests.cli.table_fixture import SCHEMA, csv, rows

EASY = '[tolerances]\n"*" = 1\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standing")
    (folder / "t.csv").write_text(csv(rows(2000)))
    (folder / "schema.yaml").write_text(SCHEMA)
    (folder / "easy.toml").write_text(EASY)
    fitted(folder, "m")
    return folder


def fitted(folder: Path, name: str) -> None:
    """A model with coins, by the policy under which everything passes, and two samples."""
    model = folder / f"{name}.synth"
    ledger = str(folder / "ledger.sqlite")
    request = FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "schema.yaml",
        output=model,
        epsilon="1",
        mechanism="independent",
        audit_coins=0.5,
        policy=folder / "easy.toml",
        ledger=ledger,
    )
    run_fit(request)
    for seed in (1, 2):
        run_sample(SampleRequest(model=model, output=str(folder / f"{name}{seed}.csv"), seed=seed, ledger=ledger))


def asked(folder: Path, synthetic: str, **changes: object) -> AuditOutcome:
    request = AuditRequest(
        data=str(folder / "t.csv"),
        synthetic=str(folder / f"{synthetic}.csv"),
        model=folder / f"{synthetic[:-1]}.synth",
        policy=folder / "easy.toml",
        ledger=str(folder / "ledger.sqlite"),
    )
    return run_audit(replace(request, **changes))  # type: ignore[arg-type]


def test_another_policy_is_refused_before_anything_is_known_and_does_not_pass_later(folder: Path) -> None:
    with pytest.raises(InvalidAudit, match="another policy") as refused:
        asked(folder, "m1", policy=None)
    assert "ledger register-policy wards" in refused.value.hint
    first = asked(folder, "m1")
    assert (first.verdict.outcome, first.result.setup["attempt"]) == (Outcome.PASS, 1)
    assert first.verdict.notes == ()
    easier = folder / "easier.toml"
    easier.write_text("min_nonmembers = 100\n" + EASY)
    register_policy(open_ledger(folder / "ledger.sqlite"), "wards", load_policy(easier).digest)
    late = asked(folder, "m1", policy=easier)
    assert late.verdict.outcome is Outcome.INCONCLUSIVE
    assert "not the one that was registered" in late.document["verdict"]["notes"][-1]
    assert all(check.outcome is Outcome.PASS for check in late.verdict.checks)


def test_attempts_are_counted_and_get_surer(folder: Path) -> None:
    fitted(folder, "n")
    model = load(folder / "n.synth").statement.coins
    assert model is not None
    assert model.policy == load_policy(folder / "easy.toml").digest
    found = [asked(folder, name, seed=seed) for name, seed in (("n1", 0), ("n2", 0), ("n1", 0), ("n1", 5))]
    assert [outcome.result.setup["attempt"] for outcome in found] == [1, 2, 1, 3]
    levels = [1 - float(outcome.result.setup["confidence"]) for outcome in found]
    assert levels == pytest.approx([0.05 * 0.607927 / k**2 for k in (1, 2, 1, 3)], rel=1e-5)
    assert [len(outcome.verdict.notes) for outcome in found] == [0, 1, 0, 1]
    widths = [outcome.result.endpoints[3].high - outcome.result.endpoints[3].value for outcome in found]
    assert widths[0] == widths[2] < widths[3]


@pytest.mark.parametrize(
    ("spoil", "kind", "says"),
    [
        (lambda lines: [line.partition(",")[2] for line in lines], InputError, "r1.csv has no column 'ward'"),
        (lambda lines: ["x", *"1234"], InputError, "r1.csv does not match its schema: 6 problems"),
        (lambda lines: lines[:1], InvalidAudit, "r1.csv has no rows"),
        (lambda lines: [*lines, lines[1].replace(",", ",x", 1)], InputError, "column 'age'"),
        (lambda lines: [*lines, "north,5"], InputError, "r1.csv has 1 row"),
    ],
    ids=["a column less", "another header", "no rows", "text in the last row", "fields too few"],
)
def test_a_file_that_cannot_be_read_is_no_attempt(
    spoil: Callable[[list[str]], list[str]], kind: type[SynthError], says: str, folder: Path
) -> None:
    """It is refused by itself, whatever the real rows are."""
    (folder / "r1.csv").write_text("\n".join(spoil((folder / "m1.csv").read_text().splitlines())) + "\n")
    ledger = (folder / "ledger.sqlite").read_bytes()
    with pytest.raises(kind) as refused:
        asked(folder, "r1", model=folder / "m.synth")
    assert says in refused.value.message
    assert "r1.csv is the file to be audited; no attempt was counted" in refused.value.__notes__[0]
    assert (folder / "ledger.sqlite").read_bytes() == ledger


def test_coins_of_another_fit_are_no_attempt(folder: Path) -> None:
    fitted(folder, "o")
    statement = load(folder / "m.synth").statement.coins
    assert statement is not None
    coins = next((folder / "coins").glob(f"{statement.commitment[:32]}*"))
    ledger = (folder / "ledger.sqlite").read_bytes()
    with pytest.raises(InvalidAudit, match="not the ones that the model was fitted with"):
        asked(folder, "o1", coins=coins)
    assert (folder / "ledger.sqlite").read_bytes() == ledger


def test_a_policy_that_was_registered_before_the_first_audit_counts(folder: Path) -> None:
    fitted(folder, "p")
    register_policy(open_ledger(folder / "ledger.sqlite"), "wards", load_policy(None).digest)
    notes = asked(folder, "p1", policy=None).verdict.notes
    assert notes == ()


def test_without_a_ledger_the_count_is_unknown_and_said_so(folder: Path) -> None:
    coins = next((folder / "coins").glob(f"{load(folder / 'm.synth').statement.coins.commitment[:32]}*"))
    outcome = asked(folder, "m2", coins=coins, ledger=str(folder / "none.sqlite"))
    assert outcome.verdict.outcome is Outcome.PASS
    assert outcome.verdict.notes == ("no ledger was found: attempts on this model are not counted",)
