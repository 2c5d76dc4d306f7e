"""What becomes of a verdict by all that is no endpoint within its tolerance: the claim, and how the audit came about.

Nothing in here can turn a verdict to the better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi

from synthcli.audit.result import Breakdown
from synthcli.gate import Check, Limit, Outcome, Verdict
from synthcli.metric import Metric


def error_share(attempt: int) -> float:
    """The share of all error levels that the k-th attempt may use: 6 / (pi² k²), which add up to one."""
    return 6.0 / (pi * attempt) ** 2


def with_claims(verdict: Verdict, claims: Sequence[Metric], allowed: Mapping[str, float]) -> Verdict:
    """The verdict with a check for each claim; one that is contradicted beyond doubt decides everything.

    `claims` are lower bounds of what the release gives away, and `allowed` says by their ids what was claimed.
    """
    checks = tuple(_claim(metric, allowed[metric.id]) for metric in claims)
    outcome = Outcome.CONTRADICTED if any(c.outcome is Outcome.CONTRADICTED for c in checks) else verdict.outcome
    return replace(verdict, outcome=outcome, checks=(*verdict.checks, *checks))


def _claim(metric: Metric, allowed: float) -> Check:
    limit = Limit(metric.id, allowed)
    strict = metric.low if metric.low_strict is None else min(metric.low, metric.low_strict)
    if strict > allowed:
        what = f"the claim allows at most {allowed:g}: publish nothing that this build produced"
        return Check(limit=limit, metric=metric, outcome=Outcome.CONTRADICTED, note=_joined(metric.note, what))
    note = _joined(metric.note, "not contradicted, which confirms nothing")
    return Check(limit=limit, metric=metric, outcome=Outcome.PASS, note=note)


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


_DECIDES_NOTHING = "distance"
"""Its figures are diagnostics."""


def with_breakdowns(verdict: Verdict, breakdowns: Sequence[Breakdown]) -> Verdict:
    """The verdict with a check for each attack that broke down, which keeps it from being a pass.

    A policy may not name its endpoints, or let them be whatever they are.
    """
    for breakdown in breakdowns:
        note = f"could not be computed: {breakdown.error}; the other attacks are judged without it"
        if breakdown.attack == _DECIDES_NOTHING:
            verdict = noted(verdict, f"{breakdown.attack}: {note}")
            continue
        check = Check(limit=Limit(breakdown.attack, 1.0), metric=None, outcome=Outcome.INCONCLUSIVE, note=note)
        outcome = Outcome.INCONCLUSIVE if verdict.outcome is Outcome.PASS else verdict.outcome
        verdict = replace(verdict, outcome=outcome, checks=(*verdict.checks, check))
    return verdict


def with_shadows(verdict: Verdict, made: int, wanted: int) -> Verdict:
    """The verdict, not a pass where the policy asks for more shadow fits than were made."""
    if made >= wanted:
        return verdict
    return withheld(
        verdict, f"the policy asks for {wanted:,} shadow fits and {made:,} were made: audit with --shadows {wanted}"
    )


def withheld(verdict: Verdict, why: str) -> Verdict:
    """The verdict with a note for which it cannot be a pass."""
    outcome = Outcome.INCONCLUSIVE if verdict.outcome is Outcome.PASS else verdict.outcome
    return replace(verdict, outcome=outcome, notes=(*verdict.notes, why))


def noted(verdict: Verdict, note: str) -> Verdict:
    """The verdict with a note that changes nothing."""
    return replace(verdict, notes=(*verdict.notes, note))
