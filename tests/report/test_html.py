import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from synthcli.gate import Check, Limit, Outcome, Verdict
from synthcli.report.html import render_html
from tests.report.golden import check_golden
from tests.report.pages import model, quality, report, statement, without_plots

VOID = {"meta", "br", "hr", "link", "img", "input"}


class Page(HTMLParser):
    """A strict reader: every element is closed in order; keeps attributes and identifiers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text.append(data)


INTERNAL = report(12)
REPORTS = {
    "internal": (INTERNAL, False),
    "public": (INTERNAL, True),
    "leak": (report(3, leak=True), False),
    "unaudited": (replace(INTERNAL, design=None, findings=None), False),
}


@cache
def rendered(name: str) -> str:
    content, public = REPORTS[name]
    return render_html(content, public)


@pytest.fixture(params=REPORTS)
def page(request) -> str:
    return rendered(request.param)


@pytest.mark.parametrize("name", REPORTS)
def test_words_are_as_before(name: str) -> None:
    check_golden(f"{name}.html", without_plots(rendered(name)))


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render_html(report(12), public=False) == rendered("internal")


def test_a_page_is_well_formed_and_its_identifiers_are_unique(page: str) -> None:
    read = Page(page)
    found = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(found) == len(set(found))
    for _, attributes in read.tags:
        for key in ("href", "xlink:href", "aria-labelledby"):
            target = attributes.get(key)
            if target and not target.startswith("data:"):
                assert target.removeprefix("#") in found
    for target in re.findall(r"url\(#([^)]*)\)", page):
        assert target in found


def test_nothing_is_loaded_and_nothing_runs(page: str) -> None:
    read = Page(page)
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "form", "img", "video", "base"}
    for tag, attributes in read.tags:
        assert not any(key.startswith("on") for key in attributes)
        for key in ("src", "srcset", "href", "xlink:href", "action", "poster"):
            value = attributes.get(key) or "#"
            assert value.startswith("#") or (tag == "image" and value.startswith("data:image/png;base64,"))
    assert "@import" not in page
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", page))
    assert set(re.findall(r"https?://[^\"'\s<]*", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_a_page_can_be_read_without_seeing_it(page: str) -> None:
    read = Page(page)
    assert ("html", {"lang": "en"}) in read.tags
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for tag, attributes in read.tags:
        if tag == "svg":
            assert attributes["role"] == "img" and attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("col", "row")


def test_no_page_hands_out_a_certificate(page: str) -> None:
    words = " ".join(Page(page).text).lower()
    for word in ("anonymous", "anonymised", "gdpr", "/100", "compliant", " safe ", "privacy score", "✓", "✅", "🛡"):
        assert word not in words
    assert "cannot prove its absence" in words


def test_an_internal_page_says_so() -> None:
    assert "Classify it as the source data" in rendered("internal")
    assert "Classify it as the source data" not in rendered("public")
    assert "epsilon does not cover it" in rendered("public")


def test_an_inconclusive_audit_is_called_no_pass() -> None:
    findings = INTERNAL.findings
    assert findings
    limit = Limit("copies.exact.excess", 0.01)
    check = Check(limit=limit, metric=None, outcome=Outcome.INCONCLUSIVE, note="no such endpoint")
    verdict = Verdict(outcome=Outcome.INCONCLUSIVE, checks=(check,))
    design = replace(INTERNAL.design, outcome=Outcome.INCONCLUSIVE)
    undecided = replace(INTERNAL, design=design, findings=replace(findings, verdict=verdict))
    for public in (True, False):
        assert "this is not a pass" in render_html(undecided, public)
    assert "no such endpoint" in render_html(undecided, public=False)
    assert "no such endpoint" not in render_html(undecided, public=True)


def test_findings_cannot_contradict_the_public_verdict() -> None:
    with pytest.raises(ValueError, match="belong together"):
        replace(INTERNAL, design=replace(INTERNAL.design, outcome=Outcome.FAIL))
    with pytest.raises(ValueError, match="belong together"):
        replace(INTERNAL, design=None)


HOSTILE = (
    '<script>alert("x")</script>',
    "</style><b>",
    "{{ 7*7 }}",
    "$\\frac{1}",
    "a\x00\x1b[31m\ud800\u202e",
    "\u75c5\u9662 名",
    "&amp;'\"",
)


def test_foreign_text_stays_text() -> None:
    names = HOSTILE
    rng = np.random.default_rng(5)
    summary = model(rng, names)
    labels = tuple(f"{label}{i}" for i, label in enumerate((*HOSTILE, *HOSTILE)))
    odd = tuple(
        replace(column, labels=labels[: len(column.labels)], shares=column.shares[: len(labels)], ordered=False)
        for column in summary.columns
        if column.labels
    )
    summary = replace(summary, columns=tuple(replace(c, shares=c.shares[: len(c.labels)]) for c in odd))
    hostile = replace(
        INTERNAL,
        title=HOSTILE[0],
        statement=replace(
            statement(names),
            dataset=HOSTILE[4],
            mechanism=HOSTILE[1],
            target=HOSTILE[2],
            versions={HOSTILE[0]: HOSTILE[1]},
        ),
        model=summary,
        findings=replace(INTERNAL.findings, quality=quality(rng, summary)),
    )
    for public in (True, False):
        page = render_html(hostile, public)
        page.encode("utf-8")
        read = Page(page)
        assert "script" not in {tag for tag, _ in read.tags} and "{{ 7*7 }}" in page
        assert not set(page) & {"\x00", "\x1b", "\u202e"}
        assert '<script>alert("x")</script>' in read.text


def test_sixty_columns_and_one() -> None:
    wide = Page(render_html(report(60), public=False))
    assert sum(tag == "svg" for tag, _ in wide.tags) == 60 + 5
    single = render_html(report(1), public=False)
    assert "there are no pairs" in single
    Page(single)
