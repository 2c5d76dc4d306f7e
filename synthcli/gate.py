"""The gate: metrics against a policy. Pure, and fail-closed: what cannot be decided is not a pass."""

from dataclasses import dataclass
from enum import StrEnum

from synthcli.errors import ExitCode
from synthcli.metric import Metric


class Outcome(StrEnum):
    """Pass: every upper bound under its tolerance. Fail: a corrected test above it. Else inconclusive."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> ExitCode:
        """0, 10 or 11."""
        return {"pass": ExitCode.DONE, "fail": ExitCode.LEAK, "inconclusive": ExitCode.INCONCLUSIVE}[self.value]


@dataclass(frozen=True)
class Limit:
    """The tolerance of one endpoint: its metric may be at most this."""

    metric: str
    at_most: float


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The tolerances, fixed before the audit runs; `digest` (SHA-256 of the canonical text) goes into the report."""

    limits: tuple[Limit, ...]
    confidence: float = 0.95
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One limit applied. `metric` is None where the endpoint could not be computed, which is never a pass."""

    limit: Limit
    metric: Metric | None
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The outcome of all checks together."""

    outcome: Outcome
    checks: tuple[Check, ...]
