"""Public ways to look at raw columns, several at once: what the first, coarse counts are taken on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synthcli.marginal import Domain, Measurement
from synthcli.privacy.curator import Curator
from synthcli.table.duration import columns_of, read_by
from synthcli.table.encoders import Encoder

MOST_DECIMALS = 9


@dataclass(frozen=True)
class DecimalPlaces:
    """How many places after the point a number needs: codes 0 … 9; missing values and longer ones have the last."""

    size: int = MOST_DECIMALS + 1

    def encode(self, values: pa.Array) -> NDArray[np.uint8]:
        """The smallest number of decimals at which a value equals its rounding (relative tolerance 1e-12)."""
        numbers = pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False)
        places = np.full(len(numbers), MOST_DECIMALS, dtype=np.uint8)
        for decimals in range(MOST_DECIMALS - 1, -1, -1):
            rounded = np.round(numbers, decimals)
            places[np.abs(numbers - rounded) <= 1e-12 * np.maximum(1.0, np.abs(numbers))] = decimals
        return places


class Precision(Protocol):
    """How finely values are told, as a code."""

    @property
    def size(self) -> int:
        """How many codes there are."""
        ...

    def encode(self, values: pa.Array) -> NDArray[np.unsignedinteger[Any]]:
        """Canonical values to codes."""
        ...


@dataclass(frozen=True)
class View:
    """One attribute of a survey: a column seen through an encoder."""

    column: str
    encoder: "Encoder | Precision"

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns whose values its codes tell of."""
        return columns_of(self.encoder, self.column)


@dataclass(frozen=True)
class Survey:
    """Named views of raw columns; stands where a codec stands when the curator counts."""

    views: Mapping[str, View]

    @property
    def domain(self) -> Domain:
        """One attribute per view."""
        return Domain(tuple(self.views), tuple(view.encoder.size for view in self.views.values()))

    @property
    def joins(self) -> dict[str, tuple[str, ...]]:
        """The views of several columns, with these."""
        return {name: view.reads for name, view in self.views.items() if len(view.reads) > 1}

    def encode(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
        """The codes of every view whose columns the batch has."""
        present = set(batch.schema.names)
        return {
            name: view.encoder.encode(read_by(view.encoder, view.column, batch.column))
            for name, view in self.views.items()
            if present.issuperset(view.reads)
        }


def measure(survey: Survey, curator: Curator, rho: float) -> dict[str, Measurement]:
    """All views' one-way tables in one noise call."""
    attributes = survey.domain.attributes
    measured = curator.on(survey).measure([(a,) for a in attributes], rho)
    return dict(zip(attributes, measured, strict=True))


def cells_of(seen: Measurement, size: int) -> NDArray[np.float64]:
    """The counts of a grid's cells, without the missing code."""
    return seen.values[:size].astype(np.float64)
