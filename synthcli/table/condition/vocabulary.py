"""What a condition may name: the columns of a model, and values of the right type. All of it is public."""

from collections.abc import Mapping
from math import isfinite

from synthcli.errors import UsageError, closest
from synthcli.table.axis import to_axis
from synthcli.table.bound_text import parse_bound
from synthcli.table.calendar import HOURS, Part, parts_of_kind
from synthcli.table.codec import Codec
from synthcli.table.condition.expression import Operator, Value
from synthcli.table.condition.tokens import Token, fault
from synthcli.table.encoders import CategoryEncoder
from synthcli.table.schema import Column, Kind, Role, Schema

_SHOWN = 12
"""A hint names no more values than this."""


class Vocabulary:
    """The modelled columns of a schema, and the categories that the codec lists for text.

    `file`: the schema of the whole file, where that has other columns, too; these cannot be named.
    """

    def __init__(self, schema: Schema, codec: Codec, file: Schema | None = None) -> None:
        self._file = file or schema
        self._columns = {column.name: column for column in schema.modelled}
        self._listed: Mapping[str, tuple[str, ...]] = {
            c.name: c.encoder.values for c in codec.columns if isinstance(c.encoder, CategoryEncoder)
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a condition may name."""
        return tuple(self._columns)

    def column(self, token: Token) -> Column:
        """The column of that name; `UsageError` for one that is not there, or not modelled."""
        name = token.text
        if name in self._columns:
            column = self._columns[name]
            if token.part is not None and token.part not in parts_of_kind(column.kind):
                of = "datetimes" if token.part is Part.HOUR else "dates or datetimes"
                raise fault(token.place, f"column {name!r} has no {token.part}", f"name a column of {of}")
            return column
        if any(column.name == name for column in self._file.columns):
            raise fault(token.place, *self._not_named(self._file[name]))
        hint = f"the columns are {_list(self.names)}{closest(name, self.names)}"
        raise fault(token.place, f"there is no column {name!r}", hint)

    def _not_named(self, column: Column) -> tuple[str, str]:
        """Why a column of the file is none of these, and what to do."""
        if column in self._file.modelled:
            what = f"column {column.name!r} is event-level: it may differ between the rows of a person"
            hint = f"name {_list(self.names)}; to pick single rows, fit a model of rows with --no-persons"
            return what, hint
        left_out = "left out of the model"
        what = {Role.DROP: left_out, Role.UNIT: left_out, Role.SURROGATE: "made up, not modelled"}.get(
            column.role, "worked out from others, not modelled"
        )
        return f"column {column.name!r} is {what}", "name a column that the model holds"

    def check_order(self, column: Column, operator: Operator, token: Token) -> None:
        """`UsageError` where the column's values have no order, and the operator asks for one."""
        ordered = column.kind.has_axis or (column.kind is Kind.STRING and column.ordered and column.categories)
        if operator.asks_order and not ordered:
            what = f"the values of column {column.name!r} have no order"
            raise fault(token.place, what, "compare with ==, != or in; or declare the categories as ordered")

    def value(self, column: Column, token: Token, part: Part | None = None) -> Value:
        """A literal as a value of the column; `UsageError` for one of another type, or text that is no category.

        Of a `part` of dates: its number, from its name or, for months, from 1 to 12; hours are numbers from 0 to 23.
        """
        if part is not None:
            return _number_of(part, token)
        if column.kind is Kind.STRING:
            return self._category(column, token)
        if column.kind is Kind.BOOLEAN:
            return _truth(column, token)
        if column.kind.has_format:
            return _instant(column, token)
        if token.sort != "number":
            raise _mismatch(column, token, "write a number, without quotes")
        if column.kind is Kind.INTEGER and token.text.lstrip("+-").isdigit():
            return int(token.text)
        number = float(token.text)
        if not isfinite(number):
            raise fault(token.place, "this number is too large", "write a smaller one")
        return number

    def _category(self, column: Column, token: Token) -> str:
        if token.sort != "text":
            raise _mismatch(column, token, "put the value in quotes")
        listed = self._listed.get(column.name, ())
        if token.text not in listed:
            hint = f"its values are {_list(listed)}{closest(token.text, listed)}" if listed else "it is always missing"
            raise fault(token.place, f"no row has {token.text!r} as its {column.name!r}", hint)
        return token.text


def _number_of(part: Part, token: Token) -> int:
    if part is Part.HOUR:
        if token.sort == "number" and token.text in map(str, range(HOURS)):
            return int(token.text)
        raise fault(token.place, "this is no hour", f"write a number from 0 to {HOURS - 1}, without quotes")
    names = [name.lower() for name in part.names]
    if token.sort == "text" and token.text.lower() in names:
        return names.index(token.text.lower())
    if part is Part.MONTH and token.sort == "number" and token.text in map(str, range(1, len(names) + 1)):
        return int(token.text) - 1
    by_number = ", or a number from 1 to 12" if part is Part.MONTH else ""
    hint = f"write one in quotes, as in {part.names[0]!r}{by_number}{closest(token.text, part.names)}"
    raise fault(token.place, f"this is no {part}", hint)


def _list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def _mismatch(column: Column, token: Token, hint: str) -> UsageError:
    return fault(token.place, f"column {column.name!r} is of type {column.kind}, the value is not", hint)


def _truth(column: Column, token: Token) -> bool:
    if token.keyword in ("true", "false"):
        return token.keyword == "true"
    if token.sort in ("text", "number") and token.text in (*column.true_values, *column.false_values):
        return token.text in column.true_values
    raise _mismatch(column, token, "write true or false")


def _instant(column: Column, token: Token) -> int:
    example = "08:30:00" if column.kind is Kind.TIME else "2024-12-31"
    spelling = f"as in {example}" if column.format == "default" else f"spelt as {column.format}"
    if token.sort != "text":
        raise _mismatch(column, token, f"put the {column.kind} in quotes, {spelling}")
    try:
        return int(to_axis(parse_bound(token.text, column.kind, column.format), column.kind))
    except (ValueError, OverflowError) as error:
        raise fault(token.place, f"this is not a {column.kind}", f"write it {spelling}") from error
