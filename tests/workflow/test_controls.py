"""The audit's controls: the fast ones before every audit, the battery, and its record.

The fast ones are tried twice: a sound audit is refused by chance with a probability below 1e-3.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthcli.audit.controls.battery import CONTROLS, FAST, Bench, is_as_expected
from synthcli.errors import ExitCode, InvalidAudit
from synthcli.gate import Outcome
from synthcli.workflow import trial
from synthcli.workflow.controls import Controls, Tried, refuse_blindness
from synthcli.workflow.controls_record import controls_document, remember, remembered
from synthcli.workflow.trial import trials_of


def test_a_sound_audit_sees_the_fast_controls() -> None:
    refuse_blindness.cache_clear()
    refuse_blindness()


@pytest.mark.parametrize("always", [Outcome.PASS, Outcome.FAIL])
def test_an_audit_that_always_says_the_same_is_refused(always: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    real = trial.with_claims
    monkeypatch.setattr(trial, "with_claims", lambda *given: replace(real(*given), outcome=always))
    refuse_blindness.cache_clear()
    with pytest.raises(InvalidAudit) as refused:
        refuse_blindness()
    refuse_blindness.cache_clear()
    assert refused.value.exit_code is ExitCode.INVALID_AUDIT
    named = {line.split()[1] for line in refused.value.details}
    assert named == ({"P2", "P4"} if always is Outcome.PASS else {"N1"})


def bench(rows: int = 400) -> Bench:
    rng = np.random.default_rng(1)

    def table() -> pa.Table:
        return pa.table({name: rng.integers(0, 1000, rows).astype(str) for name in "abc"})

    return Bench(real=table(), trains=rng.random(rows) < 0.7, honest=table(), fresh=table(), rng=rng)


def rows_of(table: pa.Table) -> set[tuple[str, ...]]:
    return set(zip(*table.to_pydict().values(), strict=True))


def alike(row: tuple[str, ...], other: tuple[str, ...]) -> int:
    return sum(a == b for a, b in zip(row, other, strict=True))


def test_files_hold_what_their_titles_say() -> None:
    one = bench()
    files = {control.id: control.file(one) for control in CONTROLS}
    training = rows_of(one.training)
    held_out = rows_of(one.real) - training
    assert rows_of(files["P1"]) == training
    assert len(rows_of(files["P2"]) & training) == round(0.05 * len(training))
    assert len(rows_of(files["P3"]) & training) == round(0.01 * len(training))
    assert rows_of(files["P5"]) < training
    assert (
        files["P10"].num_rows == one.honest.num_rows + 1
        and rows_of(files["P10"].slice(one.honest.num_rows)) <= training
    )
    assert rows_of(files["P11"]) & held_out and rows_of(files["P11"]) & training
    assert rows_of(files["P12"]) <= rows_of(one.honest)
    masked, training_rows = files["P13"].to_pydict(), one.training.to_pydict()
    kept = np.mean([np.mean(np.array(masked[name]) == np.array(training_rows[name])) for name in "abc"])
    assert 0.6 < kept < 0.75
    near = [
        max(sum(a == b for a, b in zip(row, other, strict=True)) for other in training) for row in rows_of(files["P4"])
    ]
    assert sum(alike == 2 for alike in near) >= round(0.04 * len(training))
    for id in ("N1", "N3"):
        assert not rows_of(files[id]) & training


def test_what_counts_as_expected() -> None:
    by_id = {control.id: control for control in CONTROLS}
    assert set(FAST) <= set(by_id) and len(by_id) == len(CONTROLS)
    assert [is_as_expected(by_id["P2"], o) for o in ("pass", "inconclusive", "fail", "invalid")] == [
        False,
        False,
        True,
        True,
    ]
    assert [is_as_expected(by_id["P3"], o) for o in ("pass", "inconclusive", "fail")] == [False, True, True]
    assert [is_as_expected(by_id["N1"], o) for o in ("pass", "inconclusive", "contradicted")] == [True, True, False]


def outcomes(**said: str) -> Controls:
    """Ten repeats in which all is as expected, but what is said."""
    right = {"caught": "fail", "not passed": "inconclusive", "not accused": "pass", "not promised": "pass"}
    return Controls(
        tuple(
            Tried(control=control, outcome=said.get(f"{control.id}_{repeat}", right[control.expected]))  # type: ignore[arg-type]
            for repeat in range(10)
            for control in CONTROLS
        )
    )


def test_a_missed_positive_fails_the_battery_and_one_false_alarm_in_ten_does_not() -> None:
    assert outcomes().failed == ()
    assert outcomes(N1_3="fail").failed == ()
    assert [control.id for control in outcomes(N1_3="fail", N1_4="invalid", N1_5="fail").failed] == ["N1"]
    assert [control.id for control in outcomes(P2_9="inconclusive").failed] == ["P2"]
    assert outcomes(P10_0="pass").failed == ()


def test_persons_toss_where_the_schema_names_a_privacy_unit(tmp_path: Path) -> None:
    """Three rows a person, alike but for one column: persons are drawn, cut and tossed for, with all their rows."""
    rng = np.random.default_rng(2)
    person = rng.permutation(np.repeat(np.arange(2_200), 3))
    columns = [person, *(rng.integers(0, 30, 2_200)[person] for _ in range(5)), rng.integers(0, 4, len(person))]
    lines = (",".join(map(str, row)) for row in np.stack(columns, axis=1).tolist())
    (tmp_path / "t.csv").write_text("\n".join(["who,a,b,c,d,e,f", *lines]) + "\n")
    fields = [f"- {{name: {n}, type: integer, constraints: {{minimum: 0, maximum: 29}}}}" for n in "abcdef"]
    who = "- {name: who, type: integer, 'synthcli:role': unit}"
    (tmp_path / "s.yaml").write_text("\n".join(["name: t", "fields:", who, *fields]) + "\n")
    (one,) = trials_of(str(tmp_path / "t.csv"), tmp_path / "s.yaml", None, range(1), most=2)
    fitted, spared = set(one.real["who"].to_pylist()), set(one.fresh["who"].to_pylist())
    assert not fitted & spared and (len(fitted), len(spared)) == (1_320, 880)
    assert one.real.num_rows == 3 * len(fitted)
    tried = one.tried([control for control in CONTROLS if control.id in ("P1", "P2", "N2")])
    said = {each.control.id: each.outcome for each in tried}
    assert said["P1"] == said["P2"] == "fail" and said["N2"] in ("pass", "inconclusive")


def test_the_record_speaks_of_this_build_alone(tmp_path: Path) -> None:
    ledger = str(tmp_path / "folder" / "ledger.sqlite")
    assert remembered(ledger) is None
    document = controls_document(outcomes(), "simulated tables")
    place = remember(document, ledger)
    assert place.stat().st_mode & 0o777 == 0o600
    assert (remembered(ledger) or "").startswith("the audit's controls passed for this build on 2")
    remember(controls_document(outcomes(P2_9="pass"), "simulated tables"), ledger)
    assert "did not all pass (P2)" in (remembered(ledger) or "")
    for text in (json.dumps({**document, "build": {"digest": "0"}}), "{", "[]", "{}"):
        place.write_text(text)
        assert remembered(ledger) is None
