"""A fitted release: everything in it is covered by the privacy statement, so everything may be published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.marginal import Measurement
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.sampling import sample
from synthcli.pgm.structural_zeros import with_zeros
from synthcli.table.codec import Codec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.persons import persons_schema, rows_column
from synthcli.table.rules.compute import Computed
from synthcli.table.rules.order import Ordering, order_zeros
from synthcli.table.rules.zeros import duration_zeros
from synthcli.table.schema import Kind, Schema


@dataclass(frozen=True, kw_only=True)
class Spend:
    """What one stage cost, by OpenDP's accountant."""

    stage: str
    rho: float
    delta: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CoinStatement:
    """Which share of the rows were audit candidates, and the commitment to their coins (salted SHA-256).

    `policy` is the digest of the one that an audit is to judge by, registered before it can have looked at anything.
    """

    share: float
    commitment: str
    policy: str = ""


@dataclass(frozen=True, kw_only=True)
class PrivacyStatement:
    """The guarantee: (epsilon, delta)-differential privacy of everything in the release, and what it rests on.

    `rho` and `key_delta` are its approximate-zCDP form: the filter's limits, of which `spends` tells the use.
    `declared`, `learnt` and `public_by_steward` name for each column the facts that came from the schema, from the
    budget, or from the rows by the steward's explicit statement that they are public. `target` and `marginals` are
    what the steward asked the mechanism for: a column to predict, and how many marginals the workload names; `named`
    are those of a workload file with their weights, and `max_cells` the bound on the model, where they were given.
    `accepted` names for each column, left out or not, what was read off the rows and accepted by nobody's eyes: epsilon
    does not cover it.
    `generation` is 1 for a model of real rows and, by the steward's word, one more than theirs for synthetic ones.
    """

    dataset: str
    epsilon: float
    delta: float
    rho: float
    key_delta: float
    mechanism: str
    spends: tuple[Spend, ...]
    created: str
    unit: str = "row"
    """What is protected, in a word or two: `row`, or `privacy unit` where `unit_column` tells whose rows are whose."""
    unit_column: str | None = None
    rows_per_unit: int = 1
    """How many rows of a unit were counted at most; the others were left out at random."""
    neighbours: str = "add or remove one row"
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    learnt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    public_by_steward: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accepted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coins: CoinStatement | None = None
    target: str | None = None
    marginals: int = 0
    named: tuple[tuple[tuple[str, ...], int], ...] = ()
    max_cells: int | None = None
    generation: int = 1
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonModel:
    """The model of a table with one row for each person: person-level columns, and how many rows the person has.

    `key` is the column that links a person's rows; `model`, `measurements` and `codec.domain` share one domain.
    """

    key: str
    codec: Codec
    model: MarkovRandomField
    measurements: tuple[Measurement, ...]

    def __post_init__(self) -> None:
        _check_parts(self.codec, self.model, self.measurements)
        numbers = next((c.encoder for c in self.codec.columns if c.name == self.counted), None)
        if not isinstance(numbers, GridEncoder) or numbers.missing or numbers.type is not Kind.INTEGER:
            raise ValueError("a model of persons counts their rows")
        if numbers.edges[0] < 1:
            raise ValueError("a person has at least one row")

    @property
    def counted(self) -> str:
        """The attribute that is the number of a person's rows."""
        return rows_column(self.key)

    @cached_property
    def rows_of_cells(self) -> NDArray[np.float64]:
        """How many rows a person of each fine code of that attribute has on average."""
        encoder = next(c.encoder for c in self.codec.columns if c.name == self.counted)
        assert isinstance(encoder, GridEncoder)
        return np.asarray((encoder.edges[:-1] + encoder.edges[1:] - 1) / 2.0)

    @cached_property
    def rows_of_codes(self) -> NDArray[np.float64]:
        """How many rows a person of each code of that attribute has on average."""
        column, middle = next(c for c in self.codec.columns if c.name == self.counted), self.rows_of_cells
        if column.merge is None:
            return middle
        return np.asarray(np.bincount(column.merge.groups, column.shares * middle))

    @cached_property
    def mean_rows(self) -> float:
        """How many rows a person has on average."""
        return float(self.model.marginal((self.counted,)) @ self.rows_of_codes / self.model.total)

    @property
    def default_persons(self) -> int:
        """The noisy number of persons that the model was fitted on, at least one."""
        return max(1, round(self.model.total))


def _check_parts(codec: Codec, model: MarkovRandomField, measurements: tuple[Measurement, ...]) -> None:
    if codec.domain != model.domain:
        raise ValueError("the codec and the model have different domains")
    for measurement in measurements:
        if model.domain.project(measurement.clique).shape != measurement.values.shape:
            raise ValueError("a measurement does not fit the domain")


def _unlisted(codec: Codec, model: MarkovRandomField) -> dict[str, float]:
    learnt = [c for c in codec.columns if isinstance(c.encoder, CategoryEncoder) and c.encoder.other]
    return {c.name: float(model.marginal((c.name,)) @ c.unlisted() / model.total) for c in learnt}


@dataclass(frozen=True, kw_only=True)
class Synthesizer:
    """The released model: what is needed to draw rows, and to say how private they are.

    `schema` holds public facts alone. `model`, `measurements` and `codec.domain` share one domain. Where there are
    `persons`, these come first, and `model` gives each of their rows.
    """

    schema: Schema
    codec: Codec
    model: MarkovRandomField
    measurements: tuple[Measurement, ...]
    statement: PrivacyStatement
    persons: PersonModel | None = None

    def __post_init__(self) -> None:
        _check_parts(self.codec, self.model, self.measurements)
        if self.codec.names != tuple(column.name for column in self.schema.modelled):
            raise ValueError("the codec and the schema have different columns")
        if self.persons is not None:
            columns = persons_schema(self.schema, self.persons.key).modelled
            if self.persons.codec.names != tuple(column.name for column in columns):
                raise ValueError("the model of persons and the schema have different columns")

    @property
    def default_rows(self) -> int:
        """The noisy number of rows that the model was fitted on, at least one."""
        return max(1, round(self.model.total))

    @property
    def unlisted(self) -> dict[str, float]:
        """By column whose categories were learnt: the share of the model's rows, of 1, that have a value beyond these.

        They are written with one of the learnt values, in proportion, or as missing where there is none.
        """
        shares = _unlisted(self.codec, self.model)
        if self.persons is not None:
            shares |= _unlisted(self.persons.codec, self.persons.model)
        return {column.name: shares[column.name] for column in self.schema.modelled if column.name in shares}

    @property
    def unclear(self) -> tuple[str, ...]:
        """The columns of numbers and dates of which noise hid where the values lie, so that they may lie anywhere.

        Known to whoever fitted the model: a file does not tell.
        """
        found = self.codec.unclear | (self.persons.codec.unclear if self.persons is not None else frozenset())
        return tuple(column.name for column in self.schema.modelled if column.name in found)

    @property
    def of_persons(self) -> "Synthesizer":
        """The table of persons as a release of its own, one row for each; `ValueError` where rows belong to nobody."""
        own = self.persons
        if own is None:
            raise ValueError("the release has no model of persons")
        schema = persons_schema(self.schema, own.key)
        return Synthesizer(
            schema=schema, codec=own.codec, model=own.model, measurements=own.measurements, statement=self.statement
        )

    def sample(
        self, rows: int, rng: np.random.Generator, block: int = 131072, compact: bool = False
    ) -> Iterator[pa.RecordBatch]:
        """Draw rows, a block at a time; the same generator state gives the same rows. Modelled and computed columns.

        `compact`: columns of few values come as dictionary arrays, with the same dictionary in every block.
        """
        model, ordering = self._in_order()
        computed = Computed(self.schema)
        for codes in sample(model, rows, rng, block):
            batch = self.codec.decode(codes, rng, compact)
            yield computed.add(ordering.keep(batch, codes, rng))

    @property
    def drawn_model(self) -> MarkovRandomField:
        """The model that codes are drawn from: without the cells whose values could not be put in order."""
        return self._in_order()[0]

    def _in_order(self) -> tuple[MarkovRandomField, Ordering]:
        return in_order(self.schema, self.codec, self.model)


def in_order(schema: Schema, codec: Codec, model: MarkovRandomField) -> tuple[MarkovRandomField, Ordering]:
    """The model without cells whose drawn values could not be put in order, and what puts the others so.

    Where that leaves no cell, values may come from cells' parts that are never drawn otherwise.
    """
    names = [column.name for column in schema.modelled]
    apart = duration_zeros(codec, names, drawn=True)
    zeros = (*order_zeros(schema.rules, codec.columns, schema, drawn=True), *apart)
    if not zeros:
        return model, Ordering(schema, codec, drawn=True)
    drawn = replace(model, potentials=with_zeros(replace(model.domain, zeros=zeros), model.potentials))
    try:
        is_possible = drawn.beliefs.log_partition > -np.inf
    except ValueError:
        is_possible = False
    return drawn if is_possible else model, Ordering(schema, codec, drawn=is_possible)
