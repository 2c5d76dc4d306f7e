"""What an audit needs, and the checks without which its answer would mean nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.audit.block import Block, blocks
from synthcli.audit.coins import Coins
from synthcli.audit.focus import Focus
from synthcli.audit.inference import Knowledge
from synthcli.errors import InvalidAudit
from synthcli.marginal import Measurement
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import Codec
from synthcli.table.encoders import GapEncoder

Batches = Callable[[], Iterable[pa.RecordBatch]]
"""A stream of canonical record batches that can be started again."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Experiment:
    """Coins, the real rows that they were tossed for, the synthetic rows under attack, and the released model.

    `real` and `synthetic` start a stream of blocks at each call; the real rows come in the order of the file.
    `spans`: for each attribute of the model's domain the largest code difference where it is ordered, else 0.
    """

    coins: Coins
    real: Callable[[], Iterable[Block]]
    synthetic: Callable[[], Iterable[Block]]
    model: MarkovRandomField
    measurements: tuple[Measurement, ...]
    spans: tuple[int, ...]
    epsilon: float
    delta: float
    certainty: tuple[NDArray[np.float64], ...] | None = None
    """By attribute, then code: the largest chance with which the codec writes it as any one value; by default, 1."""
    knowledge: Knowledge | None = None
    """What the attackers who guess know; by default, every attribute is a column and a secret in turn."""
    viewed: tuple[int, ...] | None = None
    """The attributes that random views look at; by default, all."""
    subgroups: tuple[str, ...] = ()
    """The names of the subgroups that the real blocks mark."""
    of_persons: bool = False
    """Whether the model draws persons with all of their rows, so that its rows hang together."""


def prepare(
    synthesizer: Synthesizer, coins: Coins, real: Batches, synthetic: Batches, focus: Focus | None = None
) -> Experiment:
    """The experiment of a release. `real` and `synthetic` are read by the model's schema.

    `InvalidAudit` for a model without coins, for coins of another fit, and for rows that lack a modelled column.
    """
    statement = synthesizer.statement
    if statement.coins is None:
        raise InvalidAudit(
            "the model was fitted without audit coins: no row is known to be outside its training data",
            "fit again with --audit-coins 0.1",
        )
    coins.verify(statement.coins.commitment)
    codec, asked = synthesizer.codec, Focus() if focus is None else focus
    mark = partial(asked.marks, schema=synthesizer.schema)
    return Experiment(
        coins=coins,
        real=lambda: blocks(_checked(real(), codec, "real"), codec, coins.salt, mark),
        synthetic=lambda: blocks(_checked(synthetic(), codec, "synthetic"), codec, coins.salt),
        model=synthesizer.model,
        measurements=synthesizer.measurements,
        spans=spans_of(synthesizer),
        epsilon=statement.epsilon,
        delta=statement.delta,
        certainty=codec.certainty(),
        knowledge=_knowledge(codec, asked),
        viewed=viewed_of(codec),
        subgroups=tuple(asked.subgroups),
        of_persons=synthesizer.persons is not None,
    )


def _knowledge(codec: Codec, focus: Focus) -> Knowledge:
    """The columns asked for by the attributes that they have."""

    def attributes(names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
        return tuple(codec.places[name] for name in names)

    link = None if focus.link is None else (attributes(focus.link[0]), attributes(focus.link[1]))
    return Knowledge(columns=tuple(codec.places.values()), secrets=attributes(focus.secrets), link=link)


def spans_of(synthesizer: Synthesizer) -> tuple[int, ...]:
    """By attribute the largest code difference where it is ordered: number lines, dates, ordered categories. Else 0."""
    columns = [synthesizer.schema[codec.column] for codec in synthesizer.codec.columns]
    sizes = synthesizer.codec.domain.shape
    ordered = [column.kind.has_axis or column.ordered for column in columns]
    return tuple(size - 1 if order else 0 for size, order in zip(sizes, ordered, strict=True))


def viewed_of(codec: Codec) -> tuple[int, ...]:
    """All attributes but those that say whether a column has a value: its own code says it, too."""
    return tuple(place for place, column in enumerate(codec.columns) if not isinstance(column.encoder, GapEncoder))


def _checked(batches: Iterable[pa.RecordBatch], codec: Codec, which: str) -> Iterable[pa.RecordBatch]:
    for batch in batches:
        missing = [name for name in codec.names if name not in batch.schema.names]
        if missing:
            raise InvalidAudit(
                f"the {which} rows lack columns of the model: {', '.join(missing)}",
                "audit a file that was drawn from this model, against the table that it was fitted on",
            )
        yield batch
