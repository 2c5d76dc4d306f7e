from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.gate import Check, Limit, Outcome, Verdict
from synthcli.metric import Metric
from synthcli.report.github import render_github
from synthcli.report.junit import render_junit
from synthcli.report.markdown import escape, render_markdown
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
    check_golden("github.txt", render_github(verdict))
    passed = report(2).findings
    check_golden("junit_pass.xml", render_junit(passed.audit, passed.verdict))


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
    lines = render_github(verdict).splitlines()
    assert len(lines) == 2 and all(line.startswith("::error title=") for line in lines)


def test_markdown_shows_text_as_it_is() -> None:
    assert escape("a|b <c> *d*\n_e_") == r"a\|b \<c\> \*d\* \_e\_"


def test_annotations_are_escaped_as_github_reads_them() -> None:
    check = Check(limit=Limit("a,b:c", 0.1), metric=None, outcome=Outcome.INCONCLUSIVE, note="50 %\nmore")
    text = render_github(Verdict(outcome=Outcome.INCONCLUSIVE, checks=(check,)))
    assert text.splitlines()[0] == "::error title=a%2Cb%3Ac%3A inconclusive::50 %25%0Amore"


def test_the_worst_comes_first() -> None:
    result, verdict = mixed()
    table = [line for line in render_markdown(result, verdict).splitlines() if line.startswith("| ")][2:]
    outcomes = [line.split(" | ")[7] for line in table]
    assert outcomes == sorted(outcomes, key=["fail", "inconclusive", "pass"].index)
    assert "leak" in render_markdown(result, verdict).splitlines()[0]
