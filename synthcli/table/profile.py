"""Propose a schema for a table, for a steward to read: types, facts, and what had better not be modelled.

Everything here is read off the rows and is as private as they are.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from synthcli.errors import InputError, UsageError, closest
from synthcli.table.axis import from_axis
from synthcli.table.category_order import ordered
from synthcli.table.encoding import SURE_ENCODINGS
from synthcli.table.inference import Inferred, candidates, infer
from synthcli.table.parse import is_text
from synthcli.table.patterns import (
    DIRECT,
    are_uuids,
    flags_by_name,
    flags_by_values,
    is_free_text,
    is_key_name,
    names_nobody,
)
from synthcli.table.raw_file import RaggedRows
from synthcli.table.schema import Bound, Column, Fact, Kind, Level, Role, Schema, Surrogate
from synthcli.table.sketch import ColumnSketch
from synthcli.table.source import Source
from synthcli.table.validation import Problem, refuse

_MOST_CATEGORIES = 2000
_FEW_CATEGORIES = 20
_MOST_LEVELS = 60
_MOST_DECIMALS = 9
_LISTED = 20
"""Columns that a hint names."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was seen of a column, for the steward's eyes. `distinct` is at least that many where `capped`.

    Of a column that was not read, `missing` and `distinct` are None.
    """

    column: Column
    rows: int
    missing: int | None = None
    distinct: int | None = None
    capped: bool = False
    minimum: Bound | None = None
    maximum: Bound | None = None
    note: str = ""
    """Why the column is not modelled, or what to look at, in a few words."""

    @property
    def missing_share(self) -> float | None:
        """The share of missing values."""
        return None if self.missing is None else self.missing / max(1, self.rows)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A draft of a schema, and what it rests on, column by column."""

    schema: Schema
    rows: int
    findings: tuple[Finding, ...]


def propose(source: Source, name: str, unit: str | None = None) -> Proposal:
    """One pass over all rows. `unit`: the column whose values tell whose rows are whose, by the steward's word.

    Columns of nested or binary values are not read: they are to be left out. `InputError` for a table without rows or
    readable columns, with ragged rows or columns of one name; `UsageError` for an unknown unit.
    """
    if unit is not None and unit not in source.columns:
        raise UsageError(
            f"--privacy-unit {unit!r} is no column of {source.name}{closest(unit, source.columns)}",
            f"its columns are {', '.join(source.columns[:_LISTED])}" + (" …" if len(source.columns) > _LISTED else ""),
        )
    refuse(
        [Problem(f"more than one column is named {n!r}", "rename them in the file") for n in source.duplicates],
        source.name,
    )
    readable = _readable(source, unit)
    sketches: dict[str, ColumnSketch] = {}
    ragged, rows = RaggedRows(), 0
    for batch in source.raw_batches(readable, ragged):
        rows += batch.num_rows
        for column, raw in zip(batch.schema.names, batch.columns, strict=True):
            if column not in sketches:
                text = is_text(getattr(raw.type, "value_type", raw.type))
                sketches[column] = ColumnSketch(column, candidates(column, text))
            sketches[column].add(raw)
    if ragged.count:
        raise InputError(
            f"{source.name} has {ragged.count:,} row(s) with another number of fields than the header",
            "correct the rows, or set --delimiter or --quote",
        )
    if not rows:
        raise InputError(f"{source.name} has no rows", "give a file with rows below its header")
    found = (_examine(sketches[c]) if c in sketches else _unread(c, rows) for c in source.columns)
    findings = tuple(_as_unit(finding) if finding.column.name == unit else finding for finding in found)
    schema = Schema(name=name, columns=tuple(f.column for f in findings), encoding=_encoding(source))
    return Proposal(schema=schema, rows=rows, findings=findings)


def _readable(source: Source, unit: str | None) -> list[str]:
    """The columns that can be read; `InputError` where there are none, or the unit is not among them."""
    readable = [name for name in source.columns if name not in source.unreadable]
    if not readable or unit in source.unreadable:
        where = f"column {unit!r}" if readable else "every column"
        raise InputError(f"{source.name} has nested or binary values in {where}", "write them as text or numbers")
    return readable


def _unread(name: str, rows: int) -> Finding:
    """What is said of a column whose values cannot be read."""
    column = Column(name=name, kind=Kind.STRING, role=Role.DROP)
    return Finding(column=column, rows=rows, note="nested or binary values")


def with_persons(proposal: Proposal, constant: Collection[str]) -> Proposal:
    """The proposal with these columns marked as person-level: they were seen not to vary within a unit."""
    findings = tuple(
        replace(f, column=replace(f.column, level=Level.PERSON), note=f.note or "one value in all rows of a unit")
        if f.column.name in constant
        else f
        for f in proposal.findings
    )
    schema = replace(proposal.schema, columns=tuple(f.column for f in findings))
    return replace(proposal, schema=schema, findings=findings)


def _encoding(source: Source) -> str | None:
    """That of a CSV file, told or guessed, if `fit` would refuse to guess it."""
    found = source.dialect.encoding if source.dialect is not None else None
    return None if found in SURE_ENCODINGS else found


def _as_unit(finding: Finding) -> Finding:
    """The column that tells whose rows are whose: left out, and so without facts."""
    seen = finding.column
    column = Column(
        name=seen.name,
        kind=seen.kind,
        role=Role.UNIT,
        format=seen.format,
        missing_values=seen.missing_values,
        flags=seen.flags,
    )
    return replace(finding, column=column, note="the privacy unit")


def _examine(sketch: ColumnSketch) -> Finding:
    inferred = infer(sketch)
    column, candidate = inferred.column, inferred.candidate
    markers = {"", *(column.missing_values or ())}
    values = {text: n for text, n in sketch.frequencies().items() if text.strip() not in markers}
    flags, role, surrogate, note = _judge(sketch, inferred, values)
    if inferred.ambiguous:
        flags, note = flags | {"ambiguous-date"}, note or "day and month could be the other way round"
    if inferred.stand_ins:
        note = note or f"{' and '.join(inferred.stand_ins)}: taken for missing"
    note = "; ".join(filter(None, (note, inferred.remark, _refused(inferred, values))))
    low = high = None
    if candidate is not None and candidate.low is not None and candidate.high is not None:
        low, high = from_axis(candidate.low, column.kind), from_axis(candidate.high, column.kind)
    column = replace(column, role=role, surrogate=surrogate, flags=tuple(sorted(flags)))
    if surrogate is not None:
        column = replace(column, observed=frozenset({"surrogate"}))
    if role is Role.MODEL:
        column = _with_facts(column, sketch, inferred, values, (low, high))
    return Finding(
        column=column,
        rows=sketch.rows,
        missing=inferred.missing,
        distinct=len(values),
        capped=sketch.overflow,
        minimum=low,
        maximum=high,
        note=note,
    )


def _refused(inferred: Inferred, values: Mapping[str, int]) -> str:
    """What `fit` will not take, in a few words; empty if it takes all."""
    infinite = 0 if inferred.candidate is None else inferred.candidate.infinite
    torn = sum(count for text, count in values.items() if "\0" in text)
    found = (f"{infinite:,} infinite" if infinite else "", f"{torn:,} with a NUL byte" if torn else "")
    return f"{' and '.join(filter(None, found))}: fit refuses such values" if any(found) else ""


def _judge(
    sketch: ColumnSketch, inferred: Inferred, values: Mapping[str, int]
) -> tuple[set[str], Role, Surrogate | None, str]:
    """Flags, role, surrogate, and the reason."""
    kind = inferred.column.kind
    if not values:
        return {"empty"}, Role.DROP, None, "no values"
    flags = flags_by_name(sketch.name)
    if kind in (Kind.STRING, Kind.INTEGER):
        flags |= flags_by_values(list(values))
    can_name = kind in (Kind.STRING, Kind.INTEGER) and not names_nobody(values)
    if direct := flags & DIRECT if can_name else set():
        return flags, Role.DROP, None, f"looks like personal data: {', '.join(sorted(direct))}"
    flags -= DIRECT
    if _is_key(sketch, inferred, values):
        return flags | {"key"}, *_key_role(kind, values)
    if kind is Kind.STRING and is_free_text(values):
        return flags | {"free-text"}, Role.DROP, None, "free text"
    if kind is Kind.STRING and not _is_categorical(len(values), sketch):
        return flags | {"high-cardinality"}, Role.DROP, None, "too many different values for a list of categories"
    return flags, Role.MODEL, None, ""


def _is_key(sketch: ColumnSketch, inferred: Inferred, values: Mapping[str, int]) -> bool:
    """An identifier: (nearly) every row has its own value, or many have, and the name says so."""
    kind, present, distinct = inferred.column.kind, sum(values.values()), len(values)
    if kind not in (Kind.STRING, Kind.INTEGER) or present < _FEW_CATEGORIES:
        return False
    unique = distinct >= 0.999 * present
    if is_key_name(sketch.name) and (unique or (distinct >= 100 and distinct >= 0.1 * present)):
        return True
    if kind is Kind.STRING:
        return unique and all(" " not in text.strip() for text in values)
    candidate = inferred.candidate
    span = 0 if candidate is None else int(candidate.high or 0) - int(candidate.low or 0) + 1
    return unique and (span == present or (present >= 1000 and _are_given_out(values)))


def _are_given_out(values: Collection[str]) -> bool:
    """Whether unequal whole numbers look like numbers that were given to somebody: spread over their range.

    Amounts that are all unequal crowd at an end of theirs: half of the cities' populations lie in its lowest hundredth.
    """
    numbers = sorted(map(float, values))
    middle = (numbers[len(numbers) // 2] - numbers[0]) / max(numbers[-1] - numbers[0], 1.0)
    return 0.1 <= middle <= 0.9


def _key_role(kind: Kind, values: Mapping[str, int]) -> tuple[Role, Surrogate | None, str]:
    """Keys without repeats can be made up; repeated ones link rows, which made-up ones would not do."""
    if max(values.values()) > 1:
        return Role.DROP, None, "a key that comes back: perhaps the privacy unit"
    if kind is Kind.INTEGER:
        return Role.SURROGATE, Surrogate("sequence"), "a key: replaced by 1, 2, 3 …"
    if are_uuids(values):
        return Role.SURROGATE, Surrogate("uuid"), "a key: replaced by random UUIDs"
    return Role.DROP, None, "a key; a surrogate pattern could replace it"


def _is_categorical(distinct: int, sketch: ColumnSketch) -> bool:
    """Few enough values to list: each stands for many rows."""
    if sketch.overflow:
        return False
    return distinct <= max(_FEW_CATEGORIES, min(100, sketch.rows // 8), min(_MOST_CATEGORIES, sketch.rows // 20))


def _are_levels(values: Collection[str], rows: int) -> bool:
    """Numbers with a fraction that are few: levels of a scale, which no grid would hit."""
    return len(values) <= min(_MOST_LEVELS, rows // 100)


def _with_facts(
    column: Column,
    sketch: ColumnSketch,
    inferred: Inferred,
    values: Collection[str],
    bounds: tuple[Bound | None, Bound | None],
) -> Column:
    """The column with the facts that were read off the rows, marked as such."""
    observed: set[Fact] = set()
    if not inferred.missing:
        column, observed = replace(column, required=True), {"required"}
    if column.kind is Kind.STRING:
        in_order = ordered(values)
        column = replace(column, categories=in_order or tuple(sorted(values)), ordered=in_order is not None)
        observed.add("categories")
    elif column.kind is Kind.NUMBER and sketch.places and not sketch.overflow and _are_levels(values, sketch.rows):
        levels = sorted({float(text) for text in values})
        column = replace(column, categories=tuple(map(repr, levels)), ordered=True)
        observed.add("categories")
    elif column.kind.has_axis:
        column = replace(column, minimum=bounds[0], maximum=bounds[1])
        observed |= {"minimum", "maximum"}
    if (
        column.kind is Kind.NUMBER
        and column.categories is None
        and not sketch.exponents
        and sketch.places <= _MOST_DECIMALS
    ):
        column = replace(column, decimals=sketch.places)
        observed.add("decimals")
    return replace(column, observed=frozenset(observed))
