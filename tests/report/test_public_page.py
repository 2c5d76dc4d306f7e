"""What a public page may not tell: anything that compares with real rows."""

from dataclasses import replace

import numpy as np

from synthcli.audit.result import AuditResult, Curve, Histogram
from synthcli.gate import Check, Limit, Outcome, Verdict
from synthcli.metric import Metric
from synthcli.quality.result import ColumnComparison, Quality
from synthcli.report.content import AuditDesign, Findings, Report
from synthcli.report.html import render_html
from tests.report.pages import audit, column_names, model, quality, report, statement, without_plots


class Sentinels:
    """Numbers and words that occur nowhere else, so that any trace of one on a page is a leak."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(99)
        self.numbers: list[float] = []
        self.words: list[str] = []

    def number(self) -> float:
        self.numbers.append(float(self.rng.uniform(0.011, 0.989)))
        return self.numbers[-1]

    def word(self) -> str:
        self.words.append(f"zq{self.rng.integers(10**9, 10**10)}")
        return self.words[-1]

    def metric(self) -> Metric:
        low, value, high = sorted(self.number() for _ in range(3))
        count = int(self.rng.integers(10**8, 10**9))
        self.words += [str(count), f"{count:,}"]
        return Metric(id=self.word(), value=value, low=low, high=high, n=count, title=self.word(), note=self.word())


def all_secret() -> tuple[Report, Sentinels]:
    """A report in which everything that compares with real rows is a sentinel."""
    s = Sentinels()
    names = column_names(5)
    rng = np.random.default_rng(3)
    metrics = tuple(s.metric() for _ in range(6))
    secret = AuditResult(
        setup={s.word(): s.number(), s.word(): s.word()},
        endpoints=metrics[:3],
        diagnostics=metrics[3:],
        curves=(Curve(id=s.word(), title=s.word(), x=(0.0, s.number()), y=(0.0, s.number())),),
        histograms=(Histogram(id=s.word(), title=s.word(), edges=(0.0, s.number()), series={s.word(): (s.number(),)}),),
        detection_limits={metrics[0].id: s.number()},
        ceilings={metrics[0].id: s.number()},
        notes=(s.word(),),
    )
    compared = Quality(
        columns=tuple(
            ColumnComparison(
                name=s.word(),
                kind="string",
                labels=(s.word(), s.word()),
                real=(s.number(), s.number()),
                synthetic=(s.number(), s.number()),
                tvd=s.number(),
            )
            for _ in names
        ),
        attributes=names,
        pair_tvd=tuple(tuple(s.number() for _ in names) for _ in names),
        metrics=(s.metric(),),
    )
    check = Check(limit=Limit(s.word(), s.number()), metric=metrics[0], outcome=Outcome.FAIL, note=s.word())
    whole = Report(
        title="t",
        statement=statement(names),
        model=model(rng, names),
        design=AuditDesign(outcome=Outcome.FAIL, policy=report(12).design.policy),
        findings=Findings(audit=secret, quality=compared, verdict=Verdict(outcome=Outcome.FAIL, checks=(check,))),
    )
    return whole, s


def shown(value: float, page: str) -> bool:
    """Whether a page tells a number: as a share or in per cent, in its words or in a plot's coordinates.

    Plots hold so many digits that four of them occur by chance: there it takes six (chance under 1e-3 for this page,
    which is the same each time).
    """
    words = any(spelt in without_plots(page) for spelt in (f"{value:.4f}", f"{value:.3f}", f"{100 * value:.1f} %"))
    return words or f"{value:.6f}"[1:] in page or f"{100 * value:.4f}" in page


def test_a_public_page_holds_no_figure_and_no_word_of_the_audit() -> None:
    secret, sentinels = all_secret()
    public, internal = render_html(secret, public=True), render_html(secret, public=False)
    assert not [word for word in sentinels.words if word in public]
    assert not [n for n in sentinels.numbers if shown(n, public)]
    seen = [word for word in sentinels.words if word in internal]
    assert len(seen) > len(sentinels.words) / 2, "the sentinels would be seen where they are shown"
    assert sum(shown(n, internal) for n in sentinels.numbers) > 10


def test_a_public_page_depends_on_nothing_but_the_one_word() -> None:
    """Two audits that agree in the verdict alone give the same bytes."""
    secret, _ = all_secret()
    rng = np.random.default_rng(4)
    findings = secret.findings
    assert findings
    other = Findings(audit=audit(rng, leak=True), quality=quality(rng, secret.model), verdict=findings.verdict)
    assert render_html(secret, public=True) == render_html(replace(secret, findings=other), public=True)
    assert render_html(secret, public=True) == render_html(replace(secret, findings=None), public=True)
