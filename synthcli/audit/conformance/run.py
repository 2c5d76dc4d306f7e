"""The whole test, part after part: what is exact and cheap first."""

from collections.abc import Iterator

from synthcli.audit.conformance import public_stays, public_tables
from synthcli.audit.conformance.accounting import check_loss, check_sensitivity
from synthcli.audit.conformance.build import Build, Setting, record
from synthcli.audit.conformance.canaries import CanaryTest
from synthcli.audit.conformance.likelihood import LikelihoodTest
from synthcli.audit.conformance.noise_law import NoiseLaw
from synthcli.audit.conformance.repeats import RepeatTest
from synthcli.audit.conformance.replay import Replays, check_replays, replays_of_persons, replays_of_stays
from synthcli.audit.conformance.result import Check, Conformance, Progress
from synthcli.audit.conformance.scope import ALARM, DELTA, LAW_LEVEL, SHIFT_LEVEL, Scope

_EPSILON = 5.0
"""Of the fits that are replayed: enough for every stage of a fit to find something."""


def run_conformance(build: Build, scope: Scope, progress: Progress) -> Conformance:
    """Every check; a failure of the build itself (a fit that raises) comes out as it is, and is no verdict."""
    return Conformance(checks=tuple(checks(build, scope, progress)), scope=scope.name, alarm=ALARM)


def checks(build: Build, scope: Scope, progress: Progress) -> Iterator[Check]:
    """The checks one by one, each made when it is asked for."""
    for name in scope.accounted:
        progress(f"sensitivity and cost: {name}", 0.0)
        yield from _accounted(build, Setting(name, _EPSILON, DELTA))
    for name in scope.replayed:
        progress(f"replaying: {name}", 0.0)
        yield from check_replays(build, Setting(name, _EPSILON, DELTA), scope.replays)
    for name in scope.persons:
        progress(f"persons with several rows: {name}", 0.0)
        yield from _of_persons(build, Setting(name, _EPSILON, DELTA))
    for name in scope.stays:
        progress(f"dates in order: {name}", 0.0)
        yield from _of_stays(build, Setting(name, _EPSILON, DELTA))
    for name in scope.repeated:
        progress(f"looking for noise that repeats: {name}", 0.0)
        yield from RepeatTest(Setting(name, 1.0, DELTA), LAW_LEVEL).checks(build)
    progress("the law of the noise", 0.0)
    yield from NoiseLaw(scope.noise, LAW_LEVEL).checks()
    for setting, canaries in scope.canaries:
        progress("one fit with many canaries", 0.0)
        yield from CanaryTest(setting, canaries, scope.bound_level, SHIFT_LEVEL).checks(build)
    for setting, fits in scope.likelihood:
        yield from LikelihoodTest(setting, fits, scope.bound_level, SHIFT_LEVEL).checks(build, progress)


def _accounted(build: Build, setting: Setting) -> Iterator[Check]:
    """One fit of the ordinary table, its neighbours' rows, and its costs."""
    base = public_tables.ordinary()
    others = [public_tables.with_row(base, name) for name in public_tables.ODD_ROWS]
    yield from _compared(build, setting, Replays(base, (*others, public_tables.without_row(base))), setting.mechanism)


def _of_persons(build: Build, setting: Setting) -> Iterator[Check]:
    """The same where a unit has several rows, and a row of its own in the table of persons; and replays of both."""
    base = public_tables.of_persons()
    others = [public_tables.with_person(base, name) for name in public_tables.ODD_PERSONS]
    of = f"{setting.mechanism}.persons"
    yield from _compared(build, setting, Replays(base, (*others, public_tables.without_person(base))), of)
    yield from check_replays(build, setting, (replays_of_persons(),), of)


def _of_stays(build: Build, setting: Setting) -> Iterator[Check]:
    """The same where a fit learns how long dates are apart that a rule puts in order."""
    base, of = public_stays.stays(), f"{setting.mechanism}.stays"
    others = [public_stays.with_stay(base, name) for name in public_stays.ODD_STAYS]
    yield from _compared(build, setting, Replays(base, (*others, public_tables.without_row(base))), of)
    yield from check_replays(build, setting, (replays_of_stays(),), of)


def _compared(build: Build, setting: Setting, tables: Replays, of: str) -> Iterator[Check]:
    """What a fit of the base asked, of it and of its neighbours, and what that cost."""
    recording = record(build.prepare(tables.base, setting))
    yield check_sensitivity(of, recording, [build.prepare(table, setting).table() for table in tables.others])
    yield from check_loss(of, recording)
