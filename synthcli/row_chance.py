"""How likely a release is to draw a row, values and all: what tells a chance match from a copy."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.synthesizer import Synthesizer
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import ColumnCodec
from synthcli.table.grid_encoder import GridEncoder, counts_between
from synthcli.table.lattice import Lattice
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Kind

_CONTINUOUS = 2.0**20
"""How many numbers a cell holds at least where no decimals are fixed."""


class RowChance:
    """The probability of rows under one release; worked out once for each column."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        self._model, self._codec = synthesizer.drawn_model, synthesizer.codec
        in_order = {name for rule in synthesizer.schema.rules if isinstance(rule, Order) for name in rule.columns}
        self._within = {
            column.name: _log_within(column, self._model.marginal((column.name,)), column.name in in_order)
            for column in self._codec.columns
            if column.name not in self._codec.calendars
        }
        self._calendars = {n: calendar for n, calendar in self._codec.calendars.items() if n not in in_order}

    def log_density(self, batch: pa.RecordBatch) -> NDArray[np.float64]:
        """The logarithm of each row's probability: that of its codes, and of its values inside them.

        Where unlisted values are drawn among the listed ones, these count as independent of the other columns. Inside
        codes of columns that a rule keeps in order, all is taken for one value: an upper bound.
        """
        columns = {name: _plain(batch.column(name)) for name in self._codec.names}
        codes = {column.name: column.encode(columns[column.column]) for column in self._codec.columns}
        total = np.asarray(self._model.log_density(codes), dtype=np.float64)
        for column in self._codec.columns:
            if column.name in self._within:
                total = total + self._within[column.name][column.encoder.encode(columns[column.column])]
        for name, calendar in self._calendars.items():
            total = total + calendar.log_within(columns[name])
        return total


def _plain(cells: pa.Array) -> pa.Array:
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _log_within(column: ColumnCodec, marginal: NDArray[np.float64], in_order: bool) -> NDArray[np.float64]:
    """By fine code: log P(a value of it | its coarse code)."""
    encoder, merge = column.encoder, column.merge
    shares = np.ones(encoder.size)
    coarse = np.asarray(marginal, dtype=np.float64)
    if merge is not None:
        totals = np.bincount(merge.groups, merge.weights, merge.coarse_size)[merge.groups]
        even = 1.0 / np.bincount(merge.groups)[merge.groups]
        shares = np.where(totals > 0, merge.weights / np.where(totals > 0, totals, 1.0), even)
        coarse = coarse[merge.groups]
    if isinstance(encoder, CategoryEncoder) and encoder.other and encoder.values:
        return _with_unlisted(encoder, shares, coarse)
    logs = np.log(np.maximum(shares, 1e-300))
    return logs if in_order or not isinstance(encoder, GridEncoder) else logs - np.log(_values_in(encoder))


def _with_unlisted(
    encoder: CategoryEncoder, shares: NDArray[np.float64], coarse: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A listed value is drawn for its own code, and for some of the unlisted ones."""
    listed = len(encoder.values)
    weights = np.asarray(encoder.weights) if encoder.weights and sum(encoder.weights) > 0 else np.ones(listed)
    drawn = shares * coarse
    with_others = drawn[:listed] + drawn[listed] * weights / weights.sum()
    ratio = shares.copy()
    ratio[:listed] = np.where(coarse[:listed] > 0, with_others / np.where(coarse[:listed] > 0, coarse[:listed], 1), 1)
    logs: NDArray[np.float64] = np.log(np.maximum(ratio, 1e-300))
    return logs


def _values_in(encoder: GridEncoder) -> NDArray[np.float64]:
    """How many values each code draws from; missing is one."""
    if encoder.type is not Kind.NUMBER:
        counts = counts_between(encoder.edges[:-1], encoder.edges[1:], encoder.grain).astype(np.float64)
    else:
        lattice = Lattice.of(encoder.edges, encoder.decimals)
        whole = (lattice.last - lattice.first + 1).astype(np.float64)
        open_ = _CONTINUOUS if encoder.decimals is None else 1.0
        counts = np.where(whole > 0, whole, np.where(lattice.high > lattice.low, open_, 1.0))
    return np.append(counts, 1.0) if encoder.missing else counts
