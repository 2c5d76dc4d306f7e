"""All of a schema's rules that a model keeps, as structural zeros over a codec's codes."""

from synthcli.marginal import StructuralZeros
from synthcli.table.codec import Codec
from synthcli.table.rules.on_codes import condition_zeros
from synthcli.table.rules.order import order_zeros
from synthcli.table.schema import Schema


def zeros_of(schema: Schema, codec: Codec) -> tuple[StructuralZeros, ...]:
    """The zeros. `ValueError` where a code holds values that meet a rule's condition, and others."""
    return (*condition_zeros(schema.rules, codec), *order_zeros(schema.rules, codec.columns, schema))
