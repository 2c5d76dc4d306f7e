"""The public side of an audit: counts through OpenDP, charged before a row is read, judged by what the noise left."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from synthcli.audit.attack import Levels
from synthcli.audit.experiment import Experiment
from synthcli.audit.public import SENSITIVITY, ArmCounts, count_arms, public_endpoints
from synthcli.audit.release import FALSE_ALARM
from synthcli.conclusion import error_share
from synthcli.default_policy import matches
from synthcli.errors import remarking
from synthcli.files import atomic_write
from synthcli.gate import Limit, Policy, judge
from synthcli.privacy.amounts import spendable_epsilon
from synthcli.privacy.ledger import Ledger, Reservation, open_ledger
from synthcli.privacy.noise import laplace_margin, laplace_scale, noisy_counts
from synthcli.report.public_audit import PublicAudit, to_public_document
from synthcli.synthesizer import PrivacyStatement
from synthcli.workflow.fit import stays_spent
from synthcli.workflow.requests import AuditRequest

_TOLERANCES = {
    "public.copies.excess": "copies.exact.excess",
    "public.lift.advantage_at_1pct": "membership.likelihood.advantage_at_1pct",
}
"""By public endpoint: the one of the policy whose tolerance it has."""


@dataclass
class Charge:
    """What a public result may spend, and whether noise was drawn."""

    request: AuditRequest
    place: Path
    ledger: Ledger
    reservation: Reservation
    drawn: bool = False

    def publish(self, experiment: Experiment, statement: PrivacyStatement, policy: Policy, attempt: int) -> PublicAudit:
        """Count, draw noise, judge, and write the public file."""
        exact = count_arms(experiment, self.request.seed).values()
        epsilon = float(self.reservation.epsilon)
        self.drawn = True
        with remarking(stays_spent(self.reservation)):
            scale = laplace_scale(epsilon, SENSITIVITY)
            counts = ArmCounts.of(noisy_counts(exact, scale))
            audit = _judged(counts, scale, self, statement, policy, error_share(attempt))
            content = json.dumps(to_public_document(audit), indent=1).encode()
            atomic_write(self.place, content)
            self.ledger.commit(self.reservation, artifact_digest=self.ledger.digest(content))
        return audit


@contextmanager
def charged(request: AuditRequest, dataset: str) -> Iterator[Charge | None]:
    """Reserve what the public result costs before a row is read; what fails before the noise costs nothing.

    None where no public result is asked for. Raises `BudgetRefused`, and `NoLedger` where nobody could be charged.
    """
    if request.public is None:
        yield None
        return
    ledger = open_ledger(request.ledger, begin=False)
    epsilon = spendable_epsilon(request.public_epsilon)
    reservation = ledger.reserve(dataset, epsilon, "0", mechanism="public audit")
    charge = Charge(request, request.public, ledger, reservation)
    try:
        yield charge
    except BaseException:
        if not charge.drawn:
            ledger.cancel(reservation)
        raise


def _judged(
    counts: ArmCounts, scale: float, charge: Charge, statement: PrivacyStatement, policy: Policy, share: float
) -> PublicAudit:
    """Post-processing of the noisy counts."""
    levels = Levels(1 - share * (1 - policy.confidence), 1 - share * FALSE_ALARM / len(_TOLERANCES))
    endpoints = public_endpoints(counts, levels, lambda error: laplace_margin(scale, error))
    tolerances = Policy(
        limits=tuple(_limit(name, policy) for name in _TOLERANCES),
        confidence=policy.confidence,
        min_nonmembers=policy.min_nonmembers,
        digest=policy.digest,
    )
    return PublicAudit(
        model=sha256(charge.request.model.read_bytes()).hexdigest(),
        dataset=statement.dataset,
        unit=statement.unit,
        epsilon=float(charge.reservation.epsilon),
        scale=scale,
        confidence=levels.confidence,
        counts=counts,
        endpoints=endpoints,
        policy=tolerances,
        verdict=judge(endpoints, tolerances),
    )


def _limit(name: str, policy: Policy) -> Limit:
    """The policy's tolerance of the endpoint that asks the same question."""
    found = next(limit for limit in policy.limits if matches(_TOLERANCES[name], limit.metric))
    return Limit(name, found.at_most, found.fails_above)
