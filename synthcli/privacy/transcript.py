"""Curators for tests of this build on public tables: one writes down all it says, one says again what was written.

The first answers as ever. The second asks the filter as ever, and throws away what it hears: with the same answers,
all that comes of other rows must be the same. No fit can reach either (an import rule); both keep what is exact in
memory, so that they are for tables without a secret.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator
from synthcli.privacy.exact import PrivateTable
from synthcli.privacy.question import Question


@dataclass(frozen=True, eq=False)
class Answered:
    """A question and what the curator said."""

    question: Question
    answer: Any


class RecordingCurator(Curator):
    """A curator; `transcript` holds all that was asked, in order, with the answers."""

    def __init__(self, table: PrivateTable, budget: Budget, rows_per_unit: int = 1) -> None:
        super().__init__(table, budget, rows_per_unit)
        self.table = table
        self.transcript: list[Answered] = []

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        answers = super()._ask(questions)
        self.transcript += [Answered(q, copy(a)) for q, a in zip(questions, answers, strict=True)]
        return answers


class Diverged(Exception):
    """A question differs from the one that was asked at this place of the transcript, though all answers were equal."""

    def __init__(self, place: int) -> None:
        super().__init__(f"question {place} differs")
        self.place = place


class ReplayingCurator(Curator):
    """A curator that gives the answers of a transcript; raises `Diverged` at the first question that is not in it."""

    def __init__(
        self, table: PrivateTable, budget: Budget, transcript: Sequence[Answered], rows_per_unit: int = 1
    ) -> None:
        super().__init__(table, budget, rows_per_unit)
        self.asked: list[Question] = []
        self._transcript = transcript

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        super()._ask(questions)
        return [self._again(question) for question in questions]

    def _again(self, question: Question) -> Any:
        place = len(self.asked)
        written = self._transcript[place] if place < len(self._transcript) else None
        if written is None or written.question.asked != question.asked:
            raise Diverged(place)
        self.asked.append(question)
        return copy(written.answer)
