"""What a page says, as values: the public part and the part that compares with real rows, kept apart by type."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from synthcli.audit.result import AuditResult
from synthcli.gate import Outcome, Policy, Verdict
from synthcli.quality.result import Quality
from synthcli.report.public_audit import PublicAudit
from synthcli.synthesizer import PrivacyStatement


@dataclass(frozen=True, kw_only=True)
class ColumnSummary:
    """One column of the released table. `codes` is 0, and `labels` empty, for columns that are not modelled.

    `shares[i]` is the model's expected share of the rows in `labels[i]`; differential privacy covers both.
    `ordered` says whether neighbouring labels are neighbouring values. `unlisted` is the share of rows whose value is
    none of those that were learnt.
    """

    name: str
    kind: str
    role: str
    codes: int = 0
    ordered: bool = False
    labels: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    unlisted: float = 0.0

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.shares):
            raise ValueError("a column has one share for each label")


@dataclass(frozen=True, kw_only=True)
class ModelSummary:
    """What the model says of the table: its columns, its noisy number of rows, and how its columns hang together.

    `dependence[i][j]` is Cramér's V (0 … 1) of the modelled columns `attributes[i]` and `attributes[j]` in the model;
    `measured` holds the pairs (in the order of `attributes`) whose joint table was itself measured. `rules` are the
    declared rules that hold in every row, in words. `persons`: their noisy number, where the rows are those of persons,
    and `rows_of_person` how many each has on average.
    """

    rows: float
    columns: tuple[ColumnSummary, ...]
    attributes: tuple[str, ...]
    dependence: tuple[tuple[float, ...], ...]
    measured: frozenset[tuple[str, str]] = frozenset()
    rules: tuple[str, ...] = ()
    persons: float | None = None
    rows_of_person: float = 1.0


@dataclass(frozen=True, kw_only=True)
class AuditDesign:
    """What may be said of an audit in public: the policy, which was fixed before it, and one word."""

    outcome: Outcome
    policy: Policy


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What compares with the real rows: epsilon does not cover it."""

    audit: AuditResult
    quality: Quality
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Report:
    """A page's content. `design` is None where the release was not audited; `findings` is None in public.

    `told` is the public result of the audit, which differential privacy covers.
    """

    title: str
    statement: PrivacyStatement
    model: ModelSummary
    design: AuditDesign | None = None
    findings: Findings | None = None
    told: PublicAudit | None = None

    def __post_init__(self) -> None:
        if self.findings and (self.design is None or self.design.outcome is not self.findings.verdict.outcome):
            raise ValueError("the findings and the design of an audit belong together")

    def without_findings(self) -> "Report":
        """The same without anything that compares with real rows, but for the verdict's one word."""
        return replace(self, findings=None)

    @property
    def provenance(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """By column: the facts that were declared, learnt from the budget, called public, or accepted unseen."""
        statement = self.statement
        return {
            column.name: {
                "declared": statement.declared.get(column.name, ()),
                "learnt": statement.learnt.get(column.name, ()),
                "public": statement.public_by_steward.get(column.name, ()),
                "accepted": statement.accepted.get(column.name, ()),
            }
            for column in self.model.columns
        }
