"""Epsilon and delta as exact decimals: ten times 0.1 is 1, which binary fractions deny."""

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation

from synthcli.errors import UsageError

Amount = Decimal | str | float | int

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
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        raise UsageError(
            f"{name} is not a number", f"for example --{name} {'1' if name == 'epsilon' else '1e-9'}"
        ) from None
    if not amount.is_finite():
        raise UsageError(
            f"{name} is not a finite number", f"for example --{name} {'1' if name == 'epsilon' else '1e-9'}"
        )
    digits = len(amount.as_tuple().digits)
    if abs(amount.adjusted()) > _LARGEST_EXPONENT or digits > 200:
        raise UsageError(f"{name} has more digits than the ledger keeps", "give a shorter number")
    return amount
