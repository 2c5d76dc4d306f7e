"""Fit as a job: the order of ledger, data, noise and file, and what a second run does."""

import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from synthcli.artifact import load
from synthcli.errors import BudgetRefused, InputError, InvalidAudit, Remark, UsageError
from synthcli.mechanisms.aim import Aim
from synthcli.mechanisms.interface import Fit, Progress
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.curator import MarginalCurator
from synthcli.privacy.ledger import Status, open_ledger
from synthcli.table.dialect import Dialect
from synthcli.table.encoders import GridEncoder
from synthcli.workflow.fit import run_fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest
from tests.cli.table_fixture import SCHEMA, SECRET, csv, rows

OPEN_SCHEMA = """\
name: open
fields:
  - {name: ward, type: string, constraints: {enum: [north, south, east, west]}, "synthcli:observed": [categories]}
  - {name: age, type: integer, constraints: {minimum: 0, maximum: 99}, "synthcli:observed": [minimum, maximum]}
  - {name: score, type: number}
  - {name: seen, type: date}
  - {name: seen_at, type: datetime, "synthcli:role": drop}
  - {name: urgent, type: boolean}
"""


@pytest.fixture
def request_(tmp_path: Path) -> FitRequest:
    (tmp_path / "t.csv").write_text(csv(rows(800)))
    (tmp_path / "schema.yaml").write_text(SCHEMA)
    return FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "schema.yaml",
        output=tmp_path / "m.synth",
        epsilon="1",
        mechanism="mst",
        ledger=str(tmp_path / "ledger.sqlite"),
    )


def _but(request: FitRequest, **changes: object) -> FitRequest:
    return FitRequest(**{**request.__dict__, **changes})  # type: ignore[arg-type]


def test_the_statement_says_what_was_spent(request_: FitRequest) -> None:
    run_fit(request_)
    statement = load(request_.output).statement
    assert (statement.epsilon, statement.delta, statement.mechanism) == (1.0, 1e-9, "mst")
    assert sum(spend.rho for spend in statement.spends) <= statement.rho
    assert statement.declared["ward"] == ("categories", "required")
    (spend,) = open_ledger(request_.ledger).history("wards")
    assert spend.status is Status.COMMITTED
    assert spend.epsilon == Decimal(1)


def test_the_same_inputs_again_are_up_to_date(request_: FitRequest) -> None:
    run_fit(request_)
    before = request_.output.read_bytes()
    assert run_fit(request_).up_to_date
    assert run_fit(_but(request_, epsilon="1.00", delta="0.000000001")).up_to_date, "the same amounts"
    assert request_.output.read_bytes() == before
    assert len(open_ledger(request_.ledger).history("wards")) == 1
    assert not run_fit(_but(request_, refit=True)).up_to_date
    assert request_.output.read_bytes() != before


@pytest.mark.parametrize(
    "change",
    [{"epsilon": "2"}, {"mechanism": "independent"}, {"audit_coins": 0.9}, {"dialect": Dialect(encoding="cp1252")}],
)
def test_other_settings_are_another_fit_and_do_not_overwrite(request_: FitRequest, change: dict[str, object]) -> None:
    run_fit(request_)
    with pytest.raises(UsageError, match="already"):
        run_fit(_but(request_, **change))
    assert len(open_ledger(request_.ledger).history("wards")) == 1
    assert not run_fit(_but(request_, force=True, **change)).up_to_date


def test_a_target_and_a_workload_reach_the_mechanism_and_the_statement(
    request_: FitRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Workload] = []
    run = Aim.run

    def watched(self: Aim, curator: MarginalCurator, workload: Workload, rho: float, progress: Progress) -> Fit:
        seen.append(workload)
        return run(self, curator, workload, rho, progress)

    monkeypatch.setattr(Aim, "run", watched)
    (tmp_path / "workload.toml").write_text('[[marginal]]\ncolumns = ["urgent", "ward"]\nweight = 5\n')
    asked = _but(request_, mechanism="aim", workload=tmp_path / "workload.toml", target="age", epsilon="0.2")
    assert not run_fit(asked).up_to_date
    (workload,) = seen
    assert workload.weights["ward", "urgent"] == 5
    assert workload.weights["ward", "age"] == 2, "five of the others, shared by five pairs, and at least 2"
    assert ("score", "seen") not in workload.weights
    statement = load(request_.output).statement
    asked_for = [c for c in workload.weights if not any(" (" in a for a in c)]  # noise may find a part of a date
    assert (statement.target, statement.marginals) == ("age", len(asked_for))
    (tmp_path / "workload.toml").write_text('# the same\n[[marginal]]\nweight = 5\ncolumns = ["ward", "urgent"]\n')
    assert run_fit(asked).up_to_date
    with pytest.raises(UsageError, match="already"):
        run_fit(_but(asked, target="score"))
    with pytest.raises(UsageError, match="already"):
        run_fit(_but(asked, workload=None))


def test_a_target_that_is_no_modelled_column_is_refused(request_: FitRequest, tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(OPEN_SCHEMA)
    with pytest.raises(UsageError, match="did you mean 'score'") as caught:
        plan_fit(_but(request_, mechanism="aim", target="Scores"))
    assert caught.value.hint == "the schema models ward, age, score, seen, urgent"
    with pytest.raises(UsageError, match="no modelled column"):
        plan_fit(_but(request_, mechanism="aim", target="seen_at"))


@pytest.mark.parametrize("change", [{"target": "age"}, {"workload": Path("workload.toml")}])
def test_a_workload_that_the_mechanism_ignores_is_refused(request_: FitRequest, change: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(change))} means nothing to the mechanism 'mst'"):
        plan_fit(_but(request_, **change))


def test_other_data_are_another_fit(request_: FitRequest) -> None:
    run_fit(request_)
    Path(request_.data).write_text(csv(rows(801)))
    with pytest.raises(UsageError, match="already"):
        run_fit(request_)


def test_a_refused_fit_reads_no_data(request_: FitRequest) -> None:
    open_ledger(request_.ledger).init("wards", "0.5", "1e-6")
    Path(request_.data).unlink()  # reading would fail with another error
    with pytest.raises(BudgetRefused, match="does not hold epsilon 1"):
        run_fit(request_)
    assert not request_.output.exists()


def test_bad_rows_give_the_reservation_back(request_: FitRequest) -> None:
    Path(request_.data).write_text(csv([*rows(50), f"{SECRET},5,1.25,2024-02-03,,true"]))
    with pytest.raises(InputError) as caught:
        run_fit(request_)
    assert SECRET not in str(caught.value)
    ledger = open_ledger(request_.ledger)
    assert ledger.account("wards").spent_epsilon == 0
    assert [spend.status for spend in ledger.history("wards")] == [Status.CANCELLED]


def test_coins_are_kept_beside_the_ledger_and_only_their_hash_in_the_model(request_: FitRequest) -> None:
    result = run_fit(_but(request_, audit_coins=0.9))
    assert result.coins is not None
    assert result.coins.parent.parent == Path(str(request_.ledger)).parent
    assert result.coins.stat().st_mode & 0o077 == 0
    coins = load(request_.output).statement.coins
    assert coins is not None
    assert coins.share == 0.9
    assert len(coins.commitment) == 64


def test_coins_that_no_audit_would_accept_cost_nothing(request_: FitRequest, tmp_path: Path) -> None:
    """800 rows: 0.3 gives about 120 members, 0.9 about 360; a hundred off is eight standard deviations away."""
    with pytest.raises(InvalidAudit, match="do not give 200 members") as refused:
        run_fit(_but(request_, audit_coins=0.3))
    assert "--audit-coins" in refused.value.hint and "--policy" in refused.value.hint
    ledger = open_ledger(request_.ledger)
    assert [spend.status for spend in ledger.history("wards")] == [Status.CANCELLED]
    assert not (tmp_path / "coins").exists() and not request_.output.exists()
    (tmp_path / "policy.toml").write_text("min_nonmembers = 20\n")
    run_fit(_but(request_, audit_coins=0.3, policy=tmp_path / "policy.toml"))
    (tmp_path / "policy.toml").write_text("min_nonmember = 20\n")
    with pytest.raises(UsageError, match="policy"):
        plan_fit(_but(request_, audit_coins=0.3, policy=tmp_path / "policy.toml"))


def test_observed_facts_are_learnt_and_never_published(request_: FitRequest, tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(OPEN_SCHEMA)
    plan = plan_fit(request_)
    assert plan.learnt["ward"] == ("categories",)
    assert plan.learnt["age"] == ("minimum", "maximum", "grid")
    run_fit(_but(request_, epsilon="8"))
    model = load(request_.output)
    assert model.schema["ward"].categories is None
    assert model.schema["age"].maximum is None
    (ward, *_) = model.codec.columns
    assert set(ward.encoder.labels()) <= {"north", "south", "east", "(other)", "(missing)"}, "west is in no row"
    assert model.statement.key_delta > 0


def test_public_domain_spends_nothing_on_the_domain(request_: FitRequest, tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(OPEN_SCHEMA)
    plan = plan_fit(_but(request_, public_domain=("ward", "age")))
    assert "categories" not in plan.needs.shares
    assert plan.facts.public_by_steward == {"ward": ("categories",), "age": ("minimum", "maximum")}
    run_fit(_but(request_, public_domain=("ward", "age")))
    assert load(request_.output).statement.public_by_steward["ward"] == ("categories",)


@pytest.mark.parametrize(
    "change",
    [
        {"epsilon": "0"},
        {"epsilon": "-1"},
        {"epsilon": "nan"},
        {"epsilon": "inf"},
        {"epsilon": "much"},
        {"epsilon": "1e-320"},
        {"epsilon": "9.99e-7"},
        {"delta": "1e-301"},
        {"delta": "0"},
        {"delta": "1"},
        {"audit_coins": 1.0},
        {"audit_coins": -0.1},
        {"mechanism": "gan"},
    ],
)
def test_requests_that_mean_nothing_touch_nothing(request_: FitRequest, change: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        run_fit(_but(request_, **change))
    assert caught.value.hint
    assert not Path(str(request_.ledger)).exists()


def test_a_table_that_changes_while_it_is_read_gives_no_model(request_: FitRequest) -> None:
    def append(stage: str, done: float) -> None:
        if stage == "measuring one-way marginals":
            with Path(request_.data).open("a") as file:
                file.write(rows(1, seed=9)[0] + "\n")

    with pytest.raises(InputError, match="changed while it was read"):
        run_fit(request_, append)
    assert not request_.output.exists()
    assert open_ledger(request_.ledger).account("wards").spent_epsilon == 1


def test_one_extreme_row_leaves_no_trace(request_: FitRequest, tmp_path: Path) -> None:
    """A value that nobody else has is in no part of the model, and in no row drawn from it.

    Of 30,000 rows noise made ages above 1,000, or such scores, in none of 1,890 fits; of 3,000 in one of 50.
    """
    lines = csv([*rows(30_000), f"{SECRET},987654,4321.987,1931-07-13,,true"])
    Path(request_.data).write_text(lines)
    (tmp_path / "schema.yaml").write_text(OPEN_SCHEMA)
    run_fit(request_)
    with zipfile.ZipFile(request_.output) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    model = load(request_.output)
    drawn = pa.Table.from_batches(model.sample(20_000, np.random.default_rng(0)))
    assert SECRET.encode() not in text
    assert SECRET not in set(drawn["ward"].to_pylist())
    assert pc.max(drawn["age"]).as_py() < 1000
    assert pc.max(drawn["score"]).as_py() < 100
    assert pc.min(drawn["seen"]).as_py().year > 1990
    edges = {c.name: c.encoder.edges for c in model.codec.columns if isinstance(c.encoder, GridEncoder)}
    assert max(edges["age"]) < 2_000
    assert max(edges["score"]) < 200
    assert min(edges["seen"]) > 0, "days since 1970"


def test_an_empty_name_of_a_data_set_is_refused(request_: FitRequest) -> None:
    with pytest.raises(UsageError, match="--dataset is empty"):
        run_fit(replace(request_, dataset=""))
    assert not request_.output.exists()


def test_a_ledger_that_fails_at_the_end_has_counted_what_the_model_costs(request_: FitRequest) -> None:
    ledger = open_ledger(request_.ledger)
    full = "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    with closing(sqlite3.connect(str(request_.ledger))) as database:
        database.execute(f"CREATE TRIGGER full BEFORE UPDATE ON spends {full}")
    with pytest.raises(InputError, match="the disk is full") as failed:
        run_fit(request_)
    assert [str(note) for note in failed.value.__notes__] == [
        f"the model {request_.output} is whole and may be used, since its cost is counted; but the ledger does not "
        "know the file, and the same fit once more would spend once more",
        "epsilon 1 and delta 1e-9 of wards stay spent: noise may have been drawn, and nobody can take it back",
    ]
    assert all(isinstance(note, Remark) for note in failed.value.__notes__)
    assert load(request_.output).statement.epsilon == 1.0
    assert [spend.status for spend in ledger.history("wards")] == [Status.RESERVED]
    assert ledger.account("wards").spent_epsilon == Decimal(1)
    with closing(sqlite3.connect(str(request_.ledger))) as database:
        database.execute("DROP TRIGGER full")
    with pytest.raises(UsageError, match="is there already"):
        run_fit(request_)
    run_fit(_but(request_, force=True))
    assert ledger.account("wards").spent_epsilon == Decimal(2)
