"""Recursive descent over a condition's words; values are typed as they are met.

    either     = both ("or" both)*
    both       = factor ("and" factor)*
    factor     = "not" factor | "(" either ")" | question
    question   = COLUMN "is" ["not"] "missing"
               | COLUMN ["not"] "in" "(" VALUE ("," VALUE)* ")"
               | operand (("==" | "!=" | "<" | "<=" | ">" | ">=") operand)+
    operand    = COLUMN | VALUE | ("weekday" | "month" | "hour") "(" COLUMN ")"

Of two neighbours in a chain of comparisons, one is a column and the other a value.
"""

from dataclasses import replace

from synthcli.table.calendar import Part
from synthcli.table.condition.expression import Among, And, Comparison, Expression, Missing, Not, Operator, Or
from synthcli.table.condition.tokens import Token, fault, telling, tokenize
from synthcli.table.condition.vocabulary import Vocabulary

_DEEPEST = 100
"""Parentheses and negations may be nested so deep."""

_OPERATORS = tuple(Operator)

PARTS = tuple(part.value for part in Part)
"""The parts of a date that can be asked for."""


def parse_condition(text: str, vocabulary: Vocabulary) -> Expression:
    """What a condition says; `UsageError` with the place of the first thing that is wrong with it."""
    with telling("the condition"):
        parser = _Parser(tokenize(text), vocabulary)
        expression = parser.either()
        if parser.ahead.sort != "end":
            raise parser.unexpected("and, or, or the end")
        return expression


class _Parser:
    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self._tokens, self._at = tokens, 0
        self._vocabulary = vocabulary
        self._depth = 0

    @property
    def ahead(self) -> Token:
        """The next word."""
        return self._tokens[self._at]

    def either(self) -> Expression:
        """Alternatives."""
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def unexpected(self, wanted: str) -> Exception:
        """The next word is another one than the grammar wants."""
        found = "the condition ends" if self.ahead.sort == "end" else f"{self.ahead.text!r} cannot stand here"
        return fault(self.ahead.place, found, f"expected {wanted}")

    def _both(self) -> Expression:
        parts = [self._factor()]
        while self._took("and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _factor(self) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise fault(self.ahead.place, "the condition is nested too deeply", f"at most {_DEEPEST} levels")
        if self._took("not"):
            inner: Expression = Not(self._factor())
        elif self.ahead.is_symbol("("):
            self._next()
            inner = self.either()
            self._close()
        else:
            inner = self._question()
        self._depth -= 1
        return inner

    def _question(self) -> Expression:
        first = self._operand()
        if self.ahead.keyword in ("is", "in", "not"):
            if not _is_column(first):
                raise self.unexpected("a comparison")
            return self._of_column(first)
        return self._chain(first)

    def _of_column(self, first: Token) -> Expression:
        column = self._vocabulary.column(first)
        if self._took("is"):
            negated = self._took("not")
            if not self._took("missing"):
                raise self.unexpected("missing")
            leaf: Expression = Missing(column.name)
        else:
            negated = self._took("not")
            if not self._took("in"):
                raise self.unexpected("in")
            values = tuple(self._vocabulary.value(column, token, first.part) for token in self._list())
            leaf = Among(column.name, values, first.part)
        return Not(leaf) if negated else leaf

    def _list(self) -> list[Token]:
        if not self.ahead.is_symbol("("):
            raise self.unexpected("a list of values in parentheses")
        tokens: list[Token] = []
        while not tokens or self.ahead.is_symbol(","):
            self._next()
            tokens.append(self._operand())
            if _is_column(tokens[-1]):
                raise fault(tokens[-1].place, "a list holds values, not columns", "put text in quotes")
        self._close()
        return tokens

    def _chain(self, left: Token) -> Expression:
        if not self.ahead.is_symbol(*_OPERATORS):
            if _is_column(left):
                self._vocabulary.column(left)
            raise self.unexpected("a comparison (==, !=, <, <=, >, >=), in, or is missing")
        parts: list[Expression] = []
        while self.ahead.is_symbol(*_OPERATORS):
            operator, right = Operator(self._next().text), self._operand()
            parts.append(self._comparison(left, operator, right))
            left = right
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _comparison(self, left: Token, operator: Operator, right: Token) -> Comparison:
        if _is_column(left) and _is_column(right):
            self._vocabulary.column(left)
            if right.sort == "name" and right.text not in self._vocabulary.names:
                raise fault(right.place, f"there is no column {right.text!r}", "if it is a value, put it in quotes")
            raise fault(right.place, "a column is compared with another one", "compare it with a value")
        if not _is_column(left) and not _is_column(right):
            raise fault(right.place, "a value is compared with a value", "compare a column; its name has no quotes")
        if _is_column(right):
            left, operator, right = right, operator.mirrored, left
        column = self._vocabulary.column(left)
        self._vocabulary.check_order(column, operator, left)
        return Comparison(column.name, operator, self._vocabulary.value(column, right, left.part), left.part)

    def _operand(self) -> Token:
        token = self.ahead
        if token.sort in ("end", "symbol") or token.keyword not in ("", "true", "false"):
            raise self.unexpected("a column or a value")
        self._next()
        return self._part(token) if token.sort == "name" and self.ahead.is_symbol("(") else token

    def _part(self, word: Token) -> Token:
        """A part of a date: its column's token, with the part."""
        if word.text.lower() not in PARTS:
            raise fault(
                word.place,
                f"{word.text!r} is no part of a date",
                f"write {', '.join(PARTS[:-1])} or {PARTS[-1]}, as in weekday(day)",
            )
        self._next()
        column = self.ahead
        if not _is_column(column):
            raise self.unexpected("the column of a date")
        self._next()
        self._close()
        return replace(column, sort="column", place=word.place, part=Part(word.text.lower()))

    def _next(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _took(self, keyword: str) -> bool:
        if self.ahead.keyword != keyword:
            return False
        self._next()
        return True

    def _close(self) -> None:
        if not self.ahead.is_symbol(")"):
            raise self.unexpected("a closing parenthesis")
        self._next()


def _is_column(token: Token) -> bool:
    return token.sort == "column" or (token.sort == "name" and not token.keyword)
