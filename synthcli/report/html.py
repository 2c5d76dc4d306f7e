"""A report as one self-contained HTML page: nothing is loaded from anywhere, nothing in it runs."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from itertools import combinations
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from synthcli.audit import notes
from synthcli.audit.ceilings import gaussian_mu
from synthcli.quality.result import Quality
from synthcli.report import wording
from synthcli.report.content import Findings, Report
from synthcli.report.plots import Matrix, Series, column_plot, heat_map, histogram_plot, roc_plot
from synthcli.report.text import legible, number, percent, plain, shorten
from synthcli.report.unseen import UNSEEN

_WORST = 12
_SAID = {notes.PROOF, notes.LEFT_OUT, notes.DISTANCES, notes.PRIVATE}
"""Notes of the audit that the page says elsewhere."""


def render_html(report: Report, public: bool) -> str:
    """The page. With `public`, everything that compares with real rows is left out before anything is rendered.

    Foreign text is escaped; the same report gives the same bytes.
    """
    shown = report.without_findings() if public else report
    page = (
        _environment()
        .get_template("page.html.j2")
        .render(report=shown, wording=wording, unseen=UNSEEN, plots=_plots(shown), **_figures(shown))
    )
    return "\n".join(line for line in page.splitlines() if line.strip()) + "\n"


def _source(name: str) -> str:
    return files("synthcli.report").joinpath(name).read_text("utf-8")


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_source),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) or not isinstance(value, str) else legible(value),
    )
    environment.filters.update(number=number, plain=plain, percent=percent, shorten=shorten)
    environment.globals["css"] = Markup(_source("page.css"))
    return environment


def _plots(report: Report) -> dict[str, Any]:
    """SVG elements, by the place where they go."""
    findings = report.findings
    series = _compared(report, findings.quality) if findings else _modelled(report)
    plots: dict[str, Any] = {
        "columns": [(one.name, Markup(column_plot(f"column{i}", one))) for i, one in enumerate(series)],
        "dependence": _dependence(report),
    }
    if findings:
        plots |= _comparisons(report, findings)
    return plots


def _modelled(report: Report) -> list[Series]:
    return [
        Series(name=column.name, labels=column.labels, shares=column.shares, ordered=column.ordered)
        for column in report.model.columns
        if column.labels
    ]


def _compared(report: Report, quality: Quality) -> list[Series]:
    ordered = {column.name: column.ordered for column in report.model.columns}
    return [
        Series(
            name=column.name,
            labels=column.labels,
            shares=column.synthetic,
            real=column.real,
            ordered=ordered.get(column.name, False),
        )
        for column in quality.columns
        if column.labels
    ]


def _dependence(report: Report) -> Markup | None:
    model = report.model
    if len(model.attributes) < 2:
        return None
    strongest = _largest(model.attributes, model.dependence)[:3]
    matrix = Matrix(
        title="Cramér's V in the model",
        attributes=model.attributes,
        values=model.dependence,
        top=1.0,
        marked=model.measured,
    )
    words = f"Cramér's V of {len(model.attributes)} columns in the model; strongest: {_pairs_in_words(strongest)}"
    return Markup(heat_map("dependence", matrix, words))


def _comparisons(report: Report, findings: Findings) -> dict[str, Any]:
    audit, quality, statement = findings.audit, findings.quality, report.statement
    largest = _largest(quality.attributes, quality.pair_tvd)
    errors = Matrix(
        title="total variation distance",
        attributes=quality.attributes,
        values=quality.pair_tvd,
        top=max(0.1, *(value for row in quality.pair_tvd for value in row)),
        colours="Purples",
    )
    words = f"Distances of {len(quality.attributes)} columns; largest: {_pairs_in_words(largest[:3])}"
    plots: dict[str, Any] = {
        "errors": Markup(heat_map("errors", errors, words)) if largest else None,
        "distances": [Markup(histogram_plot(f"distance{i}", h)) for i, h in enumerate(audit.histograms)],
        "roc": None,
    }
    if audit.curves:
        mu = gaussian_mu(statement.epsilon, statement.delta)
        words = f"ROC curves of {len(audit.curves)} attacks, with the ceiling of the claim"
        plots["roc"] = Markup(roc_plot("roc", audit.curves, mu, words))
    return plots


def _largest(attributes: tuple[str, ...], table: tuple[tuple[float, ...], ...]) -> list[tuple[str, str, float]]:
    """All pairs, the largest figure first."""
    pairs = [(attributes[i], attributes[j], table[i][j]) for i, j in combinations(range(len(attributes)), 2)]
    return sorted(pairs, key=lambda pair: -pair[2])


def _pairs_in_words(pairs: Iterable[tuple[str, str, float]]) -> str:
    return ", ".join(f"{a} and {b} {value:.3f}" for a, b, value in pairs)


def _figures(report: Report) -> Mapping[str, Any]:
    """What the template's tables need beside the report itself."""
    findings = report.findings
    if findings is None:
        return {}
    return {
        "distance_of": {column.name: column.tvd for column in findings.quality.columns},
        "worst_pairs": _largest(findings.quality.attributes, findings.quality.pair_tvd)[:_WORST],
        "notes": [note for note in findings.audit.notes if note not in _SAID],
        "distances_note": notes.DISTANCES,
        "checks": wording.worst_first(findings.verdict.checks),
    }
