from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.conclusion import noted, with_claims, withheld
from synthcli.gate import Check, Limit, Outcome, Verdict
from synthcli.metric import Metric
from synthcli.report.github import render_github
from synthcli.report.junit import render_junit
from synthcli.report.markdown import escape, render_markdown
from synthcli.report.text import number
from tests.report.golden import check_golden
from tests.report.pages import report


def mixed() -> tuple:
    """A leak, an open question, something that was not measured, and passes."""
    findings = report(2, leak=True).findings
    checks = findings.verdict.checks
    unsure = Check(
        limit=checks[3].limit, metric=checks[3].metric, outcome=Outcome.INCONCLUSIVE, note="not decided; 50 %"
    )
    absent = Check(
        limit=Limit("membership.new.*", 0.1), metric=None, outcome=Outcome.INCONCLUSIVE, note="nothing was measured"
    )
    verdict = Verdict(outcome=Outcome.FAIL, checks=(*checks[:3], unsure, *checks[4:], absent))
    return findings.audit, verdict


def test_formats_are_as_before() -> None:
    result, verdict = mixed()
    check_golden("junit.xml", render_junit(result, verdict))
    check_golden("summary.md", render_markdown(result, verdict))
    check_golden("github.txt", render_github(result, verdict))
    passed = report(2).findings
    check_golden("junit_pass.xml", render_junit(passed.audit, passed.verdict))
    check_golden("github_pass.txt", render_github(passed.audit, passed.verdict))
    beaten, contradicted = claimed(3.1)
    check_golden("github_contradicted.txt", render_github(beaten, contradicted))
    check_golden("summary_contradicted.md", render_markdown(beaten, contradicted))


def claimed(bound: float) -> tuple:
    """A verdict with the endpoint of the claim, which allows epsilon 1, on the second attempt."""
    findings = report(2).findings
    metric = Metric(
        id="claim.one_run.epsilon",
        value=bound + 0.4,
        low=bound,
        high=bound + 0.4,
        low_strict=bound - 0.3,
        n=4778,
        title="Epsilon that guesses about the coins give away (one-run audit)",
        note="940 of 956 guesses about 4,778 coins are right",
    )
    result = replace(findings.audit, ceilings={**findings.audit.ceilings, metric.id: 1.0}, claims=(metric,))
    verdict = with_claims(findings.verdict, result.claims, result.ceilings)
    return result, noted(verdict, "attempt 2 on this model: its error levels are 4 times smaller than the first's")


def test_beside_every_pass_stands_what_would_have_been_seen() -> None:
    """In all formats: the detection limit, and what the claim itself allows."""
    result, verdict = claimed(0.2)
    assert verdict.outcome is Outcome.PASS
    junit, github = render_junit(result, verdict), render_github(result, verdict)
    for check in verdict.checks:
        if check.metric.id in result.detection_limits:
            assert junit.count(f"detectable from {number(result.detection_limits[check.metric.id])}") >= 1
        line = next(line for line in github.splitlines() if f"title={check.metric.id}%3A pass" in line)
        assert ("the claim allows" in line) == (check.metric.id in result.ceilings)
    markdown = render_markdown(result, verdict)
    for text in (github, markdown, junit):
        assert "power they would have detected" in text or text is junit
    assert "Attempt 2 on this model" in markdown


def test_a_contradicted_claim_is_told_as_such() -> None:
    result, verdict = claimed(3.1)
    assert verdict.outcome is Outcome.CONTRADICTED
    root = ElementTree.fromstring(render_junit(result, verdict))
    assert [e.get("type") for e in root.iter("failure")] == ["contradicted"]
    assert "The claimed epsilon is contradicted" in render_markdown(result, verdict).splitlines()[0]
    assert render_github(result, verdict).splitlines()[0].startswith("::error title=claim.one_run.epsilon%3A contrad")


def test_a_verdict_that_is_withheld_is_not_green() -> None:
    result, verdict = claimed(0.2)
    root = ElementTree.fromstring(render_junit(result, withheld(verdict, "the policy came too late")))
    assert [e.get("message") for e in root.iter("error")] == [
        "the verdict is inconclusive; attempt 2 on this model: its error levels are 4 times smaller than the first's; "
        "the policy came too late"
    ]


def counts(element: ElementTree.Element) -> tuple[int, int, int]:
    tests, failures, errors = (int(element.get(kind, "x")) for kind in ("tests", "failures", "errors"))
    return tests, failures, errors


def test_kinds_of_trouble_are_told_apart_and_counted() -> None:
    result, verdict = mixed()
    root = ElementTree.fromstring(render_junit(result, verdict))
    assert [suite.get("name") for suite in root] == ["copies", "membership"]
    assert counts(root) == (13, 2, 1)
    for suite in root:
        tests = len(suite.findall("testcase"))
        assert counts(suite) == (tests, len(suite.findall(".//failure")), len(suite.findall(".//error")))
    types = sorted(e.get("type") for e in root.iter() if e.tag in ("failure", "error"))
    assert types == ["inconclusive", "leak", "not-measured"]
    leak = root.find(".//failure[@type='leak']")
    assert leak is not None and "0.0493 (bounds 0.0410 to 0.0580), tolerance 0.01" in leak.get("message", "")


METRIC = Metric(id="m.x", value=0.1, low=0.0, high=0.2, n=3)


@given(st.lists(st.tuples(st.sampled_from(Outcome), st.booleans()), max_size=5), st.sampled_from(Outcome))
def test_only_a_pass_is_green(found: list[tuple[Outcome, bool]], outcome: Outcome) -> None:
    """Whatever the checks say: a verdict that is not a pass, or has no check, never looks like one."""
    checks = tuple(
        Check(limit=Limit("m.x", 0.1), metric=METRIC if there else None, outcome=each) for each, there in found
    )
    result = report(2).findings.audit if not _KEPT else _KEPT[0]
    _KEPT[:] = [result]
    root = ElementTree.fromstring(render_junit(result, Verdict(outcome=outcome, checks=checks)))
    _, failures, errors = counts(root)
    green = not failures + errors
    assert green == (
        outcome is Outcome.PASS and bool(checks) and all(check.outcome is Outcome.PASS for check in checks)
    )
    assert not list(root.iter("skipped"))


_KEPT: list = []


@pytest.mark.parametrize("text", ["<script>&\"'", "a\x00\ud800b", "]]>", "x|y`*_[z](w)\n# h"])
def test_foreign_text_breaks_no_format(text: str) -> None:
    metric = Metric(id=f"m.{text}", value=0.1, low=0.0, high=0.2, n=3, title=text, note=text)
    check = Check(limit=Limit(text, 0.05), metric=metric, outcome=Outcome.FAIL, note=text)
    verdict = Verdict(outcome=Outcome.FAIL, checks=(check,))
    result = report(2).findings.audit
    ElementTree.fromstring(render_junit(result, verdict).encode())
    rows = [line for line in render_markdown(result, verdict).splitlines() if line.startswith("|")]
    assert len(rows) == 3 and all(row.replace("\\|", "").count("|") == 10 for row in rows)
    lines = render_github(result, verdict).splitlines()
    assert len(lines) == 2 and all(line.startswith("::error title=") for line in lines)


def test_markdown_shows_text_as_it_is() -> None:
    assert escape("a|b <c> *d*\n_e_") == r"a\|b \<c\> \*d\* \_e\_"


def test_annotations_are_escaped_as_github_reads_them() -> None:
    check = Check(limit=Limit("a,b:c", 0.1), metric=None, outcome=Outcome.INCONCLUSIVE, note="50 %\nmore")
    text = render_github(report(2).findings.audit, Verdict(outcome=Outcome.INCONCLUSIVE, checks=(check,)))
    assert text.splitlines()[0] == "::error title=a%2Cb%3Ac%3A inconclusive::50 %25%0Amore"


def test_the_worst_comes_first() -> None:
    result, verdict = mixed()
    table = [line for line in render_markdown(result, verdict).splitlines() if line.startswith("| ")][2:]
    outcomes = [line.split(" | ")[7] for line in table]
    assert outcomes == sorted(outcomes, key=["fail", "inconclusive", "pass"].index)
    assert "leak" in render_markdown(result, verdict).splitlines()[0]
