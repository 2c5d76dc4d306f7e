"""Columns whose values lie at an end of what is looked for: beyond it they count as the last that there is."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synthcli.discovery import grid
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Kind

MOST = 0.01
"""Of a larger share of a column's rows the steward is told."""


def far_values(synthesizer: Synthesizer) -> Mapping[str, float]:
    """By column: the share of the model's rows in a first or last cell that ends where the public grid does.

    Dates are looked for from 1800 to 2199, numbers up to 2^63; declared bounds go before, and end elsewhere.
    """
    shares = {column.name: _share(synthesizer, column) for column in synthesizer.codec.columns}
    return {name: share for name, share in shares.items() if share > MOST}


def _share(synthesizer: Synthesizer, column: ColumnCodec) -> float:
    encoder = column.encoder
    if not isinstance(encoder, GridEncoder) or encoder.type is Kind.TIME:
        return 0.0
    first, *_, last = grid.octaves(encoder.type)
    ends = {0} if encoder.edges[0] == first else set()
    ends |= {encoder.cells - 1} if encoder.edges[-1] == last else set()
    table = synthesizer.model.marginal((column.name,)) / synthesizer.model.total
    return sum(_of_code(table, column, code) for code in ends)


def _of_code(table: NDArray[np.float64], column: ColumnCodec, code: int) -> float:
    """The share of one fine code."""
    coarse = code if column.merge is None else int(column.merge.groups[code])
    return float(table[coarse] * column.shares[code])
