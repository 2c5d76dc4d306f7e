"""The whole fit as a function of what was released: other rows, same answers, same questions, same model file.

The machinery is that of `synthcli audit conformance`; here it is run for every mechanism, and shown able to fail (more
of that in tests/audit/conformance/test_planted.py). No statistics, no false alarms.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from synthcli.audit.conformance import public_tables
from synthcli.audit.conformance.accounting import check_loss, check_sensitivity, cost
from synthcli.audit.conformance.build import Appoint, Fittable, PublicTable, Setting, record
from synthcli.audit.conformance.replay import Replays, check_replays, quick_replays
from synthcli.audit.conformance.scope import DELTA
from synthcli.mechanisms.names import MECHANISMS
from synthcli.privacy import bounding
from synthcli.privacy.budget import Budget
from synthcli.privacy.exact import ExactCounts, PrivateTable, Side, View
from synthcli.privacy.question import Question
from synthcli.privacy.transcript import Diverged, RecordingCurator, ReplayingCurator
from synthcli.synthesizer import Synthesizer
from synthcli.table.source import Source, open_source
from synthcli.workflow.conformance import InstalledBuild
from synthcli.workflow.learn import counted_table, learn
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.requests import FitRequest, silent
from synthcli.workflow.training_rows import TrainingRows, training_rows
from tests.privacy.private_rows import Plain, Rows

BUDGET = Budget.of(2.0, 1e-6, 5e-7)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_questions_and_model_depend_on_released_values_alone(mechanism: str, tmp_path: Path) -> None:
    base = public_tables.ordinary()
    replays = Replays(base, (public_tables.unlike(), public_tables.with_row(base, "a new category")))
    found = list(check_replays(InstalledBuild(tmp_path), Setting(mechanism, 5.0, 1e-6), [replays]))
    assert [check.id for check in found] == [f"replay.questions.{mechanism}", f"replay.model.{mechanism}"]
    assert all(check.holds for check in found), found


def test_who_is_missing_together_is_among_what_is_replayed(tmp_path: Path) -> None:
    """The section's columns are 576 rows from independent; 320 are enough for a look, and noise here is some 50."""
    recording = record(InstalledBuild(tmp_path).prepare(quick_replays()[0].base, Setting("sieve", 5.0, DELTA)))
    assert {entry.question.kind for entry in recording.transcript if _is_about_gaps(entry.question)} == {
        "marginals",
        "distances",
    }


def _is_about_gaps(question: Question) -> bool:
    if question.kind not in ("marginals", "distances"):
        return False
    view, *about = question.about
    cliques = about[0].cliques if question.kind == "distances" else about
    return any(view.gaps.keys() >= set(clique) for clique in cliques)


TIMES = """
name: times
fields:
- {name: seen, type: datetime}
- {name: ward, type: string}
- {name: kind, type: string}
- {name: code, type: string, "synthcli:hierarchy": {a: [u, v, w], b: [x, y, z]}}
"""


def _times(name: str, rows: list[str]) -> PublicTable:
    return PublicTable(name, TIMES, "\n".join(["seen,ward,kind,code", *rows]) + "\n")


def test_times_many_categories_and_hierarchies_are_asked_for_without_a_look(tmp_path: Path) -> None:
    """Working hours of a year, and many wards: weekdays, hours and a second look are in the transcript."""
    rng = np.random.default_rng(0)
    days = [np.datetime64("2018-01-01") + day for day in rng.integers(0, 364, 900) if day % 7 < 5]
    code = "uvwxyz"
    rows = [f"{d}T{rng.integers(8, 17):02d}:30:00,{rng.integers(200)},new,{code[int(rng.integers(6))]}" for d in days]
    base, night = _times("working hours", rows), [f"1999-07-0{1 + i % 9}T00:00:00.000001,,,z" for i in range(80)]
    others = _times("nights", night), _times("one row more", [*rows, "2890-12-31T23:59:59.999999,odd,old,u"])
    build, setting = InstalledBuild(tmp_path), Setting("sieve", 8.0, 1e-6)
    recording = record(build.prepare(base, setting))
    asked = [str(entry.question.asked) for entry in recording.transcript]
    assert sum("'ward'" in question and "keys" in question for question in asked) == 2
    assert any("seen (hour)" in question for question in asked[-3:]), "hours are an attribute of the model"
    found = list(check_replays(build, setting, [Replays(base, others)]))
    assert found and all(check.holds for check in found), found


STAYS = """
name: stays
fields:
- {name: begin, type: datetime}
- {name: end, type: datetime}
- {name: ward, type: string, constraints: {enum: [north, south]}}
rules:
- {order: [begin, end], strict: true}
"""


def _stays(name: str, rows: list[str]) -> PublicTable:
    return PublicTable(name, STAYS, "\n".join(["begin,end,ward", *rows]) + "\n")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_durations_are_asked_for_without_a_look_and_a_row_moves_one_cell(mechanism: str, tmp_path: Path) -> None:
    """Stays of hours and days; others that all end before they begin, and one of eight centuries."""
    rng = np.random.default_rng(5)
    begin = np.datetime64("2021-03-01T08:00") + rng.integers(0, 500 * 1440, 700).astype("timedelta64[m]")
    end = begin + rng.lognormal(7.5, 1, 700).astype(int).astype("timedelta64[m]")
    rows = [f"{a}:00,{b}:00,north" for a, b in zip(begin, end, strict=True)]
    wrong = [f"1999-07-0{1 + i % 9}T00:00:00.5,1998-01-01T00:00:00,south" for i in range(90)]
    odd = "2022-01-01T00:00:00.000001,2890-12-31T23:59:59.999999,south"
    base, others = _stays("stays", rows), [_stays("backward", wrong), _stays("one more", [*rows, odd])]
    build, setting = InstalledBuild(tmp_path), Setting(mechanism, 8.0, 1e-6)
    recording = record(build.prepare(base, setting))
    asked = [str(entry.question.asked) for entry in recording.transcript]
    assert any("begin to end" in question for question in asked), "durations are looked at"
    assert any("begin to end" in question for question in asked[-2:]), "and are an attribute of the model"
    found = list(check_replays(build, setting, [Replays(base, others)]))
    assert found and all(check.holds for check in found), found
    sensitivity = check_sensitivity(mechanism, recording, [build.prepare(others[-1], setting).table()])
    assert sensitivity.holds and (sensitivity.figure or 0) > 0.9


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_one_row_moves_no_more_than_declared_and_costs_add_up(mechanism: str, tmp_path: Path) -> None:
    build, setting, base = InstalledBuild(tmp_path), Setting(mechanism, 5.0, 1e-6), public_tables.ordinary()
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
    from synthcli.privacy.transformations import Candidate

    view = View(Plain())
    candidates = [Candidate(("x",), np.zeros(3)), Candidate(("x",), np.ones(3)), Candidate(("x",), np.zeros(3), 2)]
    asked = {Question.largest(view, [candidate], 1.0).asked for candidate in candidates}
    asked |= {Question.marginals(view, [("x",)], 1.0).asked, Question.keys("x", 1.0, 3).asked}
    asked |= {Question.keys("x", 1.0, 4).asked, Question.keys("y", 1.0, 3).asked}
    assert len(asked) == 7
    assert Question.largest(view, candidates[:1], 1.0).asked in asked


PERSON = '- {name: person, type: integer, "synthcli:role": unit}\n'


@dataclass(frozen=True)
class _OfPersons:
    """A fit in which at most two rows of a person count, prepared as `synthcli fit` does it."""

    folder: Path

    def prepare(self, table: PublicTable, setting: Setting) -> Fittable:
        schema, data = self.folder / "schema.yaml", self.folder / f"{len(table.rows)}.csv"
        schema.write_text(table.schema)
        data.write_text(table.rows)
        request = FitRequest(
            data=str(data),
            schema=schema,
            output=self.folder / "m.synth",
            epsilon=repr(setting.epsilon),
            delta=repr(setting.delta),
            mechanism=setting.mechanism,
            max_rows_per_unit=2,
        )
        plan, source = plan_fit(request), open_source(str(data))
        return _Prepared(plan, source, training_rows(plan, source, silent))


@dataclass(frozen=True)
class _Prepared:
    plan: FitPlan
    source: Source
    rows: TrainingRows

    def fit(self, appoint: Appoint) -> Synthesizer:
        return learn(self.plan, self.source, self.rows, silent, appoint=appoint)

    def table(self) -> PrivateTable:
        return counted_table(self.plan, self.source, self.rows)


def _of_persons(table: PublicTable, seed: int) -> PublicTable:
    """The same table with some five rows for each person."""
    header, *lines = table.rows.splitlines()
    persons = np.random.default_rng(seed).integers(0, 1 + len(lines) // 5, len(lines))
    numbered = (f"{line},{person}" for line, person in zip(lines, persons, strict=True))
    return replace(table, schema=table.schema + PERSON, rows="\n".join((f"{header},person", *numbered)) + "\n")


def test_persons_of_many_rows_change_neither_questions_nor_model(tmp_path: Path) -> None:
    base, other = _of_persons(public_tables.ordinary(3_000), 0), _of_persons(public_tables.unlike(), 1)
    crowd = replace(base, rows=base.rows + "Atlantis,1.5,412.5,33,1964-02-11,true,9999\n" * 30)
    found = list(check_replays(_OfPersons(tmp_path), Setting("sieve", 5.0, 1e-6), [Replays(base, (other, crowd))]))
    assert len(found) == 2 and all(check.holds for check in found), found
    recording = record(_OfPersons(tmp_path).prepare(base, Setting("sieve", 5.0, 1e-6)))
    assert recording.synthesizer.statement.rows_per_unit == 2
    assert any(_is_about_gaps(entry.question) for entry in recording.transcript)
    spent = sum(cost(entry.question) for entry in recording.transcript)
    assert 0.9 * recording.synthesizer.statement.rho < spent < recording.synthesizer.statement.rho * (1 + 1e-9)


_AN_EVENT = ("name: income,", "name: member,")
"""Fields of the public table that may differ between the rows of a person; the others are marked as person-level."""


def _with_persons(table: PublicTable, seed: int) -> PublicTable:
    """The table with some five rows for each person, and its schema with marks for a model of persons."""
    found = _of_persons(table, seed)
    lines = found.schema.splitlines(keepends=True)
    marked = [
        line.replace("}\n", ', "synthcli:level": person}\n')
        if "{name: " in line and "person" not in line and not any(event in line for event in _AN_EVENT)
        else line
        for line in lines
    ]
    return replace(found, schema="".join(marked))


def test_a_model_of_persons_changes_by_answers_alone(tmp_path: Path) -> None:
    """A person of one odd row, one of thirty, and a table that has nothing in common: same questions, same model."""
    base, other = _with_persons(public_tables.ordinary(300), 0), _with_persons(public_tables.unlike(), 1)
    odd = "Atlantis,1.5,0.123456789012,99,2890-12-31,true,9999\n"
    others = (other, replace(base, rows=base.rows + odd), replace(base, rows=base.rows + odd * 30))
    found = list(check_replays(_OfPersons(tmp_path), Setting("sieve", 5.0, 1e-6), [Replays(base, others)]))
    assert len(found) == 2 and all(check.holds for check in found), found
    recording = record(_OfPersons(tmp_path).prepare(base, Setting("sieve", 5.0, 1e-6)))
    assert recording.synthesizer.persons is not None
    sides = [side.persons for entry in recording.transcript for side in _sides(entry.question)]
    assert any(sides) and not all(sides), "both tables are asked"
    for check in check_loss("sieve", recording):
        assert check.holds, check


def _sides(question: Question) -> list[Side]:
    return [part.side if isinstance(part, View) else part for part in question.about if isinstance(part, View | Side)]


@pytest.mark.parametrize("rows", [1, 30])
def test_a_person_of_many_rows_moves_no_answer_further_than_declared(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that both tables share draw the same numbers; the person's row count moves one cell, however large it is."""
    monkeypatch.setattr(bounding, "_draw", lambda count: _draws[:count])
    build, setting = _OfPersons(tmp_path), Setting("sieve", 5.0, 1e-6)
    base = _with_persons(public_tables.ordinary(200), 0)
    recording = record(build.prepare(base, setting))
    crowd = replace(base, rows=base.rows + "Atlantis,1.5,412.5,33,1964-02-11,true,9999\n" * rows)
    found = check_sensitivity("sieve", recording, [build.prepare(crowd, setting).table()])
    assert found.holds and (found.figure or 0) > 0.4, found
    questions = [e.question for e in recording.transcript if any(side.persons for side in _sides(e.question))]
    here, there = ExactCounts(recording.table), ExactCounts(build.prepare(crowd, setting).table())
    for question in (q for q in questions if q.kind == "marginals"):
        moved = np.abs(np.asarray(question.of(here)) - np.asarray(question.of(there)))
        assert moved.max() == 1 and moved.sum() == len(question.about) - 1, "one row for a person"


_draws = np.random.default_rng(0).integers(0, 2**63, 4_000).astype(np.uint64)
