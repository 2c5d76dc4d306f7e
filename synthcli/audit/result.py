"""What an audit found, as values: the gate judges it, the report shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from synthcli.metric import Metric


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line to draw: an ROC curve (x false-positive rate, y true-positive rate)."""

    id: str
    title: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Shares of several series over common bins: `edges` has one number more than each series."""

    id: str
    title: str
    edges: tuple[float, ...]
    series: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """An attack that did not come to its end: which one, and the kind and place of the error, never its words."""

    attack: str
    error: str


@dataclass(frozen=True, kw_only=True)
class AuditResult:
    """Endpoints may gate; diagnostics are shown since people ask for them, and never gate."""

    setup: Mapping[str, str | int | float]
    """Design: members, non-members, synthetic rows, confidence, model id …"""
    endpoints: tuple[Metric, ...]
    diagnostics: tuple[Metric, ...] = ()
    curves: tuple[Curve, ...] = ()
    histograms: tuple[Histogram, ...] = ()
    detection_limits: Mapping[str, float] = field(default_factory=dict)
    """By endpoint: the smallest true value that this audit would have flagged with 90 % power."""
    ceilings: Mapping[str, float] = field(default_factory=dict)
    """By endpoint: what the claimed (epsilon, delta) itself would allow."""
    claims: tuple[Metric, ...] = ()
    """What attackers reach whom the claim itself must hold; beyond its ceiling, the claim is contradicted."""
    breakdowns: tuple[Breakdown, ...] = ()
    """Attacks whose endpoints could not be computed, so that the audit cannot be passed."""
    notes: tuple[str, ...] = ()
