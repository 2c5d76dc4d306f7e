"""What no row of a model may have, by the schema's rules and by the calendar: structural zeros over a codec's codes."""

from synthcli.marginal import StructuralZeros
from synthcli.marginal.gaps import gap_zeros
from synthcli.table.codec import Codec
from synthcli.table.encoders import GapEncoder
from synthcli.table.rules.on_codes import condition_zeros
from synthcli.table.rules.order import order_zeros
from synthcli.table.schema import Schema


def zeros_of(schema: Schema, codec: Codec) -> tuple[StructuralZeros, ...]:
    """The zeros of rules, of dates and their parts, and of columns and whether they have a value.

    `ValueError` where a code holds values that meet a rule's condition, and others.
    """
    dates = (zeros for calendar in codec.calendars.values() for zeros in calendar.zeros())
    gaps = {c.name: c.column for c in codec.columns if isinstance(c.encoder, GapEncoder)}
    rules = (*condition_zeros(schema.rules, codec), *order_zeros(schema.rules, codec.columns, schema))
    return (*rules, *dates, *gap_zeros(codec.domain, gaps))
