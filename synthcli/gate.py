"""The gate: metrics against a policy. Pure, and fail-closed: what cannot be decided is not a pass."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, isfinite
from pathlib import Path
from typing import Any

from synthcli.audit.shadow import LEAST_SHADOWS, MOST_SHADOWS
from synthcli.default_policy import (
    DEFAULT_POLICY,
    ENDPOINTS,
    SHADOW_ENDPOINTS,
    covered_endpoints,
    matches,
    named_endpoints,
)
from synthcli.errors import ExitCode, UsageError, closest
from synthcli.files import read_toml
from synthcli.metric import Metric

_DEFAULT: dict[str, Any] = tomllib.loads(DEFAULT_POLICY)


class Outcome(StrEnum):
    """Pass: every upper bound under its tolerance. Fail: a corrected test above it. Else inconclusive.

    Contradicted: an attacker does better than the claimed epsilon allows, which beats everything else.
    """

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    CONTRADICTED = "contradicted"

    @property
    def exit_code(self) -> ExitCode:
        """0, 10, 11 or 12."""
        codes = (ExitCode.DONE, ExitCode.LEAK, ExitCode.INCONCLUSIVE, ExitCode.CONTRADICTED)
        return dict(zip(Outcome, codes, strict=True))[self]


@dataclass(frozen=True)
class Limit:
    """The tolerance of one endpoint, or of all whose id matches a pattern (`*` stands for anything).

    It passes if it is shown to be at most `at_most`, and fails if it is shown to be above `fails_above` (by default the
    same number). Copies fail above zero: a real excess has no innocent explanation, however small.
    """

    metric: str
    at_most: float
    fails_above: float | None = None

    def __post_init__(self) -> None:
        if not isfinite(self.at_most) or not isfinite(self.failure):
            raise ValueError(f"the tolerance of {self.metric} is not finite")
        if self.failure > self.at_most:
            raise ValueError(f"{self.metric} would fail only above its tolerance")

    @property
    def failure(self) -> float:
        """Above it the endpoint fails."""
        return self.at_most if self.fails_above is None else self.fails_above

    @property
    def speaks_of_shadows(self) -> bool:
        """Whether all that it could cover are endpoints of shadow fits."""
        found = covered_endpoints(self.metric)
        return bool(found) and all(endpoint in SHADOW_ENDPOINTS for endpoint in found)

    def among(self, endpoints: Sequence[Metric], subgroups: Sequence[str] = (), shadows: int = 0) -> list[Metric]:
        """Those that this limit speaks of: the one of its name, if an audit of these subgroups has one, measured or
        not; else all that it matches."""
        named = [metric for metric in endpoints if metric.id == self.metric]
        if named or self.metric in named_endpoints(self.metric, subgroups, shadows):
            return named
        return [metric for metric in endpoints if matches(metric.id, self.metric)]

    def unmeasured(self, covered: Sequence[Metric], subgroups: Sequence[str], shadows: int) -> list[str]:
        """What it names beside the `covered` endpoints: nothing, where any value of theirs would pass."""
        if not covered:
            return [self.metric]
        measured = {metric.id for metric in covered}
        is_asked = self.metric not in measured and self.at_most < 1
        return [id for id in named_endpoints(self.metric, subgroups, shadows) if is_asked and id not in measured]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The tolerances, fixed before the audit runs; `digest` (SHA-256 of the canonical text) goes into the report."""

    limits: tuple[Limit, ...]
    confidence: float = 0.95
    min_nonmembers: int = 200
    min_shadows: int = 0
    """Shadow fits without which nothing passes."""
    digest: str = ""

    def asked_of(self, shadows: int) -> tuple[Limit, ...]:
        """What is asked of an audit with so many shadow fits: without any, nothing about what they alone can find."""
        return self.limits if shadows else tuple(limit for limit in self.limits if not limit.speaks_of_shadows)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One limit applied. `metric` is None where the endpoint could not be computed, which is never a pass."""

    limit: Limit
    metric: Metric | None
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True)
class Spare:
    """How many more candidates an audit could compare: the rest of the table or, `is_most`, what it has room for."""

    rows: int
    is_most: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome of all checks together; `notes` say what else made it so."""

    outcome: Outcome
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()


def judge(
    endpoints: Sequence[Metric],
    policy: Policy,
    shadows: int = 0,
    subgroups: Sequence[str] = (),
    spare: Spare | None = None,
) -> Verdict:
    """Every endpoint that a limit names must pass; one that fails is enough to fail (intersection–union test).

    A pass needs no correction for the number of endpoints (Berger 1982): one more can only make it harder. A failure
    needs the bound that the audit did correct for it, so that a release within its tolerances seldom fails. `shadows`:
    how many shadow fits the audit made; those that a policy asks for are `with_shadows`'s business. `subgroups`: those
    that it was asked about; `spare`: the candidates that there could be beside its own, if that is known.
    """
    checks: list[Check] = []
    for limit in policy.asked_of(shadows):
        covered = limit.among(endpoints, subgroups, shadows)
        checks.extend(_check(limit, metric, spare) for metric in covered)
        for id in limit.unmeasured(covered, subgroups, shadows):
            note = "no endpoint of this name was measured; this is not a pass"
            missing = replace(limit, metric=id)
            checks.append(Check(limit=missing, metric=None, outcome=Outcome.INCONCLUSIVE, note=note))
    outcomes = {check.outcome for check in checks}
    if Outcome.FAIL in outcomes:
        outcome = Outcome.FAIL
    elif outcomes == {Outcome.PASS}:
        outcome = Outcome.PASS
    else:
        outcome = Outcome.INCONCLUSIVE
    return Verdict(outcome=outcome, checks=tuple(checks))


def _check(limit: Limit, metric: Metric, spare: Spare | None) -> Check:
    """One metric against one limit. `Metric` refuses what is not a number; here it would be no pass either."""
    strict = metric.low if metric.low_strict is None else metric.low_strict
    if not all(map(isfinite, (metric.value, metric.low, metric.high, strict))):
        outcome, note = Outcome.INCONCLUSIVE, "not a number"
    elif metric.better == "higher":
        outcome, note = Outcome.INCONCLUSIVE, "more is better here, so that no tolerance fits"
    elif min(metric.low, strict) > limit.failure:
        outcome, note = Outcome.FAIL, f"above {limit.failure:g} beyond doubt"
    elif metric.high <= limit.at_most:
        outcome, note = Outcome.PASS, ""
    else:
        outcome, note = Outcome.INCONCLUSIVE, _shortfall(limit, metric, spare)
    return Check(limit=limit, metric=metric, outcome=outcome, note=note)


def _shortfall(limit: Limit, metric: Metric, spare: Spare | None) -> str:
    """How many more audit rows would decide, were the estimate to stay: bounds narrow with the root of the rows."""
    room = limit.at_most - metric.value
    factor = ((metric.high - metric.value) / room) ** 2 if room > 1e-6 else float("inf")
    if not factor < 100.0:  # no table has so many more rows to spare
        return f"the estimate reaches the tolerance {limit.at_most:g}, or nearly: more rows alone may not make it pass"
    more = max(1, ceil(metric.n * (factor - 1)))
    if spare is not None and more > spare.rows:
        why = "no audit compares more" if spare.is_most else "it takes a larger table"
        return f"not decided; about {more:,} more audit rows are needed, and {spare.rows:,} are left: {why}"
    return f"not decided; about {more:,} more audit rows are needed (a larger --audit-coins)"


def load_policy(path: Path | None) -> Policy:
    """Read a policy file; without one, `DEFAULT_POLICY`. `UsageError` lists every problem.

    What the file leaves out keeps its default. A tolerance stands for the default ones of all endpoints it covers.
    """
    if path is None:
        return _policy(_DEFAULT)
    document = read_toml(path, "the policy file", "see docs/audit.md for an example")
    problems = _problems(document)
    if problems:
        message = f"the policy file {path} has {len(problems)} problem(s)"
        raise UsageError(message, "see docs/audit.md for an example", tuple(problems))
    return _policy({**_DEFAULT, **document, "tolerances": _tolerances(document.get("tolerances", {}))})


def _tolerances(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given ones, and the default ones of the endpoints that none of them covers."""
    default = _DEFAULT["tolerances"]
    kept = {id: default[id] for id in default if id in given or not any(matches(id, name) for name in given)}
    return {**kept, **given}


def _problems(document: Mapping[str, Any]) -> list[str]:
    """All that is wrong with a policy, one line each."""
    known = ("confidence", "min_nonmembers", "min_shadows", "tolerances")
    found = [
        f"{key}: no such key; there are {', '.join(known)}{closest(key, known)}" for key in document if key not in known
    ]
    confidence, fewest = document.get("confidence", 0.95), document.get("min_nonmembers", 200)
    if not _is_number(confidence) or not 0.5 < confidence < 1:
        found.append("confidence: is a number above 0.5 and below 1")
    if type(fewest) is not int or fewest < 2:
        found.append("min_nonmembers: is a whole number, 2 or more")
    shadows = document.get("min_shadows", 0)
    if type(shadows) is not int or not (shadows == 0 or LEAST_SHADOWS <= shadows <= MOST_SHADOWS):
        found.append(f"min_shadows: is a whole number from {LEAST_SHADOWS} to {MOST_SHADOWS:,}, or 0 for none")
    tolerances = document.get("tolerances", {})
    if not isinstance(tolerances, Mapping) or ("tolerances" in document and not tolerances):
        return [*found, "[tolerances]: is a section that names one endpoint or more"]
    return found + [line for name, value in tolerances.items() for line in _tolerance_problems(name, value)]


def _tolerance_problems(name: str, value: object) -> list[str]:
    covered = covered_endpoints(name)
    found = [] if covered else [f"no such endpoint{closest(name, ENDPOINTS)}"]
    both: Mapping[str, Any] = value if isinstance(value, Mapping) else {"pass": value}
    if not covered and not {"pass", "fail"} & set(both):
        found = ["no such endpoint; a name with dots is written in quotes"]
    elif "pass" not in both or not set(both) <= {"pass", "fail"}:
        found.append("is a number or { pass = number, fail = number }")
    elif not all(map(_is_number, both.values())):
        found.append("pass and fail are finite numbers" if both is value else "is a finite number")
    elif both.get("fail", both["pass"]) > both["pass"]:
        found.append("fail lies above pass")
    else:
        found += _range_problems(covered, min(both.values()), max(both.values()))
    return [f'[tolerances] "{name}": {problem}' for problem in found]


def _range_problems(covered: Sequence[str], lowest: float, highest: float) -> list[str]:
    """Tolerances that no release could keep to, or that every release does by a slip of the decimal point."""
    if highest > 1:
        return ["is a share, at most 1"]
    if lowest < 0.5 and any("auc" in endpoint.split(".") for endpoint in covered):
        return ["an AUC below 0.5 is no tolerance: 0.5 is what an attacker reaches by guessing"]
    return ["is a share, at least 0"] if lowest < 0 else []


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and isfinite(value)  # type: ignore[arg-type]


def _policy(document: Mapping[str, Any]) -> Policy:
    """A checked document, with the digest of what it means (not of how it is laid out)."""
    limits = []
    for name, value in document["tolerances"].items():
        both = value if isinstance(value, Mapping) else {"pass": value}
        limits.append(Limit(name, float(both["pass"]), float(both["fail"] if "fail" in both else both["pass"])))
    meaning = {
        "confidence": float(document["confidence"]),
        "min_nonmembers": document["min_nonmembers"],
        "min_shadows": document["min_shadows"],
        "tolerances": {limit.metric: [limit.at_most, limit.failure] for limit in limits},
    }
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()
    return Policy(
        limits=tuple(limits),
        confidence=meaning["confidence"],
        min_nonmembers=document["min_nonmembers"],
        min_shadows=document["min_shadows"],
        digest=digest,
    )
