"""Synthetic persons with their rows: persons from the model of persons, and each row given the person's attributes.

A person's attributes are drawn once, with the number of rows, and so they are the same in all of them. Every row is
drawn from the model of rows given these attributes, exactly (`pgm/given_attributes.py`); given them, the rows of a
person are independent. Persons whose attributes leave no row to the rules are drawn again: what is written follows the
model of persons, given that a row is possible. Post-processing, as all sampling is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import InputError
from synthcli.marginal import Codes
from synthcli.pgm.given_attributes import GivenAttributes
from synthcli.pgm.sampling import sample
from synthcli.synthesizer import Synthesizer, in_order
from synthcli.table.persons import events_schema, persons_schema
from synthcli.table.rules.compute import Computed
from synthcli.table.schema import Surrogate
from synthcli.table.surrogate import SurrogateColumn

_ATTEMPTS = 1000
"""Persons without a possible row are drawn again so often; then the rules and the model contradict each other."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows of some persons, all columns with the key; `first` numbers the first row of each person who begins here."""

    rows: pa.RecordBatch
    first: NDArray[np.intp]

    @property
    def persons(self) -> pa.RecordBatch:
        """One row of each person who begins here."""
        return self.rows.take(pa.array(self.first))


class Persons:
    """Draws persons and their rows from a release that has a model of persons (`ValueError` for another one)."""

    def __init__(self, synthesizer: Synthesizer) -> None:
        if synthesizer.persons is None:
            raise ValueError("the release has no model of persons")
        self._key, self._schema, self._codec = synthesizer.persons.key, synthesizer.schema, synthesizer.codec
        own = persons_schema(self._schema, self._key)
        self._own_codec = synthesizer.persons.codec
        self._own_model, self._own_order = in_order(own, self._own_codec, synthesizer.persons.model)
        self._counted = synthesizer.persons.counted
        self._names = [name for name in self._own_codec.names if name != self._counted]
        self._attributes = [c.name for c in self._codec.columns if c.column in self._names]
        model, self._event_order = in_order(events_schema(self._schema), self._codec, synthesizer.model)
        self._rows = GivenAttributes(model, self._attributes)
        self._computed = Computed(self._schema)

    def sample(self, persons: int, rng: np.random.Generator, block: int = 1 << 17) -> Iterator[Drawn]:
        """So many persons, one after the other with all their rows, about `block` rows at a time.

        The same generator state gives the same rows.
        """
        surrogate = self._schema[self._key].surrogate or Surrogate("sequence")
        keys = SurrogateColumn(surrogate, np.random.default_rng(int(rng.integers(2**63))), distinct=True)
        for start in range(0, persons, block):
            size = min(block, persons - start)
            batch, given = self._draw_persons(size, rng)
            numbers = np.asarray(batch.column(self._counted).to_numpy(), dtype=np.int64)
            yield from self._with_rows(batch, given, numbers, keys.take(size), (rng, block))

    def _draw_persons(self, size: int, rng: np.random.Generator) -> tuple[pa.RecordBatch, Codes]:
        """Persons with a possible row each, and their attributes as the model of rows sees them."""
        parts: list[pa.RecordBatch] = []
        found = 0
        for _ in range(_ATTEMPTS):
            for codes in sample(self._own_model, size - found, rng, size):
                batch = self._own_order.keep(self._own_codec.decode(codes, rng), codes, rng)
                if self._names:
                    batch = batch.filter(pa.array(self._rows.log_evidence(self._seen(batch)) > -np.inf))
                parts.append(batch)
                found += parts[-1].num_rows
            if found == size:
                (whole,) = pa.Table.from_batches(parts).combine_chunks().to_batches() or parts[:1]
                return whole, self._seen(whole)
        raise InputError(
            "the model draws no person for whom the rules leave a row",
            "fit again with a larger --epsilon, or without the rules between person-level and event-level columns",
        )

    def _seen(self, batch: pa.RecordBatch) -> Codes:
        """The codes that the model of rows has for these persons."""
        return self._codec.encode(batch.select(self._names)) if self._names else {}

    def _with_rows(
        self,
        batch: pa.RecordBatch,
        given: Codes,
        numbers: NDArray[np.int64],
        keys: pa.Array,
        drawing: tuple[np.random.Generator, int],
    ) -> Iterator[Drawn]:
        """The rows of these persons, a block at a time."""
        rng, block = drawing
        ends = np.cumsum(numbers)
        for start in range(0, int(ends[-1]), block):
            rows = np.arange(start, min(start + block, int(ends[-1])))
            person = np.searchsorted(ends, rows, side="right")
            begins = np.flatnonzero(rows == (ends - numbers)[person])
            yield Drawn(self._joined(batch, given, person, keys, rng), begins)

    def _joined(
        self, batch: pa.RecordBatch, given: Codes, person: NDArray[np.intp], keys: pa.Array, rng: np.random.Generator
    ) -> pa.RecordBatch:
        """One row for each of these numbers of a person, with all written columns."""
        observed = {attribute: codes[person] for attribute, codes in given.items()}
        codes = {**observed, **self._rows.draw(observed, len(person), rng)}
        free = [name for name in self._codec.names if name not in self._names]
        events = pa.RecordBatch.from_arrays([self._codec.decode_column(n, codes, rng) for n in free], names=free)
        events = self._event_order.keep(events, codes, rng)
        of_row = pa.array(person)
        columns = {name: batch.column(name).take(of_row) for name in self._names}
        columns |= dict(zip(free, events.columns, strict=True))
        ordered = pa.RecordBatch.from_arrays([columns[n] for n in self._codec.names], names=self._codec.names)
        whole = self._computed.add(ordered)
        return pa.RecordBatch.from_arrays([keys.take(of_row), *whole.columns], names=[self._key, *whole.schema.names])
