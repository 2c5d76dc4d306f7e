"""Epsilon and delta as exact decimals: ten times 0.1 is 1, which binary fractions deny."""

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation

from synthcli.errors import UsageError

Amount = Decimal | str | float | int

SMALLEST_EPSILON = Decimal("1e-6")
"""The least that may be spent at once. The search for noise computes in doubles, and tells epsilons apart to 1e-11
(at a large delta): five digits of this one. For much less it would account for something else than the ledger."""

SMALLEST_DELTA = Decimal("1e-300")
"""The least that may be spent at once, if any: any part of it that a stage may get is a double of full precision."""

_LARGEST_EXPONENT = 400
_EXACT = Context(prec=2000, traps=[Inexact, InvalidOperation])
"""Wide enough for any sum of amounts; it would rather raise than round."""


def epsilon_amount(value: Amount) -> Decimal:
    """A positive epsilon, in the user's own digits (a float's are those of its repr); `UsageError` otherwise."""
    epsilon = _amount(value, "epsilon")
    if epsilon <= 0:
        raise UsageError("epsilon is not above 0", "for example --epsilon 1")
    return epsilon


def delta_amount(value: Amount) -> Decimal:
    """A delta of at least 0 and below 1; `UsageError` otherwise."""
    delta = _amount(value, "delta")
    if not 0 <= delta < 1:
        raise UsageError("delta does not lie between 0 and 1", "for example --delta 1e-9")
    return delta


def spendable_epsilon(value: Amount) -> Decimal:
    """An epsilon that noise can be accounted for; `UsageError` otherwise."""
    epsilon = epsilon_amount(value)
    if epsilon < SMALLEST_EPSILON:
        raise UsageError(
            f"epsilon {spell(epsilon)} is too small: what noise costs cannot be computed exactly enough below "
            f"{spell(SMALLEST_EPSILON)}",
            f"the smallest epsilon is {spell(SMALLEST_EPSILON)}; useful ones lie near 1",
        )
    return epsilon


def spendable_delta(value: Amount) -> Decimal:
    """A delta that can be divided between stages; `UsageError` otherwise."""
    delta = delta_amount(value)
    if 0 < delta < SMALLEST_DELTA:
        raise UsageError(
            f"delta {spell(delta)} is too small: what noise costs cannot be computed exactly enough below "
            f"{spell(SMALLEST_DELTA)}",
            f"the smallest delta is {spell(SMALLEST_DELTA)}; for example --delta 1e-9",
        )
    return delta


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    result = Decimal(0)
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def left(budget: Decimal, spent: Decimal) -> Decimal:
    """What is left of a budget, exactly; never below zero."""
    return max(Decimal(0), _EXACT.subtract(budget, spent))


def spell(amount: Decimal) -> str:
    """The amount as a person writes it: 0.25, 10, 1e-9."""
    short = _EXACT.normalize(amount)
    return f"{short:f}" if -5 <= short.adjusted() <= 15 else f"{short:e}"


def _amount(value: Amount, name: str) -> Decimal:
    text, example = str(value).strip(), f"for example --{name} {'1' if name == 'epsilon' else '1e-9'}"
    try:
        if "_" in text or not text.isascii():  # 1_5 would be 15, which hardly anyone means
            raise InvalidOperation
        amount = Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{name} is not a number", example) from None
    if not amount.is_finite():
        raise UsageError(f"{name} is not a finite number", example)
    digits = len(amount.as_tuple().digits)
    if abs(amount.adjusted()) > _LARGEST_EXPONENT or digits > 200:
        raise UsageError(f"{name} has more digits than the ledger keeps", "give a shorter number")
    return amount
