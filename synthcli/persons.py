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
from synthcli.event_model import EventModel
from synthcli.marginal import Codes
from synthcli.pgm.sampling import sample
from synthcli.synthesizer import Synthesizer, in_order
from synthcli.table.persons import persons_schema
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
        self._key, self._schema = synthesizer.persons.key, synthesizer.schema
        own = persons_schema(self._schema, self._key)
        self._own_codec = synthesizer.persons.codec
        self._own_model, self._own_order = in_order(own, self._own_codec, synthesizer.persons.model)
        self._counted = synthesizer.persons.counted
        self._events = EventModel(synthesizer)
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
                possible = self._events.log_evidence(self._seen(batch), batch.num_rows) > -np.inf
                parts.append(batch if possible.all() else batch.filter(pa.array(possible)))
                found += parts[-1].num_rows
            if found == size:
                (whole,) = pa.Table.from_batches(parts).combine_chunks().to_batches() or parts[:1]
                return whole, self._seen(whole)
        raise InputError(
            "the model draws no person for whom the rules leave a row",
            "fit again with a larger --epsilon, or without the rules between person-level and event-level columns",
        )

    def _seen(self, batch: pa.RecordBatch) -> Codes:
        """What the model of rows sees of these persons."""
        return self._events.seen({name: batch.column(name) for name in self._events.names})

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
        of_row = pa.array(person)
        persons = {name: batch.column(name).take(of_row) for name in self._events.names}
        seen = {attribute: codes[person] for attribute, codes in given.items()}
        drawn = self._events.draw(persons, seen, len(person), rng)
        columns = {**persons, **dict(zip(self._events.free, drawn, strict=True))}
        modelled = [column.name for column in self._schema.modelled]
        ordered = pa.RecordBatch.from_arrays([columns[name] for name in modelled], names=modelled)
        whole = self._computed.add(ordered)
        return pa.RecordBatch.from_arrays([keys.take(of_row), *whole.columns], names=[self._key, *whole.schema.names])
