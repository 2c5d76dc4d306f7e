"""The parts of a schema where a person has several rows: what is said of persons, and what of each of their rows."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from synthcli.table.rules.kinds import Order, Rule, Unique
from synthcli.table.schema import Column, Kind, Level, Role, Schema, Surrogate


def rows_column(unit: str) -> str:
    """What the number of a person's rows is called, as an attribute of the model; no file has such a column."""
    return f"rows of one {unit}"


def persons_schema(schema: Schema, unit: str) -> Schema:
    """One row for each person: the person-level columns, and the number of rows, of which there is at least one."""
    own = [column for column in schema.columns if column.level is Level.PERSON and column.role is Role.MODEL]
    most = schema[unit].most_rows
    count = Column(name=rows_column(unit), kind=Kind.INTEGER, minimum=1, maximum=most, required=True)
    return _part(schema, [*own, count])


def events_schema(schema: Schema) -> Schema:
    """The columns that may differ between the rows of a person, with what rules say of these alone."""
    return _part(schema, [c for c in schema.columns if c.level is Level.EVENT and c.role is Role.MODEL])


def _part(schema: Schema, columns: list[Column]) -> Schema:
    names = {column.name for column in columns}
    within = (_within(rule, names) for rule in schema.rules if not isinstance(rule, Unique))
    return replace(schema, columns=tuple(columns), rules=tuple(r for r in within if set(_names(r)) <= names))


def _within(rule: Rule, names: Collection[str]) -> Rule:
    """What a rule of order says of these columns alone, if it has two of them or more; any other rule as it is."""
    if not isinstance(rule, Order):
        return rule
    columns = tuple(name for name in rule.columns if name in names)
    return replace(rule, columns=columns) if len(columns) > 1 else rule


def _names(rule: Rule) -> tuple[str, ...]:
    return rule.reads if rule.computes is None else (*rule.reads, rule.computes)


def keyed(schema: Schema, unit: str) -> Schema:
    """The schema of synthetic rows: the unit's column holds made-up keys, one a person (1, 2, 3 … by default)."""
    made_up = Surrogate("sequence")
    columns = (
        replace(c, role=Role.SURROGATE, surrogate=c.surrogate or made_up) if c.name == unit else c
        for c in schema.columns
    )
    return replace(schema, columns=tuple(columns))


def persons_file(schema: Schema, key: str) -> Schema:
    """What a file of persons alone holds: key and person-level columns, the computed ones among them."""
    return _file(schema, [c for c in schema.columns if c.name == key or c.level is Level.PERSON])


def events_file(schema: Schema, key: str) -> Schema:
    """What a file of events alone holds: key and event-level columns."""
    return _file(schema, [c for c in schema.columns if c.name == key or c.level is Level.EVENT])


def _file(schema: Schema, columns: list[Column]) -> Schema:
    """Of the rules, only those that matter to a writer: which made-up columns never repeat."""
    names = {column.name for column in columns}
    made_up = {c.name for c in columns if c.role is Role.SURROGATE}
    unique = (next((n for n in r.columns if n in made_up), None) for r in schema.rules if isinstance(r, Unique))
    rules = tuple(Unique(columns=(name,)) for name in unique if name in names)
    return replace(schema, columns=tuple(columns), rules=rules)


def faults(schema: Schema, unit: str) -> Iterator[str]:
    """Why no persons could be drawn by this schema; each with the place to mend."""
    person = {c.name for c in schema.columns if c.level is Level.PERSON}
    if rows_column(unit) in {column.name for column in schema.columns}:
        yield f"column {rows_column(unit)!r}: the number of a person's rows goes by this name; rename the column"
    if all(column.level is Level.PERSON for column in schema.modelled):
        yield "no modelled column is event-level: nothing could differ between the rows of a person"
    for place, rule in enumerate(schema.rules):
        where = f"rules[{place}] ({rule.key})"
        if isinstance(rule, Unique) and unit in rule.columns:
            yield f"{where}: the key {unit!r} comes once for each row of a person; leave it out of the rule"
        if rule.computes in person and not set(rule.reads) <= person:
            yield f"{where}: {rule.computes!r} is person-level, and follows from a column that is not"
