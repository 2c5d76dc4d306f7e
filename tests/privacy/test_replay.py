"""The whole fit as a function of what was released: other rows, same answers, same questions, same model file.

The machinery is that of `synthcli audit conformance`; here it is run for every mechanism, and shown able to fail (more
of that in tests/audit/conformance/test_planted.py). No statistics, no false alarms.
"""

from pathlib import Path

import numpy as np
import pytest

from synthcli.audit.conformance import public_tables
from synthcli.audit.conformance.accounting import check_loss, check_sensitivity
from synthcli.audit.conformance.build import Setting, record
from synthcli.audit.conformance.replay import Replays, check_replays
from synthcli.mechanisms.names import MECHANISMS
from synthcli.privacy.budget import Budget
from synthcli.privacy.question import Question
from synthcli.privacy.transcript import Diverged, RecordingCurator, ReplayingCurator
from synthcli.workflow.conformance import InstalledBuild
from tests.privacy.private_rows import Plain, Rows

BUDGET = Budget.of(2.0, 1e-6, 5e-7)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_questions_and_model_depend_on_released_values_alone(mechanism: str, tmp_path: Path) -> None:
    base = public_tables.ordinary(200)
    replays = Replays(base, (public_tables.unlike(), public_tables.with_row(base, "a new category")))
    found = list(check_replays(InstalledBuild(tmp_path), Setting(mechanism, 5.0, 1e-6), [replays]))
    assert [check.id for check in found] == [f"replay.questions.{mechanism}", f"replay.model.{mechanism}"]
    assert all(check.holds for check in found), found


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_one_row_moves_no_more_than_declared_and_costs_add_up(mechanism: str, tmp_path: Path) -> None:
    build, setting, base = InstalledBuild(tmp_path), Setting(mechanism, 5.0, 1e-6), public_tables.ordinary(200)
    recording = record(build.prepare(base, setting))
    other = build.prepare(public_tables.with_row(base, "a new category"), setting).table()
    sensitivity = check_sensitivity(mechanism, recording, [other])
    assert sensitivity.holds and (sensitivity.figure or 0) > 0.9
    for check in check_loss(mechanism, recording):
        assert check.holds, check
        assert check.figure is not None and check.bound is not None
        assert check.figure > 0.05 * check.bound, "what is accounted for is used"


def test_answers_are_those_of_the_transcript_and_are_paid_for() -> None:
    recorder = RecordingCurator(Rows([(0, 1, 1)] * 50), BUDGET)
    first = recorder.on(Plain()).measure([("x",), ("y", "z")], BUDGET.rho / 2)
    replayer = ReplayingCurator(Rows([(2, 3, 0)] * 9), BUDGET, recorder.transcript)
    again = replayer.on(Plain()).measure([("x",), ("y", "z")], BUDGET.rho / 2)
    assert all(np.array_equal(one.values, other.values) for one, other in zip(first, again, strict=True))
    assert replayer.spent == recorder.spent
    assert [q.asked for q in replayer.asked] == [entry.question.asked for entry in recorder.transcript]


@pytest.mark.parametrize(
    "ask",
    [
        lambda marginals: marginals.measure([("x",)], BUDGET.rho / 4),
        lambda marginals: marginals.measure([("y",)], BUDGET.rho / 2),
        lambda marginals: marginals.distances([("x",)], lambda cliques: {("x",): np.zeros(3)}, BUDGET.rho / 2),
        lambda marginals: [marginals.measure([("x",)], BUDGET.rho / 2), marginals.measure([("x",)], BUDGET.rho / 9)],
    ],
    ids=["another noise", "another clique", "another kind", "one question more"],
)
def test_another_question_diverges(ask) -> None:  # type: ignore[no-untyped-def]
    recorder = RecordingCurator(Rows([(0, 1, 1)] * 50), BUDGET)
    recorder.on(Plain()).measure([("x",)], BUDGET.rho / 2)
    with pytest.raises(Diverged):
        ask(ReplayingCurator(Rows([]), BUDGET, recorder.transcript).on(Plain()))


def test_a_question_is_compared_by_all_that_is_public_about_it() -> None:
    from synthcli.privacy.exact import View
    from synthcli.privacy.transformations import Candidate

    view = View(Plain())
    candidates = [Candidate(("x",), np.zeros(3)), Candidate(("x",), np.ones(3)), Candidate(("x",), np.zeros(3), 2)]
    asked = {Question.largest(view, [candidate], 1.0).asked for candidate in candidates}
    asked |= {Question.marginals(view, [("x",)], 1.0).asked, Question.keys("x", 1.0, 3).asked}
    asked |= {Question.keys("x", 1.0, 4).asked, Question.keys("y", 1.0, 3).asked}
    assert len(asked) == 7
    assert Question.largest(view, candidates[:1], 1.0).asked in asked
