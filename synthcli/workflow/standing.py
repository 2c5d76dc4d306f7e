"""How an audit stands: by which policy it was to judge, and how often the model was audited before."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes

from synthcli import __version__
from synthcli.conclusion import noted, withheld
from synthcli.errors import InvalidAudit
from synthcli.gate import Policy, Verdict
from synthcli.privacy.ledger_audits import attempt, attempts
from synthcli.synthesizer import Synthesizer
from synthcli.table.source import Source
from synthcli.workflow.released import existing_ledger
from synthcli.workflow.requests import AuditRequest

_LATE = (
    "the policy is not the one that was registered for this model before it was audited: this cannot be a pass; judge "
    "by the registered one, or fit again with --refit and this --policy, which spends again"
)


@dataclass(frozen=True)
class Standing:
    """The number of the attempt (1 is the first), whether its policy was registered in time, and what is to be said."""

    attempt: int
    is_registered: bool
    notes: tuple[str, ...] = ()

    def applied(self, verdict: Verdict) -> Verdict:
        """The verdict, not a pass where the policy was chosen afterwards."""
        for note in self.notes:
            verdict = noted(verdict, note)
        if self.attempt > 1:
            smaller = self.attempt**2
            note = (
                f"attempt {self.attempt} on this model: its error levels are {smaller} times smaller than the first's"
            )
            verdict = noted(verdict, note)
        return verdict if self.is_registered else withheld(verdict, _LATE)


def take_standing(request: AuditRequest, policy: Policy, synthesizer: Synthesizer, synthetic: Source) -> Standing:
    """Count the attempt in the ledger before anything is known of its result; the very same audit counts once.

    `InvalidAudit` for a policy that was not registered, as long as no audit has looked at the model: it still can be.
    """
    said: list[str] = []
    statement = synthesizer.statement
    own = {statement.coins.policy} if statement.coins else set()
    ledger = existing_ledger(request.ledger, said.append)
    if ledger is None:
        said.append("no ledger was found: attempts on this model are not counted")
        return Standing(1, policy.digest in own, tuple(said))
    model = sha256(request.model.read_bytes()).hexdigest()
    before = attempts(ledger, statement.dataset, model)
    if not before.number and policy.digest not in own | before.policies:
        raise InvalidAudit(
            "the model was fitted for audits by another policy, and this one is not registered",
            f"before any audit, register it: {ledger.command('register-policy', statement.dataset)}"
            + (f" --policy {request.policy}" if request.policy else ""),
        )

    def depends_on() -> Iterator[bytes]:
        yield "\n".join([model, policy.digest, str(request.seed), __version__, ""]).encode()
        yield token_bytes(32) if request.shadows else b""  # their noise makes every audit with shadow fits a new one
        yield from synthetic.raw_chunks()

    counted = attempt(ledger, statement.dataset, model, ledger.digest(depends_on()))
    return Standing(counted.number, policy.digest in own | counted.policies)
