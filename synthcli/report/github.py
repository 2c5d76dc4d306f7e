"""The verdict as GitHub workflow commands: annotations on the run's page."""

from synthcli.gate import Check, Outcome, Verdict
from synthcli.report.junit import measured
from synthcli.report.text import legible
from synthcli.report.wording import check_name, summary, worst_first


def render_github(verdict: Verdict) -> str:
    """One error per check that is not a pass, the worst first (GitHub shows about ten), then one line for all."""
    lines = [_command("error", _title(check), measured(check)) for check in worst_first(verdict.checks) if _open(check)]
    level = "notice" if verdict.outcome is Outcome.PASS else "error"
    return "\n".join([*lines, _command(level, "synthcli audit", summary(verdict))]) + "\n"


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
