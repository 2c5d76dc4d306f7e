"""What the rows of a person are drawn from: the model of rows, given what is said of the person."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Clique, Codes, Domain, Table
from synthcli.pgm.given_attributes import GivenAttributes
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import Synthesizer, in_order
from synthcli.table.persons import events_schema
from synthcli.table.rules.order import Ordering
from synthcli.table.rules.order_given import Limit, leave_room, limits

_ROOM = "room\0"
"""The attribute that says whether a person's ordered columns leave room for what stands between them (code 1)."""


class EventModel:
    """Codes and values of event-level columns, given the values of person-level ones (`names`), row by row.

    Rules that put both in order hold for the very values: what these leave of a column's codes is evidence, too.
    """

    def __init__(self, synthesizer: Synthesizer) -> None:
        if synthesizer.persons is None:
            raise ValueError("the release has no model of persons")
        schema, self._codec = synthesizer.schema, synthesizer.codec
        self._schema = schema
        own = set(synthesizer.persons.codec.names)
        self.names = tuple(name for name in self._codec.names if name in own)
        self.free = tuple(name for name in self._codec.names if name not in own)
        model, among_events = in_order(events_schema(schema), self._codec, synthesizer.model)
        self._limits = limits(schema, self._codec, self.names, among_events.drawn)
        self._ordering = Ordering(schema, self._codec, among_events.drawn, fixed=self.names)
        observed = [c.name for c in self._codec.columns if c.column in self.names]
        self._model = _limited(model, self._limits)
        self._given = GivenAttributes(
            self._model, [*observed, *(a for a in self._model.domain.attributes if a not in model.domain)]
        )

    def seen(self, columns: Mapping[str, pa.Array]) -> Codes:
        """What the model sees of persons: the codes of their attributes, and what these leave of ordered columns."""
        codes = self._codec.codes((c for c in self._codec.columns if c.column in self.names), columns.__getitem__)
        codes |= {limit.name: limit.classes_of(columns[limit.known.name]) for limit in self._limits}
        if self._limits:
            codes[_ROOM] = leave_room(self._schema, self.names, columns).astype(np.uint8)
        return codes

    def log_evidence(self, seen: Codes, persons: int) -> NDArray[np.float64]:
        """For each of so many persons the logarithm of the probability of what is seen, but for a constant.

        Minus infinity: no row is possible.
        """
        return self._given.log_evidence(seen, persons)

    def log_density(self, seen: Codes, codes: Codes) -> NDArray[np.float64]:
        """The logarithm of the probability of a row's other codes, given what is seen of its person."""
        every = {**codes, **seen}
        joint = sum(
            (t[tuple(every[a].astype(np.intp) for a in c)] for c, t in self._model.potentials.items()), np.float64(0)
        )
        evidence = self._given.log_evidence(seen, len(next(iter(codes.values()))))
        impossible = np.isneginf(evidence)
        return np.where(impossible, -np.inf, joint - np.where(impossible, 0.0, evidence))

    def draw(self, persons: Mapping[str, pa.Array], seen: Codes, rows: int, rng: np.random.Generator) -> list[pa.Array]:
        """The values of the free columns, one row for each of these persons, who may come more than once."""
        codes = {**seen, **self._given.draw(seen, rows, rng)}
        drawn = [self._codec.decode_column(name, codes, rng) for name in self.free]
        names = [*persons, *self.free]
        batch = pa.RecordBatch.from_arrays([*persons.values(), *drawn], names=names)
        kept = self._ordering.keep(batch, codes, rng)
        return [kept.column(name) for name in self.free]


def _limited(model: MarkovRandomField, found: tuple[Limit, ...]) -> MarkovRandomField:
    """The model with an attribute for each limit and one for room between them, and the zeros that they stand for."""
    domain = model.domain
    if not found:
        return model
    attributes = (*domain.attributes, *(limit.name for limit in found), _ROOM)
    wider = Domain(attributes, (*domain.shape, *(limit.classes for limit in found), 2))
    zeros: dict[Clique, Table] = {(limit.drawn, limit.name): np.where(limit.possible, 0.0, -np.inf) for limit in found}
    zeros[(_ROOM,)] = np.array([-np.inf, 0.0])
    return replace(model, domain=wider, potentials={**model.potentials, **zeros})
