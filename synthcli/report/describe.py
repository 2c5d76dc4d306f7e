"""A model, and the audit of it, as the content of a page."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import combinations

import numpy as np

from synthcli.errors import UsageError
from synthcli.marginal import Clique
from synthcli.pgm.belief_propagation import Floats
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.quality.marginals import bars
from synthcli.report.content import AuditDesign, ColumnSummary, Findings, ModelSummary, Report
from synthcli.report.document import AuditDocument
from synthcli.report.public_audit import PublicAudit
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import ColumnCodec
from synthcli.table.schema import Column

MAX_CELLS = 20_000_000
"""Cells of the pair tables that are held at one time (floats: 160 MB)."""


def describe(
    synthesizer: Synthesizer, document: AuditDocument | None = None, told: PublicAudit | None = None
) -> Report:
    """The whole report. `UsageError` where the audit file speaks of another model."""
    report = Report(
        title=synthesizer.statement.dataset,
        statement=synthesizer.statement,
        model=summarise_model(synthesizer),
        told=told,
    )
    if document is None:
        return report
    if _canonical(document.privacy) != _canonical(asdict(synthesizer.statement)):
        raise UsageError("the audit file is of another model", "give the model that was audited, or audit this one")
    return Report(
        title=report.title,
        statement=report.statement,
        model=report.model,
        told=told,
        design=AuditDesign(outcome=document.verdict.outcome, policy=document.policy),
        findings=Findings(audit=document.audit, quality=document.quality, verdict=document.verdict),
    )


def _canonical(statement: object) -> str:
    return json.dumps(statement, sort_keys=True)


def summarise_model(synthesizer: Synthesizer) -> ModelSummary:
    """Columns in schema order, dates with their parts, and all pairs: post-processing of the model alone."""
    columns: list[ColumnSummary] = []
    codec = synthesizer.codec.without_gaps()
    persons = synthesizer.persons
    for column in synthesizer.schema.columns:
        mine = [c for c in codec.columns if c.column == column.name]
        role = _role(column, synthesizer)
        columns += [replace(_modelled(column, c, synthesizer.model), role=role) for c in mine]
        if not mine:
            columns.append(ColumnSummary(name=column.name, kind=column.kind.value, role=role))
    measured = (pair for m in synthesizer.measurements for pair in combinations(m.clique, 2))
    return ModelSummary(
        rows=synthesizer.model.total,
        columns=tuple(columns),
        attributes=codec.domain.attributes,
        dependence=_dependence(synthesizer.model, codec.domain.attributes),
        measured=frozenset(pair for pair in measured if codec.domain.places.keys() >= set(pair)),
        rules=tuple(map(str, synthesizer.schema.rules)),
        persons=None if persons is None else persons.model.total,
        rows_of_person=1.0 if persons is None else persons.mean_rows,
    )


def _role(column: Column, synthesizer: Synthesizer) -> str:
    """The schema's word, or a closer one: computed by a rule; the key of persons, or one of their attributes."""
    if column.name in synthesizer.schema.computed:
        return "computed"
    if synthesizer.persons is not None and column.name == synthesizer.persons.key:
        return "key"
    of_person = synthesizer.persons is not None and column.name in synthesizer.persons.codec.names
    return "person" if of_person else column.role.value


def _modelled(column: Column, codec: ColumnCodec, model: MarkovRandomField) -> ColumnSummary:
    table = model.marginal((codec.name,))
    ordered = column.kind.has_axis or column.ordered
    groups, labels = bars(codec.labels(), np.rint(table).astype(np.int64), ordered)
    shares = np.bincount(groups, table / table.sum())
    return ColumnSummary(
        name=codec.name,
        kind=column.kind.value,
        role=column.role.value,
        codes=codec.size,
        ordered=ordered,
        labels=labels,
        shares=tuple(map(float, shares)),
        unlisted=float(table @ codec.unlisted() / table.sum()),
    )


def _dependence(model: MarkovRandomField, attributes: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    """Symmetric, ones on the diagonal."""
    place = {name: i for i, name in enumerate(attributes)}
    matrix = np.eye(len(place))
    for (a, b), table in _pairs(model, attributes):
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = cramers_v(table)
    return tuple(tuple(map(float, row)) for row in matrix)


def _pairs(model: MarkovRandomField, attributes: tuple[str, ...]) -> Iterator[tuple[Clique, Floats]]:
    """All pair tables, many at a time since they share their way through the tree, but no more than memory holds."""
    batch: list[Clique] = []
    held = 0
    for pair in combinations(attributes, 2):
        size = model.domain.size(pair)
        if batch and held + size > MAX_CELLS:
            yield from model.marginals(batch).items()
            batch, held = [], 0
        batch.append(pair)
        held += size
    yield from model.marginals(batch).items()


def cramers_v(table: Floats) -> float:
    """Cramér's V of a two-way table of shares or counts: 0 independent, 1 one column decides the other.

    Cramér (1946), section 21.9: sqrt(phi² / (min(rows, columns) - 1)); 0 for a column with a single value.
    """
    joint = table / table.sum()
    joint = joint[joint.sum(axis=1) > 0][:, joint.sum(axis=0) > 0]
    smaller = min(joint.shape) - 1
    if smaller < 1:
        return 0.0
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    squared = float((joint**2 / expected).sum()) - 1
    return float(np.sqrt(min(1.0, max(0.0, squared / smaller))))
