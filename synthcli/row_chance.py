"""How likely a release is to draw a row, values and all: what tells a chance match from a copy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.event_model import EventModel
from synthcli.marginal import Codes
from synthcli.pgm.given_attributes import GivenAttributes
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import PersonModel, Synthesizer, in_order
from synthcli.table.calendar_join import Calendar
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import ColumnCodec
from synthcli.table.duration import DurationEncoder
from synthcli.table.grid_encoder import GridEncoder, counts_between
from synthcli.table.lattice import Lattice
from synthcli.table.persons import persons_schema
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Kind, Schema

_CONTINUOUS = 2.0**20
"""How many numbers a cell holds at least where no decimals are fixed."""


class RowChance:
    """The probability of rows under one release; worked out once for each column.

    Of a release of persons: the probability that one of its rows, taken at random, is this one.
    """

    def __init__(self, synthesizer: Synthesizer) -> None:
        persons = None if synthesizer.persons is None else _OfPersons(synthesizer, synthesizer.persons)
        own = frozenset() if persons is None else persons.columns
        self._codes = synthesizer.drawn_model if persons is None else persons
        self._codec = synthesizer.codec
        columns = [column for column in self._codec.columns if column.column not in own]
        self._within = _Within(synthesizer.schema, synthesizer.drawn_model, columns, self._codec.calendars)

    def log_density(self, batch: pa.RecordBatch) -> NDArray[np.float64]:
        """The logarithm of each row's probability: that of its codes, and of its values inside them.

        Where unlisted values are drawn among the listed ones, these count as independent of the other columns. Inside
        codes of columns that a rule keeps in order, all is taken for one value: an upper bound. So it is of two dates
        whose distance is an attribute, whatever comes back in them.
        """
        columns = {name: _plain(batch.column(name)) for name in self._codec.names}
        codes = self._codec.codes(self._codec.columns, columns.__getitem__)
        if isinstance(self._codes, _OfPersons):
            return self._codes.log_density(codes, columns) + self._within.log_density(columns)
        return np.asarray(self._codes.log_density(codes), dtype=np.float64) + self._within.log_density(columns)


class _OfPersons:
    """Rows of persons: a person's attributes, as often as persons who have them have rows, then the rest given them."""

    def __init__(self, synthesizer: Synthesizer, persons: PersonModel) -> None:
        schema = persons_schema(synthesizer.schema, persons.key)
        self._codec = persons.codec
        self._own = [c for c in persons.codec.columns if c.name != persons.counted]
        self.columns = frozenset(c.column for c in self._own)
        self._events = EventModel(synthesizer)
        model, clique = in_order(schema, persons.codec, persons.model)[0], (persons.counted,)
        with_rows = {**model.potentials, clique: model.potentials.get(clique, 0.0) + np.log(persons.rows_of_codes)}
        self._weighted = replace(model, potentials=with_rows)
        self._persons = GivenAttributes(self._weighted, [c.name for c in self._own])
        self._within = _Within(schema, model, self._own, persons.codec.calendars)

    def log_density(self, codes: Codes, columns: Mapping[str, pa.Array]) -> NDArray[np.float64]:
        """The logarithm of the probability of a row's codes, and of the values of person-level columns in theirs."""
        rest = self._events.log_density(self._events.seen(columns), codes)
        of_person = self._codec.codes(self._own, columns.__getitem__)
        persons = self._persons.log_evidence(of_person, len(rest)) - self._weighted.beliefs.log_partition
        return persons + rest + self._within.log_density(columns)


class _Within:
    """How likely values are inside their codes, for some columns of a codec."""

    def __init__(
        self,
        schema: Schema,
        model: MarkovRandomField,
        columns: Sequence[ColumnCodec],
        calendars: Mapping[str, Calendar],
    ) -> None:
        in_order = {name for rule in schema.rules if isinstance(rule, Order) for name in rule.columns}
        apart = {name for c in columns if isinstance(c.encoder, DurationEncoder) for name in c.reads}
        self._columns = [c for c in columns if c.name not in calendars and c.column not in apart]
        self._logs = {c.name: _log_within(c, model.marginal((c.name,)), c.name in in_order) for c in self._columns}
        names = {column.name for column in columns}
        self._calendars = {n: calendar for n, calendar in calendars.items() if n in names and n not in in_order}

    def log_density(self, columns: Mapping[str, pa.Array]) -> NDArray[np.float64]:
        """The sum over the columns, for every row."""
        total = np.zeros(len(next(iter(columns.values()))))
        for column in self._columns:
            total = total + self._logs[column.name][column.encoder.encode(columns[column.column])]
        for name, calendar in self._calendars.items():
            total = total + calendar.log_within(columns[name])
        return total


def _plain(cells: pa.Array) -> pa.Array:
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _log_within(column: ColumnCodec, marginal: NDArray[np.float64], in_order: bool) -> NDArray[np.float64]:
    """By fine code: log P(a value of it | its coarse code)."""
    encoder, shares = column.encoder, column.shares
    coarse = np.asarray(marginal, dtype=np.float64)
    if column.merge is not None:
        coarse = coarse[column.merge.groups]
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
