from dataclasses import replace
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synthcli.audit.ceilings import gaussian_mu
from synthcli.gate import Check, Limit, Outcome, Verdict
from synthcli.metric import Metric
from synthcli.report.text import legible, number, percent, plain, shorten
from synthcli.report.wording import (
    assumptions,
    epsilon_in_words,
    in_words,
    promise,
    true_positive_ceiling,
    verdict_sentences,
)
from tests.report.pages import audit, column_names, report, statement

STATEMENT = statement(column_names(9))


def test_epsilon_is_told_as_natural_frequencies() -> None:
    first, second, _ = epsilon_in_words(STATEMENT)
    assert "at most 2.7 of the 100" in first and "at 5 wrong at most 13.6" in first and "at most 27.2" in first
    assert "e^ε = 2.7" in second and "73.1 of 100" in second and "δ = 1e-9" in second


def test_a_huge_epsilon_promises_nothing_and_breaks_nothing() -> None:
    first, second, _ = epsilon_in_words(replace(STATEMENT, epsilon=900.0))
    assert "at most 100 of the 100" in first and "sure to 100 of 100" in second


@given(st.floats(0.01, 30), st.floats(1e-12, 0.1), st.floats(0, 1))
def test_the_ceiling_is_a_roc_curve_above_the_gaussian_one(epsilon: float, delta: float, rate: float) -> None:
    ceiling = true_positive_ceiling(epsilon, delta, rate)
    assert rate - 1e-9 <= ceiling <= 1
    assert ceiling <= exp(epsilon) * rate + delta + 1e-12
    mu = gaussian_mu(epsilon, delta)
    assert stats.norm.cdf(stats.norm.ppf(rate) + mu) <= ceiling + 1e-6


def test_the_head_names_guarantee_unit_and_condition() -> None:
    text = promise(STATEMENT)
    for part in ("ε = 1", "δ = 1e-9", "one row", "add or remove one row", "provided", "cannot prove its absence"):
        assert part in text


def test_what_the_steward_vouched_for_is_named_until_there_is_too_much() -> None:
    assert "education, sex, clinic" in assumptions(STATEMENT)[0].text
    wide = assumptions(statement(column_names(60)))[0].text
    assert "20 columns (see the table)" in wide
    keys = [assumption.key for assumption in assumptions(STATEMENT)]
    assert len(set(keys)) == len(keys)


def test_a_pass_says_what_it_could_have_seen() -> None:
    findings = report(3).findings
    text = " ".join(verdict_sentences(findings.audit, findings.verdict))
    assert "With 90 % power" in text and "AUC of 0.524" in text and "0.3 %" in text
    assert "2,401 members and 2,377 non-members" in text
    assert "Weaker leaks are not excluded" in text and "Not tested" in text


def test_a_pass_claims_nothing_of_copies_that_would_not_be_found() -> None:
    findings = report(3).findings
    hidden = replace(findings.audit, detection_limits={**findings.audit.detection_limits, "copies.exact.excess": 1.0})
    text = " ".join(verdict_sentences(hidden, findings.verdict))
    assert "AUC of 0.524" in text and "copies of" not in text


def failed(name: str, value: float) -> str:
    metric = Metric(id=name, value=value, low=value, high=value, n=9, title="T")
    check = Check(limit=Limit(name, 0.01, 0.0), metric=metric, outcome=Outcome.FAIL)
    result = audit(np.random.default_rng(1))
    verdict = Verdict(outcome=Outcome.FAIL, checks=(check,))
    sentences = verdict_sentences(result, verdict)
    assert sentences[0] == in_words(check, result) and "Do not publish" in sentences[-1]
    return sentences[0]


def test_a_leak_is_told_as_natural_frequencies() -> None:
    text = failed("copies.exact.excess", 0.0493)
    assert "49.3 of 1,000 training rows" in text and "passes up to 0.01 and fails above 0" in text
    text = failed("membership.ratio.advantage_at_1pct", 0.054)
    assert "54 more of 1,000 rows" in text and "the claim allows at most 6 more" in text
    text = failed("membership.ratio.auc", 0.71)
    assert "told 710 apart" in text and "the claim allows at most 551" in text


def test_what_is_open_is_said_with_its_reason() -> None:
    check = Check(limit=Limit("x.*", 0.1), metric=None, outcome=Outcome.INCONCLUSIVE, note="not measured at all")
    verdict = Verdict(outcome=Outcome.INCONCLUSIVE, checks=(check,))
    (text,) = verdict_sentences(audit(np.random.default_rng(1)), verdict)
    assert "1 of 1 checks" in text and "x.* (not measured at all)" in text


@given(st.text())
def test_legible_text_can_be_written_and_read_as_xml(text: str) -> None:
    from xml.etree import ElementTree

    element = ElementTree.Element("t")
    element.text = legible(text)
    ElementTree.fromstring(ElementTree.tostring(element, "utf-8"))
    assert len(legible(text)) == len(text)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (shorten("a\nb\tc", 10), "a b c"),
        (shorten("abcdefgh", 5), "abcd…"),
        (number(1234567.0), "1,234,567"),
        (number(0.5), "0.5000"),
        (number(1.23e-7), "1.2e-07"),
        (number(-12345.6), "-12,346"),
        (percent(0.5), "50 %"),
        (percent(1e-6), "under 0.05 %"),
        (percent(0.99999), "over 99.95 %"),
        (percent(0), "0 %"),
        (plain(1e-9), "1e-9"),
        (plain(1e21), "1e21"),
        (plain(0.1), "0.1"),
    ],
)
def test_figures_are_spelt(call: str, expected: str) -> None:
    assert call == expected
