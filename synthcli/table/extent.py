"""Which values a column's codes hold, in a few words: its ends on a number line, or its list."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.table.axis import from_axis
from synthcli.table.column_codec import ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.lattice import Lattice
from synthcli.table.schema import Kind

_LISTED = 10
"""Values of a list that are named."""


def extent(codec: ColumnCodec, probabilities: NDArray[np.float64]) -> str:
    """The values that may be drawn, and whether one may be missing, given the probability of each coarse code.

    What codes hold was declared or learnt from the budget, and is public.
    """
    fine = codec.shares * (probabilities if codec.merge is None else probabilities[codec.merge.groups])
    encoder, drawn = codec.encoder, np.flatnonzero(fine > 0)
    if isinstance(encoder, GridEncoder):
        cells = drawn[drawn < encoder.cells]
        values = f"{_end(encoder, int(cells[0]), 0)} to {_end(encoder, int(cells[-1]), 1)}" if len(cells) else ""
    else:
        assert isinstance(encoder, CategoryEncoder)
        others = encoder.other and len(encoder.values) in drawn  # one of the others is written as one of the list
        values = _listed(encoder, range(len(encoder.values)) if others else drawn[drawn < len(encoder.values)].tolist())
    missing = encoder.missing and encoder.size - 1 in drawn
    return f"it holds {values or 'no value'}; values {'may be' if missing else 'are never'} missing"


def _listed(encoder: CategoryEncoder, codes: "range | list[int]") -> str:
    """The values; of numbers, the ends."""
    if encoder.type in (Kind.INTEGER, Kind.NUMBER) and len(codes) > _LISTED:
        numbers = sorted(encoder.typed[code] for code in codes)
        return f"{_spelt(numbers[0], encoder.type)} to {_spelt(numbers[-1], encoder.type)}"
    named = ", ".join(encoder.values[code] for code in codes[:_LISTED])
    return named + (f" and {len(codes) - _LISTED:,} more" if len(codes) > _LISTED else "")


def _end(encoder: GridEncoder, cell: int, side: int) -> str:
    """The smallest (`side` 0) or the largest value that is drawn in a cell."""
    if encoder.type is Kind.NUMBER:
        lattice = Lattice.of(encoder.edges, encoder.decimals)
        first, last = int(lattice.first[cell]), int(lattice.last[cell])
        multiple, anything = (last, lattice.high[cell]) if side else (first, lattice.low[cell])
        return _spelt(multiple / lattice.scale if first <= last else float(anything), encoder.type)
    low, beyond, grain = int(encoder.edges[cell]), int(encoder.edges[cell + 1]), encoder.grain
    first, last = -(-low // grain) * grain, (beyond - 1) // grain * grain
    some = first < beyond
    return _spelt((last if some else beyond - 1) if side else (first if some else low), encoder.type)


def _spelt(place: Any, kind: Kind) -> str:
    return f"{place:.15g}" if kind is Kind.NUMBER else str(from_axis(place, kind))
