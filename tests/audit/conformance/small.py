"""A conformance test of some seconds: the quick one with fewer tables, fewer fits, and the simplest mechanism."""

from dataclasses import replace

from synthcli.audit.conformance import public_tables
from synthcli.audit.conformance.build import Setting
from synthcli.audit.conformance.replay import Replays
from synthcli.audit.conformance.result import Check
from synthcli.audit.conformance.run import checks
from synthcli.audit.conformance.scope import DELTA, Scope, quick
from synthcli.workflow.conformance import installed_build


def small() -> Scope:
    base = public_tables.ordinary(60)
    others = (public_tables.with_row(base, "a new category"), public_tables.one_row(), public_tables.unlike())
    return replace(
        quick(),
        name="small",
        replayed=("independent",),
        replays=(Replays(base, others),),
        accounted=("independent",),
        persons=("independent",),
        stays=("independent",),
        noise=4,
        repeated=("independent",),
        likelihood=((Setting("independent", 10.0, DELTA), 100),),
        canaries=((Setting("independent", 3.0, DELTA), 400),),
    )


def silent(stage: str, done: float) -> None:
    """Progress for nobody."""


def first_contradiction(scope: Scope) -> Check | None:
    """What a bug is first caught by; nothing after it is run."""
    with installed_build() as build:
        return next((check for check in checks(build, scope, silent) if not check.holds), None)
