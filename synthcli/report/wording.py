"""The sentences of a report: what is claimed, what was seen, what is not known. Never a grade, never a seal."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from synthcli.audit.notes import LEFT_OUT
from synthcli.audit.result import AuditResult
from synthcli.gate import Check, Outcome, Verdict
from synthcli.report.text import number, per_thousand, percent, plain
from synthcli.report.unseen import WHAT_IT_TELLS
from synthcli.synthesizer import PrivacyStatement

HEADLINES = {
    Outcome.PASS: "No leakage detected by these tests",
    Outcome.FAIL: "A leak was detected",
    Outcome.INCONCLUSIVE: "Not decided: this is not a pass",
    Outcome.CONTRADICTED: "The claimed epsilon is contradicted",
}
NOT_AUDITED = "Not audited"
VERDICT_BIT = (
    "The verdict compares with the real rows. It is one of four words, and epsilon does not cover it; no other result "
    "of the audit is on this page."
)
TOLD = (
    "Two questions alone, in counts that the noise of differential privacy protects: do rows that the model would "
    "seldom draw come back in the synthetic file, and does the model find members likelier than their single values? "
    "All else that an audit finds compares rows with each other, and stays with the steward. The protection holds if "
    "the synthetic rows were drawn from the model, and from nothing else."
)
INTERNAL = (
    "Internal: this page compares with the real rows, and epsilon does not cover it. Classify it as the source data, "
    "and do not publish it."
)


_MOST_NAMES = 8


@dataclass(frozen=True)
class Assumption:
    """Something that the guarantee rests on, or that it does not promise; `key` is stable, for machines."""

    key: str
    text: str


def promise(statement: PrivacyStatement) -> str:
    """The sentence at the head of every report."""
    return (
        f"The privacy guarantee is the differential-privacy proof (ε = {plain(statement.epsilon)}, "
        f"δ = {plain(statement.delta)}, unit: {_protected(statement)}, neighbours: {statement.neighbours}), provided "
        "the assumptions listed below hold. Tests can reveal a broken guarantee or a leak; they cannot prove its "
        "absence."
    )


def later_generation(statement: PrivacyStatement) -> str:
    """What to say of a model that was knowingly fitted on synthetic rows."""
    return (
        f"The rows that this model was fitted on were synthetic themselves: it is of generation "
        f"{statement.generation}. The guarantee speaks of those rows, not of the people behind the first ones, and the "
        "errors of every generation add up. Do not take these rows for the population."
    )


def _protected(statement: PrivacyStatement) -> str:
    """What is protected, as a noun phrase."""
    if statement.unit_column is None:
        return f"one {statement.unit}"
    return f"all rows with one value of {statement.unit_column}"


def true_positive_ceiling(epsilon: float, delta: float, rate: float) -> float:
    """The most true positives that (epsilon, delta) allows at a false-positive rate (Kairouz, Oh, Viswanath 2015)."""
    forward = exp(min(epsilon, 700.0)) * rate + delta
    backward = 1 - exp(-epsilon) * (1 - delta - rate)
    return min(1.0, forward, backward)


def epsilon_in_words(statement: PrivacyStatement) -> tuple[str, ...]:
    """What the worst attacker can do, as odds and as natural frequencies; holds for every row and every attacker."""
    epsilon, delta, unit = statement.epsilon, statement.delta, statement.unit
    odds = exp(min(epsilon, 700.0))
    even = odds / (1 + odds)
    named = [100 * true_positive_ceiling(epsilon, delta, rate) for rate in (0.01, 0.05, 0.10)]
    return (
        f"Take 100 {unit}s that are in the data and 100 that are not, and an attacker who knows everything else and "
        "sees all of this release. If he wrongly names 1 of the 100 that are not in the data, he rightly names at most "
        f"{_some(named[0])} of the 100 that are; at 5 wrong at most {_some(named[1])}; at 10 wrong at most "
        f"{_some(named[2])}. By guessing he would name 1, 5 and 10.",
        f"The release multiplies the odds that a given {unit} is in the data by at most e^ε = {_some(odds)}: who "
        f"thought it as likely as not (50 of 100) may afterwards be sure to {_some(100 * even)} of 100 at most, apart "
        f"from chances that together do not exceed δ = {plain(delta)}.",
        f"These are ceilings for the worst case, not what an attacker is expected to reach. They hold for one {unit}: "
        f"for a group of k {unit}s, ε counts k times.",
    )


def _some(count: float) -> str:
    """A natural frequency, or odds: one decimal, none where it says nothing."""
    if count >= 1e6:
        return f"{count:.1e}"
    return f"{count:,.1f}".removesuffix(".0") if count >= 1 else f"{count:.2g}"


def assumptions(statement: PrivacyStatement, of_persons: bool = False) -> tuple[Assumption, ...]:
    """What the proof rests on, for this release."""
    return (
        Assumption(
            "public-facts",
            "Every bound and category that the schema declares is public knowledge, and was not chosen by looking at "
            f"the rows; all other facts were learnt from the budget.{_on_his_word(statement)}",
        ),
        *((Assumption("accepted-unseen", WHAT_IT_TELLS),) if statement.accepted else ()),
        Assumption(
            "unit",
            f"What is protected is {_protected(statement)}{_bound(statement, of_persons)}. Whoever has several is "
            "protected less: ε counts once for each.",
        ),
        Assumption(
            "other-releases",
            f"This guarantee is of this release alone. Every other release from the data set {statement.dataset} adds "
            "its own ε and δ; the ledger keeps the sum.",
        ),
        Assumption(
            "no-editing",
            "Apart from the audit's verdict, nothing was changed, chosen or drawn anew by looking at the real rows "
            "once the noise was drawn. That a release exists at all, and that the rows match the schema, is not "
            "covered.",
        ),
        Assumption(
            "noise",
            "The noise and the accounting are OpenDP's, at the versions below, on a machine whose random numbers "
            "nobody else sees.",
        ),
        Assumption(
            "who-holds-what",
            "Model and synthetic rows may be held by anybody. The source data, the audit's coins and results, and the "
            "internal report stay with the steward.",
        ),
    )


def _bound(statement: PrivacyStatement, of_persons: bool) -> str:
    if statement.unit_column is None:
        return ""
    counted = f" ({statement.rows_per_unit} of them at most, drawn at random, were counted"
    if of_persons:
        return f"{counted}, and how many there are in all)"
    return f"{counted}, and the others left out: the release stands for the counted rows)"


def _on_his_word(statement: PrivacyStatement) -> str:
    public = list(statement.public_by_steward)
    if not public:
        return ""
    named = ", ".join(public) if len(public) <= _MOST_NAMES else f"{len(public)} columns (see the table)"
    return f" On the steward's word, facts read off the rows are public for {named}."


LIMITS = (
    Assumption(
        "population",
        "Differential privacy does not hide what the population as a whole teaches: if the data show that smoking "
        "causes cancer, they show it of every smoker, in the data or not.",
    ),
    Assumption("groups", "Households and groups who share a secret are protected less than one member alone."),
    Assumption(
        "accuracy",
        "Synthetic rows are drawn from a noisy model. Statistics that the model did not measure may be wrong; check "
        "what matters before relying on it.",
    ),
    Assumption("audit", LEFT_OUT),
    Assumption(
        "law",
        "Whether a release meets a law, and which of singling out, linkability and inference its tests speak of, is "
        "for the controller to decide.",
    ),
)


def verdict_sentences(audit: AuditResult, verdict: Verdict) -> tuple[str, ...]:
    """What to say below the verdict's headline, with the audit's own numbers: internal."""
    return (*_findings(audit, verdict), *(f"{note[:1].upper()}{note[1:]}." for note in verdict.notes))


def _findings(audit: AuditResult, verdict: Verdict) -> tuple[str, ...]:
    if verdict.outcome is Outcome.PASS:
        return (_power(audit), "Weaker leaks are not excluded. " + LEFT_OUT)
    if verdict.outcome is Outcome.CONTRADICTED:
        return _contradictions(verdict)
    failed = tuple(in_words(check, audit) for check in verdict.checks if check.outcome is Outcome.FAIL)
    if verdict.outcome is Outcome.FAIL:
        action = "Do not publish these rows. Find out how they came about, then fit again or lower ε."
        return (*failed, action)
    open_checks = [check for check in verdict.checks if check.outcome is Outcome.INCONCLUSIVE]
    if not open_checks:
        return ()
    return (
        f"Not enough is known to decide on {len(open_checks)} of {len(verdict.checks)} checks: "
        + "; ".join(f"{check_name(check)} ({check.note or 'not decided'})" for check in open_checks)
        + ".",
    )


def _contradictions(verdict: Verdict) -> tuple[str, ...]:
    checks = [check for check in verdict.checks if check.outcome is Outcome.CONTRADICTED and check.metric]
    found = [f"{c.metric.title}: at least {number(c.metric.low)} ({c.note})." for c in checks if c.metric]
    return (
        *found,
        "An attacker does better than the guarantee allows: the software did not deliver the ε that it printed, or the "
        "model file is not what it says. Do not release anything that this build produced, and report it.",
    )


def _power(audit: AuditResult) -> str:
    limits = audit.detection_limits
    found = []
    whole = [limit for name, limit in limits.items() if name.startswith("membership.") and name.endswith(".auc")]
    if whole:
        found.append(f"an attack with an AUC of {max(whole):.3f} or more (0.5 is guessing)")
    if limits.get("copies.exact.excess", 1.0) < 1:
        found.append(f"copies of {percent(limits['copies.exact.excess'])} or more of the training {_compared(audit)}")
    if not found:
        return "The audit does not state what it could have detected."
    arms = [f"{audit.setup[key]:,} {name}" for key, name in _ARMS if isinstance(audit.setup.get(key), int)]
    return f"With 90 % power they would have detected {', or '.join(found)}" + (
        f" ({' and '.join(arms)})." if arms else "."
    )


def _compared(audit: AuditResult) -> str:
    """Whose copies are counted: rows, or units of which any row may be the copy."""
    return str(audit.setup.get("compared", "rows"))


_ARMS = (("members", "members"), ("non_members", "non-members"))


def check_name(check: Check) -> str:
    """The endpoint's id, or the limit's where there was no endpoint."""
    return check.metric.id if check.metric else check.limit.metric


def in_words(check: Check, audit: AuditResult) -> str:
    """A failed endpoint as natural frequencies, beside what the claim would have allowed."""
    metric = check.metric
    if metric is None:
        return f"{check.limit.metric}: {check.note}."
    ceiling = audit.ceilings.get(metric.id)
    what = metric.title or metric.id
    if "advantage_at_1pct" in metric.id:
        text = (
            f"the attack named {_of_1000(metric.value)} more of 1,000 rows in the data than of 1,000 rows not in it "
            "(of which it names about 10)"
        )
        allowed = None if ceiling is None else f"{_of_1000(ceiling)} more"
    elif ".auc" in metric.id:
        text = (
            f"of 1,000 pairs of a row in the data and one not in it, the attack told {_of_1000(metric.value)} apart "
            "(guessing: 500)"
        )
        allowed = None if ceiling is None else _of_1000(ceiling)
    elif metric.id.startswith("copies."):
        text = f"{per_thousand(metric.value)} training {_compared(audit)} come back beyond what happens by chance"
        allowed = None
    else:
        text, allowed = f"{number(metric.value)} was measured", None
    claim = f"; the claim allows at most {allowed}" if allowed else ""
    limit = check.limit
    bounds = f"passes up to {plain(limit.at_most)} and fails above {plain(limit.failure)}"
    return f"{what}: {text}{claim}. It {bounds}."


def _of_1000(share: float) -> str:
    return f"{1000 * min(1.0, max(0.0, share)):.0f}"


def summary(verdict: Verdict | None) -> str:
    """One line for a console or the head of a summary."""
    if verdict is None:
        return NOT_AUDITED
    counts = [(outcome, sum(check.outcome is outcome for check in verdict.checks)) for outcome in Outcome]
    return f"{HEADLINES[verdict.outcome]} ({', '.join(f'{n} {outcome}' for outcome, n in counts if n)})"


def worst_first(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Failures, then what is not decided, then passes; each in the policy's order."""
    order = (Outcome.CONTRADICTED, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    return tuple(sorted(checks, key=lambda check: order.index(check.outcome)))
