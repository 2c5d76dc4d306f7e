"""The least that may be spent: what is computed from it in doubles is still what the ledger notes."""

import sys
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.privacy.amounts import (
    SMALLEST_DELTA,
    SMALLEST_EPSILON,
    delta_amount,
    epsilon_amount,
    spendable_delta,
    spendable_epsilon,
)
from synthcli.privacy.budget import Budget, epsilon_of
from synthcli.privacy.ledger import open_ledger


@pytest.mark.parametrize("delta", [1e-300, 1e-9, 1e-3, 0.5, 0.999])
def test_the_smallest_epsilon_is_accounted_for_to_five_digits(delta: float) -> None:
    budget = Budget.of(float(SMALLEST_EPSILON), delta)
    assert isfinite(1 / budget.rho)
    assert epsilon_of(budget.rho, delta) <= float(SMALLEST_EPSILON)
    assert epsilon_of(budget.rho, delta) == pytest.approx(float(SMALLEST_EPSILON), rel=1e-5)


def test_a_millionth_of_the_smallest_delta_has_full_precision() -> None:
    part = float(SMALLEST_DELTA) / 1e6
    assert part > sys.float_info.min
    assert Budget.of(1.0, float(SMALLEST_DELTA), float(SMALLEST_DELTA) / 2).key_delta * 2 == float(SMALLEST_DELTA)


def test_the_smallest_are_accepted_in_their_own_digits() -> None:
    assert spendable_epsilon("0.0000010") == SMALLEST_EPSILON
    assert spendable_delta("1e-300") == SMALLEST_DELTA
    assert spendable_delta("0") == 0, "a public result of an audit needs none"


@pytest.mark.parametrize("epsilon", ["0.99999e-6", "1e-320", "3e-324", "1e-399", Decimal("1e-7")])
def test_a_smaller_epsilon_is_refused_with_the_smallest(epsilon: str) -> None:
    with pytest.raises(UsageError, match="is too small") as refused:
        spendable_epsilon(epsilon)
    assert "the smallest epsilon is 1e-6" in refused.value.hint


@pytest.mark.parametrize("delta", ["9.9e-301", "1e-320", "3e-324"])
def test_a_smaller_delta_is_refused_with_the_smallest(delta: str) -> None:
    with pytest.raises(UsageError, match="is too small") as refused:
        spendable_delta(delta)
    assert "the smallest delta is 1e-300" in refused.value.hint


@pytest.mark.parametrize("text", ["1_5", "1_000", "1e-1_0", "0_0.5", "_1", "\u0661", "\uff11"])
@pytest.mark.parametrize("amount", [epsilon_amount, delta_amount, spendable_epsilon, spendable_delta])
def test_digits_are_written_without_anything_between_them(amount: Callable[[str], Decimal], text: str) -> None:
    with pytest.raises(UsageError, match="is not a number"):
        amount(text)


def test_a_ledger_takes_no_other_numbers(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    for epsilon, delta in (("1_5", "1e-6"), ("1", "1e-1_0")):
        with pytest.raises(UsageError, match="is not a number"):
            ledger.init("t", epsilon, delta)
    assert not ledger.datasets()
