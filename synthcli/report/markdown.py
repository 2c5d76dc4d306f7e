"""The verdict as Markdown, for a job's summary page."""

import re
from collections.abc import Iterable

from synthcli.audit.result import AuditResult
from synthcli.gate import Check, Verdict
from synthcli.report.text import legible, number, plain
from synthcli.report.wording import HEADLINES, check_name, verdict_sentences, worst_first

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!@])")
_HEAD = ("endpoint", "value", "low", "high", "tolerance", "detection limit", "ceiling", "outcome", "note")


def render_markdown(result: AuditResult, verdict: Verdict) -> str:
    """A heading, the verdict in words, and one table row per check, the worst first. Internal, like the audit."""
    lines = [f"## synthcli audit: {HEADLINES[verdict.outcome]}", ""]
    lines += [f"{escape(sentence)}\n" for sentence in verdict_sentences(result, verdict)]
    lines += [_row(_HEAD), _row("---" if i in (0, 7, 8) else "---:" for i in range(len(_HEAD)))]
    lines += [_row(map(escape, _cells(check, result))) for check in worst_first(verdict.checks)]
    return "\n".join([*lines, "", "These figures compare with the real rows; epsilon does not cover them.", ""])


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line, in a table cell too."""
    return _SPECIAL.sub(r"\\\1", " ".join(legible(text).split()))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cells(check: Check, result: AuditResult) -> tuple[str, ...]:
    metric, name = check.metric, check_name(check)
    figures = tuple(number(figure) for figure in (metric.value, metric.low, metric.high)) if metric else ("–",) * 3
    extra = tuple(number(known[name]) if name in known else "–" for known in (result.detection_limits, result.ceilings))
    return (name, *figures, plain(check.limit.at_most), *extra, check.outcome.value, check.note)
