"""The patterns of made-up identifiers: what stands for what, how many identifiers there are, and what is no pattern."""

from collections.abc import Iterator
from math import prod
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

from synthcli.table.schema import Surrogate

SYNTAX = (
    "A stands for a capital letter, a for a small one, 9 for a digit, everything else for itself (a backslash before "
    "A, a, 9, a bracket or a brace makes it itself): for example P-999999"
)
_ALPHABETS = {"A": ascii_uppercase, "a": ascii_lowercase, "9": digits}
_BRACKETS = "[]{}"


def alphabets(pattern: str) -> list[str]:
    """The characters that each place of a pattern may have."""
    return [mark if fixed else _ALPHABETS.get(mark, mark) for mark, fixed in _places(pattern)]


def identifiers(surrogate: Surrogate) -> int | None:
    """How many different identifiers there are; None where there is always another one."""
    return prod(map(len, alphabets(surrogate.pattern))) if surrogate.format == "pattern" else None


def lengthened(pattern: str, count: int) -> str:
    """The pattern with so many more digits that it has at least `count` identifiers."""
    size, digit = identifiers(Surrogate("pattern", pattern)) or 1, "9"
    while size * 10 ** len(digit) < count:
        digit += "9"
    longer = pattern + digit
    is_open = (identifiers(Surrogate("pattern", longer)) or 1) >= count  # a backslash at the end would fix the digit
    return longer if is_open else digit + pattern


def fault(pattern: str) -> str:
    """Why nobody can mean this pattern: it has one identifier, or is a regular expression; empty if all is well."""
    if signs := "".join(dict.fromkeys(_foreign(pattern))):
        return f"its pattern is written as a regular expression, which it is not ({signs})"
    if all(len(alphabet) == 1 for alphabet in alphabets(pattern)):
        return "its pattern is one and the same identifier in every row: none of A, a and 9 is in it"
    return ""


def _foreign(pattern: str) -> Iterator[str]:
    """Signs of a regular expression: bare brackets and braces, and classes such as \\d."""
    for mark, fixed in _places(pattern):
        if not fixed and mark in _BRACKETS:
            yield mark
        if fixed and mark in ascii_letters + digits and mark not in _ALPHABETS:
            yield f"\\{mark}"


def _places(pattern: str) -> list[tuple[str, bool]]:
    """The characters of a pattern, and whether a backslash fixes them (a last one stands for itself)."""
    found: list[tuple[str, bool]] = []
    escaped = False
    for character in pattern:
        if character == "\\" and not escaped:
            escaped = True
            continue
        found.append((character, escaped))
        escaped = False
    return [*found, ("\\", True)] if escaped else found
