"""Replay: with the same answers, other rows must lead to the same questions and the same model file.

One fit of a public table is recorded. Other tables are then fitted with its answers in place of their own (their own
noise is drawn, paid for and thrown away). Whatever differs did not come out of an answer: it was read past the filter.
No statistics, no false alarms (the idea of Re:cord-play, arXiv 2602.17454).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from synthcli.artifact import save
from synthcli.audit.conformance import public_stays, public_tables
from synthcli.audit.conformance.build import Build, Fittable, PublicTable, Recording, Setting, record
from synthcli.audit.conformance.result import Check
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator, PrivateTable
from synthcli.privacy.exact import ExactCounts
from synthcli.privacy.transcript import Diverged, ReplayingCurator
from synthcli.synthesizer import Synthesizer


@dataclass(frozen=True)
class Replays:
    """A table to record, and those to fit with its answers."""

    base: PublicTable
    others: tuple[PublicTable, ...]


def quick_replays() -> tuple[Replays, ...]:
    """An ordinary table against every other one, a constant table against what is most unlike it."""
    base = public_tables.ordinary()
    odd = tuple(public_tables.with_row(base, name) for name in public_tables.ODD_ROWS)
    rest = (public_tables.without_row(base), *_unlike())
    constant = public_tables.constant()
    return (
        Replays(base, odd + rest),
        Replays(constant, (public_tables.with_row(constant, "a new category"), public_tables.empty(), base)),
    )


def replays_of_persons() -> Replays:
    """Persons with several rows against every odd one more, one less, and other ones."""
    base = public_tables.of_persons()
    odd = tuple(public_tables.with_person(base, name) for name in public_tables.ODD_PERSONS)
    return Replays(base, (*odd, public_tables.without_person(base), public_tables.unlike_persons()))


def replays_of_stays() -> Replays:
    """Stays against every odd one more, one less, and stays that all end before they begin."""
    base = public_stays.stays()
    odd = tuple(public_stays.with_stay(base, name) for name in public_stays.ODD_STAYS)
    return Replays(base, (*odd, public_tables.without_row(base), public_stays.backward()))


def full_replays() -> tuple[Replays, ...]:
    """Every table against its neighbours, and against all others."""
    bases = (public_tables.ordinary(), *_unlike())
    return tuple(
        Replays(
            base,
            (
                *(public_tables.with_row(base, name) for name in public_tables.ODD_ROWS),
                *((public_tables.without_row(base),) if base.has_rows else ()),
                *(other for other in bases if other is not base),
            ),
        )
        for base in bases
    )


def _unlike() -> tuple[PublicTable, ...]:
    return public_tables.empty(), public_tables.one_row(), public_tables.constant(), public_tables.unlike()


def check_replays(build: Build, setting: Setting, replays: Sequence[Replays], of: str = "") -> Iterator[Check]:
    """The same questions, and the same model file, whatever the rows are; `of`: what the checks are called by."""
    found = [problem for one in replays for problem in _problems(build, setting, one)]
    count = sum(len(one.others) for one in replays)
    for what, title in (("questions", "Same answers, same questions"), ("model", "Same answers, same model file")):
        wrong = [note for kind, note in found if kind == what]
        yield Check(
            id=f"replay.{what}.{of or setting.mechanism}",
            title=f"{title}, whatever the rows are",
            holds=not wrong,
            figure=len(wrong),
            bound=0,
            note=wrong[0] if wrong else f"{count} tables",
        )


def _problems(build: Build, setting: Setting, replays: Replays) -> Iterator[tuple[str, str]]:
    written = record(build.prepare(replays.base, setting))
    model = model_bytes(written.synthesizer)
    for table in replays.others:
        case = f"{table.name}, with the answers of {replays.base.name}"
        try:
            again, curator = _replayed(build.prepare(table, setting), written)
        except Diverged as problem:
            yield "questions", f"{case}: question {problem.place} depends on the rows"
            continue
        place = _first_other(written, curator)
        if place is not None:
            yield "questions", f"{case}: question {place} depends on the rows"
        elif model_bytes(again) != model:
            yield "model", case


def _replayed(fittable: Fittable, written: Recording) -> tuple[Synthesizer, ReplayingCurator]:
    appointed: list[ReplayingCurator] = []

    def appoint(table: PrivateTable, budget: Budget, rows_per_unit: int) -> Curator:
        appointed.append(ReplayingCurator(table, budget, written.transcript, rows_per_unit))
        return appointed[-1]

    synthesizer = fittable.fit(appoint)
    return synthesizer, appointed[0]


def _first_other(written: Recording, curator: ReplayingCurator) -> int | None:
    """The first question that was not asked again, or that computes something else of one and the same table.

    Questions are compared by their public arguments on the way; that their codings agree too is seen on the rows.
    """
    if len(curator.asked) != len(written.transcript):
        return len(curator.asked)
    exact = ExactCounts(written.table)
    for place, (entry, question) in enumerate(zip(written.transcript, curator.asked, strict=True)):
        if not _equal(entry.question.of(exact), question.of(exact)):
            return place
    return None


def _equal(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one == other)


def model_bytes(synthesizer: Synthesizer) -> bytes:
    """The model file, without its date."""
    undated = replace(synthesizer, statement=replace(synthesizer.statement, created=""))
    with TemporaryDirectory(prefix="synthcli-conformance-") as folder:
        path = Path(folder) / "model.synth"
        save(undated, path)
        return path.read_bytes()
