"""Attempts are counted once each, per model; policies count if they were there first."""

from pathlib import Path

import pytest

from synthcli.privacy.ledger import Ledger, open_ledger
from synthcli.privacy.ledger_audits import attempt, attempts, register_policy


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "ledger.sqlite")


def test_attempts_are_numbered_by_model_and_the_same_one_counts_once(ledger: Ledger) -> None:
    assert attempts(ledger, "wards", "m").number == 0
    numbers = [attempt(ledger, "wards", "m", digest).number for digest in ("a", "b", "a", "c", "b")]
    assert numbers == [1, 2, 1, 3, 2]
    assert attempt(ledger, "wards", "other", "a").number == 1
    assert attempts(ledger, "wards", "m").number == 3
    assert attempts(open_ledger(ledger.folder / "ledger.sqlite"), "wards", "m").number == 3


def test_a_policy_counts_for_models_that_were_not_looked_at_yet(ledger: Ledger) -> None:
    register_policy(ledger, "wards", "early")
    register_policy(ledger, "others", "foreign")
    assert attempts(ledger, "wards", "m").policies == {"early"}
    assert attempt(ledger, "wards", "m", "a").policies == {"early"}
    register_policy(ledger, "wards", "late")
    for digest in ("a", "b"):
        assert attempt(ledger, "wards", "m", digest).policies == {"early"}
    assert attempt(ledger, "wards", "next", "a").policies == {"early", "late"}
