"""The verdict as GitHub workflow commands: annotations on the run's page."""

from synthcli.audit.result import AuditResult
from synthcli.gate import Check, Outcome, Verdict
from synthcli.report.junit import measured
from synthcli.report.text import legible
from synthcli.report.wording import check_name, summary, verdict_sentences, worst_first


def render_github(result: AuditResult, verdict: Verdict) -> str:
    """One error per check that is not a pass, the worst first (GitHub shows about ten), then one line for all.

    Beside a pass stands what the audit could have seen, and what the claim itself allows.
    """
    lines = [
        _command("error", _title(check), measured(check, result))
        for check in worst_first(verdict.checks)
        if _open(check)
    ]
    if verdict.outcome is Outcome.PASS:
        lines += [_command("notice", _title(check), measured(check, result)) for check in verdict.checks]
        lines += [
            _command("notice", "synthcli audit", " ".join([summary(verdict), *verdict_sentences(result, verdict)]))
        ]
    else:
        lines += [_command("error", "synthcli audit", ". ".join([summary(verdict), *verdict.notes]))]
    return "\n".join(lines) + "\n"


def _open(check: Check) -> bool:
    return check.outcome is not Outcome.PASS


def _title(check: Check) -> str:
    return f"{check_name(check)}: {check.outcome}"


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """As GitHub's toolkit escapes a message."""
    return legible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
