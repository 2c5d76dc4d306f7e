"""Synthetic persons with their rows: persons from the model of persons, and each row given the person's attributes.

A person's attributes are drawn once, with the number of rows, and so they are the same in all of them. Every row is
drawn from the model of rows given these attributes, exactly (`pgm/given_attributes.py`); given them, the rows of a
person are independent. Persons whose attributes leave no row to the rules are drawn again: what is written follows the
model of persons, given that a row is possible. Under a condition, or with balanced values, the persons are those of
`conditional.py`, and their rows follow them. Post-processing, as all sampling is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.conditional import Subpopulation, subpopulation
from synthcli.errors import InputError, UsageError
from synthcli.event_model import EventModel
from synthcli.marginal import Codes
from synthcli.marginal.rounding import Shares
from synthcli.synthesizer import Synthesizer
from synthcli.table.rules.compute import Computed
from synthcli.table.schema import Surrogate
from synthcli.table.surrogate import SurrogateColumn

_ATTEMPTS = 1000
"""Persons without a possible row are drawn again so often; then the rules and the model contradict each other."""

_IN_VAIN = 1 << 20
"""So many persons in a row without a possible row are enough to say the same."""


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
    """Draws persons and their rows from a release that has a model of persons (`ValueError` for another one).

    `chosen`: the persons to draw, of `subpopulation`; without it, those of the release.
    """

    def __init__(self, synthesizer: Synthesizer, chosen: Subpopulation | None = None) -> None:
        if synthesizer.persons is None:
            raise ValueError("the release has no model of persons")
        self._key, self._schema = synthesizer.persons.key, synthesizer.schema
        self._counted = synthesizer.persons.counted
        self._is_conditioned = chosen is not None
        self._strata = (chosen or subpopulation(synthesizer)).by_stratum()
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
            batch = self._draw_persons(size, rng)
            numbers = np.asarray(batch.column(self._counted).to_numpy(), dtype=np.int64)
            yield from self._with_rows(batch, self._seen(batch), numbers, keys.take(size), (rng, block))

    def _draw_persons(self, size: int, rng: np.random.Generator) -> pa.RecordBatch:
        """Persons with a possible row each, in random order; of each balanced value as many as it is to have."""
        if len(self._strata) == 1:
            return self._possible(self._strata[0][1], size, rng)
        shares = np.array([share for share, _ in self._strata])
        counts = Shares(np.zeros(len(shares), np.intp), shares).counts(np.array([size]), rng)
        drawn = [self._possible(of, int(n), rng) for n, (_, of) in zip(counts, self._strata, strict=True) if n]
        return _whole(drawn).take(pa.array(rng.permutation(size)))

    def _possible(self, chosen: Subpopulation, size: int, rng: np.random.Generator) -> pa.RecordBatch:
        """So many persons for whom the rules leave a row, as they are distributed given that."""
        parts: list[pa.RecordBatch] = []
        found, vain, ask = 0, 0, size
        for _ in range(_ATTEMPTS):
            before = found
            for batch in chosen.sample(ask, rng):
                possible = self._events.log_evidence(self._seen(batch), batch.num_rows) > -np.inf
                kept = batch if possible.all() else batch.filter(pa.array(possible))
                parts.append(kept.slice(0, size - found))
                found += parts[-1].num_rows
            if found == size:
                return _whole(parts)
            vain = 0 if found > before else vain + ask
            if vain >= _IN_VAIN:
                break
            ask = max(size - found, 2 * vain)
        raise self._impossible()

    def _impossible(self) -> Exception:
        who = "for whom the rules leave a row"
        if self._is_conditioned:
            return UsageError(f"the model draws no person of those wanted {who}", "loosen the condition or the balance")
        return InputError(
            f"the model draws no person {who}",
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


def _whole(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """The rows of all batches, in order."""
    (whole,) = pa.Table.from_batches(batches).combine_chunks().to_batches() or batches[:1]
    return whole
