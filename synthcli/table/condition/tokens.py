"""A condition's text in words: names, numbers, quoted text, operators, each with its place."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from synthcli.errors import UsageError
from synthcli.table.calendar import Part

Sort = Literal["name", "column", "number", "text", "symbol", "end"]

KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "true", "false"})
"""Words of the language, in any case; a column of such a name goes in backticks."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<column>`(?:[^`]|``)+`)
    | (?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
    | (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
    | (?P<name>[^\W\d]\w*(?:\.\w+)*)
    | (?P<symbol>==|!=|<=|>=|<>|<|>|\(|\)|,|=|&&|\|\||!|&|\|)
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_FOREIGN = {"=": "==", "<>": "!=", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}


@dataclass(frozen=True)
class Token:
    """A word: `text` is what it stands for, without quotes; `place` counts characters from 1.

    `part`: of a date column, which part of it is meant.
    """

    sort: Sort
    text: str
    place: int
    part: Part | None = None

    @property
    def keyword(self) -> str:
        """The word of the language that it is, or nothing."""
        small = self.text.lower()
        return small if self.sort == "name" and small in KEYWORDS else ""

    def is_symbol(self, *symbols: str) -> bool:
        """Whether it is one of these signs."""
        return self.sort == "symbol" and self.text in symbols


def fault(place: int, what: str, hint: str) -> UsageError:
    """What is wrong with a condition, and where."""
    return UsageError(f"at character {place}: {what}", hint)


@contextmanager
def telling(subject: str) -> Iterator[None]:
    """Faults found inside the block say what text they are about."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{subject}, {error.message}", error.hint) from error


def tokenize(text: str) -> list[Token]:
    """The words of a condition, then an `end`; `UsageError` for a sign that has no meaning."""
    tokens: list[Token] = []
    at = 0
    while not tokens or tokens[-1].sort != "end":
        found = _TOKEN.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        sort: Sort = found.lastgroup  # type: ignore[assignment]
        word, place = found[sort], found.start(sort) + 1
        if sort == "symbol" and word in _FOREIGN:
            raise fault(place, f"'{word}' has no meaning here", f"write {_FOREIGN[word]}")
        if sort in ("column", "text"):
            word = word[1:-1].replace(word[0] * 2, word[0])
        tokens.append(Token(sort, word, place))
        at = found.end()
    return tokens


def _unreadable(text: str, at: int) -> UsageError:
    place = at + len(text[at:]) - len(text[at:].lstrip())
    sign = text[place]
    if sign in "\"'`":
        return fault(place + 1, f"the {sign} is not closed", f"close it; inside, {sign}{sign} stands for one")
    if sign.isdigit() or sign in "+-.":
        return fault(place + 1, "this is not a number", "put a column's name in backticks, other values in quotes")
    return fault(place + 1, f"the sign {sign!r} has no meaning", "put a column's name in backticks, text in quotes")
