"""The verdict as JUnit XML, which every CI server reads: a suite per group, a case per check."""

from collections.abc import Mapping
from xml.etree import ElementTree

from synthcli.audit.result import AuditResult
from synthcli.gate import Check, Outcome, Verdict
from synthcli.report.text import legible, number, plain
from synthcli.report.wording import check_name


def render_junit(result: AuditResult, verdict: Verdict) -> str:
    """One XML document. What is not a pass is a failure or an error, so that no server shows it green.

    A failed check is `<failure type="leak">`, one that more rows would decide `<failure type="inconclusive">`, a claim
    that does not hold `<failure type="contradicted">`, one that could not be computed `<error type="not-measured">`. A
    verdict without any check is an error, too, and so is one that its notes keep from being a pass.
    """
    suites = ElementTree.Element("testsuites", name="synthcli audit")
    for group, checks in _groups(verdict).items():
        suites.append(suite(group, [_case(group, check, result) for check in checks], result.setup))
    if not verdict.checks or (_green(suites) and verdict.outcome is not Outcome.PASS):
        case = ElementTree.Element("testcase", classname="synthcli.policy", name="verdict")
        why = "; ".join([f"the verdict is {verdict.outcome}", *verdict.notes])
        ElementTree.SubElement(case, "error", type="not-measured", message=legible(why))
        suites.append(suite("policy", [case], result.setup))
    return to_xml(suites)


def to_xml(suites: ElementTree.Element) -> str:
    """The document, with its suites' counts added up."""
    for kind in ("tests", "failures", "errors"):
        suites.set(kind, str(sum(int(suite.get(kind, "0")) for suite in suites)))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _groups(verdict: Verdict) -> dict[str, list[Check]]:
    """By the first part of the endpoints' ids."""
    groups: dict[str, list[Check]] = {}
    for check in verdict.checks:
        groups.setdefault(check_name(check).split(".")[0], []).append(check)
    return groups


def _green(suites: ElementTree.Element) -> bool:
    return not any(int(suite.get(kind, "0")) for suite in suites for kind in ("failures", "errors"))


def suite(group: str, cases: list[ElementTree.Element], setup: Mapping[str, str | int | float]) -> ElementTree.Element:
    """A `<testsuite>` of these `<testcase>`s, with its set-up as properties."""
    counts = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in _TAGS.items()}
    made = ElementTree.Element("testsuite", name=legible(group), tests=str(len(cases)), skipped="0")
    for kind, count in counts.items():
        made.set(kind, str(count))
    properties = ElementTree.SubElement(made, "properties")
    for name, value in setup.items():
        ElementTree.SubElement(properties, "property", name=legible(name), value=legible(str(value)))
    made.extend(cases)
    return made


_TAGS = {"failures": "failure", "errors": "error"}


_KINDS = {Outcome.FAIL: "leak", Outcome.CONTRADICTED: "contradicted", Outcome.INCONCLUSIVE: "inconclusive"}


def _case(group: str, check: Check, result: AuditResult) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=legible(f"synthcli.{group}"), name=legible(check_name(check)))
    text = legible(measured(check, result))
    if check.metric is None and check.outcome is not Outcome.PASS:
        ElementTree.SubElement(case, "error", type="not-measured", message=text)
    elif check.outcome is Outcome.PASS:
        ElementTree.SubElement(case, "system-out").text = text
    else:
        ElementTree.SubElement(case, "failure", type=_KINDS[check.outcome], message=text).text = legible(check.note)
    return case


def measured(check: Check, result: AuditResult) -> str:
    """Value, bounds and tolerance in one line, with what could have been seen; the note where nothing was measured."""
    metric, limit = check.metric, check.limit
    if metric is None:
        return check.note or "not measured"
    bounds = f"{number(metric.value)} (bounds {number(metric.low)} to {number(metric.high)})"
    seen = f", detectable from {number(limits[metric.id])}" if metric.id in (limits := result.detection_limits) else ""
    claim = f", the claim allows {number(known[metric.id])}" if metric.id in (known := result.ceilings) else ""
    note = f"; {check.note}" if check.note else ""
    return f"{metric.title or metric.id}: {bounds}, tolerance {plain(limit.at_most)}{seen}{claim}{note}"
