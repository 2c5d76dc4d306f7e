"""Reports to render: made up, but shaped like real ones."""

import re
from dataclasses import replace

import numpy as np

from synthcli.audit import notes
from synthcli.audit.ceilings import advantage_ceiling, auc_ceiling, gaussian_mu
from synthcli.audit.result import AuditResult, Curve, Histogram
from synthcli.gate import judge, load_policy
from synthcli.metric import Metric
from synthcli.quality.result import ColumnComparison, Extremes, Quality, RareValues
from synthcli.report.content import AuditDesign, ColumnSummary, Findings, ModelSummary, Report
from synthcli.synthesizer import CoinStatement, PrivacyStatement, Spend

MU = gaussian_mu(1.0, 1e-9)
MEASURED = ("copies.", "membership.ratio", "membership.likelihood", "membership.shift")
DEFAULT = load_policy(None)
POLICY = replace(DEFAULT, limits=tuple(limit for limit in DEFAULT.limits if limit.metric.startswith(MEASURED)))
NAMES = ("age", "workclass", "education", "marital status", "occupation", "sex", "hours per week", "admitted", "clinic")
KINDS = ("integer", "string", "string", "string", "string", "boolean", "number", "date", "string")
LABELS = {
    "integer": tuple(f"{a} to {a + 2}" for a in range(17, 98, 3)),
    "number": (*(f"{a / 10:g} to {(a + 25) / 10:g}" for a in range(0, 975, 25)), "(missing)"),
    "date": tuple(f"2020-{m:02d}-01 to 2020-{m:02d}-28" for m in range(1, 13)),
    "boolean": ("true", "false", "(missing)"),
    "string": tuple(f"{w} {i}" for i in range(5) for w in ("Private", "Self-emp-not-inc", "State & gov", "(other)")),
}


def column_names(count: int) -> tuple[str, ...]:
    return tuple(NAMES[i % 9] if i < 9 else f"{NAMES[i % 9]}_{i}" for i in range(count))


def statement(names: tuple[str, ...]) -> PrivacyStatement:
    return PrivacyStatement(
        dataset="hospital stays 2020",
        epsilon=1.0,
        delta=1e-9,
        rho=0.0117,
        key_delta=1e-10,
        mechanism="aim",
        spends=(Spend(stage="bounds", rho=0.0009, delta=1e-10), Spend(stage="aim", rho=0.0108)),
        created="2026-11-23",
        declared=dict.fromkeys(names[::3], ("minimum", "maximum")),
        learnt=dict.fromkeys(names[1::3], ("categories",)),
        public_by_steward=dict.fromkeys(names[2::3], ("categories", "required")),
        coins=CoinStatement(share=0.1, commitment="9f2b" * 16),
        versions={"synthcli": "0.1.0", "opendp": "0.16.0", "numpy": "2.3.1"},
    )


def shares(rng: np.random.Generator, size: int, ordered: bool) -> np.ndarray:
    if ordered:
        places = np.arange(size)
        raw = np.exp(-(((places - rng.uniform(0.2, 0.6) * size) / (0.25 * size)) ** 2)) + 0.02
    else:
        raw = 1 / (1 + rng.permutation(size)) ** 1.2
    return raw / raw.sum()


def model(rng: np.random.Generator, names: tuple[str, ...]) -> ModelSummary:
    columns = []
    for i, name in enumerate(names):
        kind = KINDS[i % 9]
        labels = LABELS[kind]
        ordered = kind in ("integer", "number", "date")
        values = tuple(map(float, shares(rng, len(labels), ordered)))
        columns.append(
            ColumnSummary(
                name=name, kind=kind, role="model", codes=len(labels), ordered=ordered, labels=labels, shares=values
            )
        )
    columns.append(ColumnSummary(name="patient id", kind="string", role="surrogate"))
    count = len(names)
    table = np.triu(rng.beta(0.6, 4.0, (count, count)), 1)
    table = table + table.T + np.eye(count)
    measured = frozenset((names[i], names[i + 1]) for i in range(count - 1))
    matrix = tuple(tuple(map(float, row)) for row in table)
    return ModelSummary(rows=48123.4, columns=tuple(columns), attributes=names, dependence=matrix, measured=measured)


def quality(rng: np.random.Generator, summary: ModelSummary) -> Quality:
    columns = []
    for column in summary.columns:
        if not column.labels:
            continue
        other = np.array(column.shares) * rng.uniform(0.8, 1.2, len(column.shares))
        other = tuple(map(float, other / other.sum()))
        distance = float(np.abs(np.subtract(other, column.shares)).sum() / 2)
        columns.append(
            ColumnComparison(
                name=column.name,
                kind=column.kind,
                labels=column.labels,
                real=other,
                synthetic=column.shares,
                tvd=distance,
            )
        )
    count = len(summary.attributes)
    table = np.triu(rng.beta(1.2, 30.0, (count, count)))
    table = table + np.triu(table, 1).T
    means = {"quality.tvd1": 0.0187, "quality.tvd1.floor": 0.0042, "quality.tvd2": 0.0431, "quality.tvd2.floor": 0.0213}
    metrics = tuple(
        Metric(id=name, value=v, low=v, high=v, n=48000, title=f"Mean total variation distance ({name})")
        for name, v in means.items()
    )
    pairs = tuple(tuple(map(float, row)) for row in table)
    rare = RareValues(name="town", values=31, lost=9, real=0.041, synthetic=0.0352, unlisted=0.0021)
    ends = Extremes(
        name="stay",
        low="1",
        high="48",
        synthetic_low="0",
        synthetic_high="41",
        below=0.021,
        above=0.0004,
        real_below=0.0098,
        real_above=0.0099,
    )
    return Quality(
        columns=tuple(columns),
        attributes=summary.attributes,
        pair_tvd=pairs,
        metrics=metrics,
        rare=(rare,),
        extremes=(ends,),
    )


ATTACKS = {"ratio": "Marginal ratio", "likelihood": "Likelihood ratio", "shift": "Count shift"}


def audit(rng: np.random.Generator, leak: bool = False, members: int = 2401, others: int = 2377) -> AuditResult:
    endpoints, curves = [], []
    limits, ceilings = {}, {}
    for name in ("exact", "near", "raw"):
        value = 0.0493 if leak and name == "exact" else 0.0004
        low, high = (0.041, 0.058) if value > 0.01 else (-0.0009, 0.0021)
        title = f"Rows copied ({name})"
        note = "2,131 of 43,222 training rows, 4 of 2,377 held-out; Fisher's p = 3e-40" if value > 0.01 else ""
        metric = Metric(
            id=f"copies.{name}.excess", value=value, low=low, high=high, n=45599, title=title, note=note, low_strict=low
        )
        endpoints.append(metric)
        limits[metric.id] = 0.0031
    for stratum in ("", ".top10"):
        for name, title in ATTACKS.items():
            width = 0.03 if stratum else 0.012
            words = title + (", most exposed rows" if stratum else "")
            area = 0.5 + float(rng.uniform(-0.01, 0.03))
            figures = {"auc": (area, width), "advantage_at_1pct": (0.004, 0.011 if not stratum else 0.062)}
            for what, (value, wide) in figures.items():
                metric = Metric(
                    id=f"membership.{name}.{what}{stratum}",
                    value=value,
                    low=value - wide,
                    high=value + wide,
                    n=members + others,
                    title=f"{words}: {what}",
                    low_strict=value - 2 * wide,
                )
                endpoints.append(metric)
                limits[metric.id] = 0.524 if what == "auc" else 0.017
                ceilings[metric.id] = auc_ceiling(MU) if what == "auc" else advantage_ceiling(MU, 0.01)
            scores = rng.normal(((0.08,), (0.0,)), 1, (2, 300))
            cuts = np.linspace(4, -4, 90)
            rates = [(s[:, None] > cuts).mean(axis=0) for s in scores]
            x, y = ((0.0, *map(float, r), 1.0) for r in rates[::-1])
            curves.append(Curve(id=f"membership.{name}.roc{stratum}", title=words, x=x, y=y))
    edges = tuple(map(float, np.linspace(0, 0.6, 31)))
    bumps = [np.histogram(rng.gamma(5, 0.04, 2000), edges)[0] / 2000 for _ in range(4)]
    names = (
        ("dcr", "Distance to the closest synthetic row (DCR)"),
        ("nndr", "Nearest-neighbour distance ratio (NNDR)"),
    )
    histograms = tuple(
        Histogram(
            id=name,
            title=title,
            edges=edges,
            series={
                "members": tuple(map(float, bumps[2 * i])),
                "non-members": tuple(map(float, bumps[2 * i + 1])),
            },
        )
        for i, (name, title) in enumerate(names)
    )
    diagnostics = (
        Metric(id="distance.dcr.share", value=0.502, low=0.49, high=0.514, n=10000, title="DCR share"),
        Metric(id="membership.any.p", value=0.271, low=0.25, high=0.3, n=999, better="higher", title="Chance, no leak"),
    )
    return AuditResult(
        setup={
            "real_rows": 48012,
            "members": members,
            "non_members": others,
            "confidence": 0.95,
            "mu": round(MU, 6),
            "coin_commitment": "9f2b" * 16,
        },
        endpoints=tuple(endpoints),
        diagnostics=diagnostics,
        curves=tuple(curves),
        histograms=histograms,
        detection_limits=limits,
        ceilings=ceilings,
        notes=(notes.PROOF, notes.LEFT_OUT, notes.COPIES, notes.CEILINGS, notes.DISTANCES, notes.PRIVATE),
    )


def report(count: int, leak: bool = False, seed: int = 1) -> Report:
    rng = np.random.default_rng(seed)
    names = column_names(count)
    summary = model(rng, names)
    result = audit(rng, leak)
    verdict = judge(result.endpoints, POLICY)
    return Report(
        title="hospital stays 2020",
        statement=statement(names),
        model=summary,
        design=AuditDesign(outcome=verdict.outcome, policy=POLICY),
        findings=Findings(audit=result, quality=quality(rng, summary), verdict=verdict),
    )


def without_plots(page: str) -> str:
    """The page with every plot left blank."""
    return re.sub(r"<svg.*?</svg>", "<svg/>", page, flags=re.DOTALL)
