"""Which facts are public, which must be learnt, and which cannot be: decided before any row is read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from synthcli.discovery.ruled import contradictions
from synthcli.errors import InputError, UsageError, closest
from synthcli.table.axis import LIMITS
from synthcli.table.rules.check import factual_faults
from synthcli.table.schema import Column, Fact, Kind, Role, Schema
from synthcli.table.surrogate_pattern import SYNTAX, fault

FACTS: tuple[Fact, ...] = get_args(Fact)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A schema without private facts, and for each modelled column where its facts come from.

    `schema` may be published as it stands: whatever was merely observed, and not declared public, is gone from it.
    """

    schema: Schema
    declared: Mapping[str, tuple[str, ...]]
    public_by_steward: Mapping[str, tuple[str, ...]]
    to_learn: Mapping[str, tuple[str, ...]]
    accepted: Mapping[str, tuple[str, ...]]
    """What the schema says of each column, left out or not, though nobody has read it: no budget covers that."""
    names: frozenset[str] = frozenset()
    """Columns of the file beside those of the schema, where that is a part of one."""
    likely: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Where the values of a column are, from the first up to the second, if nothing tells: a public guess."""


def resolve(schema: Schema, public: Collection[str] = ()) -> Facts:
    """Strip what was only observed, unless the steward calls it public (`public` names columns, or 'all').

    Raises `UsageError` for an unknown column in `public`, and for any where nobody has read the schema; `InputError`
    for a schema without a modelled column, for observed facts that no budget can learn (the pattern of a surrogate),
    with the line to add, and for patterns that nobody can mean.
    """
    if public and schema.accepted_unseen:
        raise UsageError(
            "--public-domain declares public what was observed, and nobody has read this schema",
            "read it, then delete its line synthcli:accepted",
        )
    names = {column.name for column in schema.columns}
    everyone = "all" in public and "all" not in names
    unknown = [] if everyone else sorted(set(public) - names)
    if unknown:
        raise UsageError(
            f"--public-domain names {len(unknown)} column(s) that the schema does not have: {', '.join(unknown)}"
            f"{closest(unknown[0], names)}",
            "name columns of the schema, or write --public-domain all",
        )
    trusted = names if everyone else set(public)
    _refuse_unlearnable(schema, trusted)
    _refuse_patterns(schema)
    columns = tuple(_strip(column, column.name in trusted) for column in schema.columns)
    before = {column.name: column for column in schema.columns}
    stripped = replace(schema, columns=columns)
    modelled = stripped.modelled
    if not modelled:
        raise InputError("the schema models no column", "set synthcli:role to model for at least one field")
    _refuse_without_room(modelled)
    to_learn = _named({c.name: _missing_facts(c, before[c.name].categories is not None) for c in modelled})
    _refuse_open_rules(stripped, [name for name, facts in to_learn.items() if "categories" in facts])
    return Facts(
        schema=stripped,
        declared=_named({c.name: [f for f in FACTS if before[c.name].declares(f)] for c in columns}),
        public_by_steward=_named(
            {
                c.name: [f for f in FACTS if f in before[c.name].observed and c.declares(f)]
                for c in columns
                if c.name in trusted
            }
        ),
        to_learn=to_learn,
        accepted=_named({c.name: _unread(c) for c in schema.columns}) if schema.accepted_unseen else {},
    )


def _refuse_without_room(columns: Sequence[Column]) -> None:
    """An edge of the grid must lie above the declared minimum, and be a 64-bit integer itself."""
    for column in columns:
        if column.kind is Kind.INTEGER and column.minimum == LIMITS[Kind.INTEGER][1]:
            raise InputError(
                f"column {column.name!r}: its only possible value is the last 64-bit integer, which has no cell",
                "give the field the role drop, or a lower minimum",
            )


def _refuse_open_rules(schema: Schema, learnt: Collection[str]) -> None:
    """Rules that the public facts do not carry: no budget could make them hold."""
    faults = factual_faults(schema, learnt) or contradictions(schema)
    if faults:
        count = f"{len(faults)} thing{'s' if len(faults) > 1 else ''}"
        hint = "edit the places named below; facts that were only observed count once they are declared public"
        raise InputError(f"the schema's rules ask {count} of it that it does not give", hint, tuple(faults))


def _named(facts: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(found) for name, found in facts.items() if found}


def _strip(column: Column, trusted: bool) -> Column:
    """The column with its observed facts declared (trusted) or removed. Flags were read off the rows: they go."""
    if trusted:
        return replace(column, observed=frozenset(), flags=())
    seen = column.observed
    return replace(
        column,
        minimum=None if "minimum" in seen else column.minimum,
        maximum=None if "maximum" in seen else column.maximum,
        categories=None if "categories" in seen else column.categories,
        ordered=column.ordered and "categories" not in seen,
        required=column.required and "required" not in seen,
        decimals=None if "decimals" in seen else column.decimals,
        observed=frozenset(),
        flags=(),
    )


def _unread(column: Column) -> list[str]:
    """What stays in the public schema of a column that was read off the rows. A privacy unit is the steward's word."""
    plain = Column(name=column.name, kind=column.kind)
    said = {
        "type": True,
        "role": column.role is not Role.UNIT,
        "format": column.kind.has_format,
        "missing values": column.missing_values is not None,
        "spellings": (column.true_values, column.false_values) != (plain.true_values, plain.false_values),
        "levels": column.kind is Kind.NUMBER and "categories" in column.observed,
        "surrogate": column.surrogate is not None,
    }
    return [fact for fact, is_said in said.items() if is_said]


def _missing_facts(column: Column, has_categories: bool) -> list[str]:
    """What the model needs to know about a column that its public declaration does not say.

    That a column of numbers has categories at all is part of its type, which the schema file declares; which, is not.
    """
    if column.kind in (Kind.BOOLEAN, Kind.TIME) or column.categories is not None:  # all know how long a day is
        return []
    if column.kind is Kind.STRING or has_categories:
        return ["categories"]
    missing = [fact for fact in ("minimum", "maximum") if getattr(column, fact) is None]
    if column.kind is Kind.NUMBER and column.decimals is None:
        missing.append("decimals")
    return missing


def _refuse_unlearnable(schema: Schema, trusted: Collection[str]) -> None:
    private = [
        column.name
        for column in schema.columns
        if column.role is Role.SURROGATE
        and column.surrogate is not None
        and column.surrogate.format == "pattern"
        and "surrogate" in column.observed
        and column.name not in trusted
    ]
    if private:
        raise InputError(
            "the format of made-up identifiers was read off the rows, and no budget can learn it",
            "declare it: delete 'surrogate' from the field's synthcli:observed, or name the column in --public-domain",
            tuple(f"column {name!r}: synthcli:surrogate is only observed" for name in private),
        )


def _refuse_patterns(schema: Schema) -> None:
    """A regular expression taken for a pattern would make one identifier, or ten, that nobody meant."""
    made_up = [(c.name, c.surrogate) for c in schema.columns if c.surrogate and c.role in (Role.SURROGATE, Role.UNIT)]
    faults = {name: fault(surrogate.pattern) for name, surrogate in made_up if surrogate.format == "pattern"}
    told = tuple(f"column {name!r}: {why}" for name, why in faults.items() if why)
    if told:
        raise InputError("the schema asks for made-up identifiers that nobody can mean", SYNTAX, told)
