"""What no row of a model may have, by the schema's rules and by the calendar: structural zeros over a codec's codes."""

from collections.abc import Collection, Iterator

from synthcli.marginal import StructuralZeros
from synthcli.marginal.gaps import gap_zeros
from synthcli.table.codec import Codec
from synthcli.table.encoders import GapEncoder
from synthcli.table.rules.on_codes import condition_zeros
from synthcli.table.rules.order import order_zeros
from synthcli.table.schema import Schema


def zeros_of(schema: Schema, codec: Codec) -> tuple[StructuralZeros, ...]:
    """The zeros of rules, of dates, their parts and their distances, and of columns and whether they have a value.

    `ValueError` where a code holds values that meet a rule's condition, and others.
    """
    dates = (zeros for calendar in codec.calendars.values() for zeros in calendar.zeros())
    gaps = {c.name: c.column for c in codec.columns if isinstance(c.encoder, GapEncoder)}
    rules = (*condition_zeros(schema.rules, codec), *order_zeros(schema.rules, codec.columns, schema))
    return (*rules, *dates, *duration_zeros(codec, codec.names), *gap_zeros(codec.domain, gaps))


def duration_zeros(codec: Codec, names: Collection[str], drawn: bool = False) -> Iterator[StructuralZeros]:
    """Which codes of pairs of dates, both among these columns, are how far apart.

    `drawn`: of the values alone that are drawn for their codes.
    """
    place = {column.name: i for i, column in enumerate(codec.columns)}
    for join in (join for join in codec.durations if set(join.columns).issubset(names)):
        for zeros in join.zeros(drawn):
            order = sorted(range(len(zeros.clique)), key=lambda axis: place[zeros.clique[axis]])
            clique = tuple(zeros.clique[axis] for axis in order)
            mass = None if zeros.mass is None else zeros.mass.transpose(order)
            yield StructuralZeros(clique, zeros.possible.transpose(order), gradual=True, mass=mass)
