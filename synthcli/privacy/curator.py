"""The trusted curator: holds the data and the budget. `keys`, `measure` and `select` are the only ways out.

AIM's selection needs true counts, so a mechanism hands its estimates in, and they are scored inside.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, prod, sqrt
from typing import Protocol

import numpy as np
from opendp.mod import OpenDPException

from synthcli.errors import BudgetRefused
from synthcli.marginal import Clique, Domain, Measurement, Merge, Table
from synthcli.privacy.budget import Budget
from synthcli.privacy.noise import Counts, Vault, gaussian_scale, key_threshold

GRID = 16
"""Estimates and penalties are rounded to 1/16 of a row, so that scores are integers with exact sensitivities."""

_LARGEST = 2**40


class Coding(Protocol):
    """What counting needs to know of a codec: its domain. The engine knows how to apply it."""

    @property
    def domain(self) -> Domain:
        """Attributes and their numbers of codes."""


class PrivateTable(Protocol):
    """Exact counts of a private table. Only a curator may hold one."""

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> dict[Clique, Counts]:
        """The exact tables of these cliques; one row counts in one cell of each."""

    def keys(self, column: str) -> dict[str, int]:
        """How often each value of a column of strings occurs; missing values are left out."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A clique that might be measured next: score = weight * (|exact - estimate|_1 - penalty).

    `estimate` and `penalty` are in rows and come from released values alone; `weight` is a positive whole number.
    """

    clique: Clique
    estimate: Table
    weight: int
    penalty: float

    def __post_init__(self) -> None:
        if self.weight < 1 or not np.isfinite(self.penalty) or not np.all(np.isfinite(self.estimate)):
            raise ValueError("a candidate has a positive weight, a finite penalty and a finite estimate")


class Curator:
    """Owns a private table and OpenDP's filter over it; whatever would exceed the budget is refused."""

    def __init__(self, table: PrivateTable, budget: Budget, rows_per_unit: int = 1) -> None:
        self._rho = budget.rho
        self._table = table
        self._units = rows_per_unit
        self._vault = Vault(table, (budget.rho, budget.key_delta), rows_per_unit)

    def __repr__(self) -> str:
        return "Curator()"

    @property
    def spent(self) -> tuple[float, float]:
        """(rho, delta) spent so far, by OpenDP's own odometer."""
        return self._vault.spent

    @property
    def remaining_rho(self) -> float:
        """What is left, rounded down."""
        return max(0.0, (self._rho - self.spent[0]) * (1 - 1e-12))

    def keys(self, column: str, rho: float, delta: float) -> dict[str, int]:
        """Thresholded stable keys: the values that enough rows share, with noisy counts.

        A value of one privacy unit alone shows up with probability at most delta (Korolova et al. 2009; Wilson et al.
        2020, arXiv 1909.01917, section 3.3). Raises `BudgetRefused`.
        """
        scale = gaussian_scale(rho, self._units)
        threshold = key_threshold(scale, delta * (1 - 1e-9), self._units)
        with _Refusal():
            return self._vault.keys(lambda table: table.keys(column), scale, threshold)

    def on(self, codec: Coding) -> "MarginalCurator":
        """The same data and budget, seen through a codec."""
        return MarginalCurator(self, codec, codec.domain, {})


class MarginalCurator:
    """A curator's data under one codec: measures marginals, and selects the one that the model knows least."""

    def __init__(self, curator: Curator, codec: Coding, domain: Domain, merges: Mapping[str, Merge]) -> None:
        self._curator = curator
        self._codec = codec
        self._merges = merges
        self._exact: dict[Clique, Counts] = {}
        self.domain = domain

    def __repr__(self) -> str:
        return "MarginalCurator()"

    @property
    def remaining_rho(self) -> float:
        """What is left of the budget, rounded down."""
        return self._curator.remaining_rho

    def prefetch(self, cliques: Iterable[Clique]) -> None:
        """Count these tables in one pass over the data, and keep them inside."""
        wanted = [clique for clique in dict.fromkeys(cliques) if clique not in self._exact]
        if wanted:
            fine = self._curator._table.count(self._codec, wanted)
            self._exact.update({clique: self._merge(clique, table) for clique, table in fine.items()})

    def measure(self, cliques: Sequence[Clique], rho: float) -> tuple[Measurement, ...]:
        """Release these marginals with discrete Gaussian noise, all of the same scale, for `rho` in all.

        One noise call on the concatenated tables: one row changes one cell of each, so that their L2 sensitivity is the
        root of their number. Raises `BudgetRefused`.
        """
        if not cliques:
            return ()
        self.prefetch(cliques)
        shapes = [self.domain.project(clique).shape for clique in cliques]
        l2 = sqrt(len(cliques)) * (1 + 1e-15)
        scale = gaussian_scale(rho, l2 * self._curator._units)
        sizes = [prod(shape) for shape in shapes]
        with _Refusal():
            noisy = self._curator._vault.gaussian(lambda _: self._concatenated(cliques), sum(sizes), l2, scale)
        pieces = np.split(noisy, np.cumsum(sizes)[:-1])
        return tuple(
            Measurement(clique, piece.reshape(shape), scale)
            for clique, piece, shape in zip(cliques, pieces, shapes, strict=True)
        )

    def select(self, candidates: Sequence[Candidate], epsilon: float) -> int:
        """The index of the candidate of the highest score, by the exponential mechanism; costs rho = epsilon^2 / 8.

        Bounded range: Cesar and Rogers 2021 (arXiv 2005.04018), as OpenDP's map has it. Raises `BudgetRefused`.
        """
        if not candidates:
            raise ValueError("there is nothing to select from")
        self.prefetch(candidate.clique for candidate in candidates)
        sensitivity = GRID * max(candidate.weight for candidate in candidates)
        scale = float(np.nextafter(2.0 * sensitivity * self._curator._units / epsilon, np.inf)) * (1 + 1e-12)
        with _Refusal():
            return self._curator._vault.noisy_max(
                lambda _: np.array([self._score(candidate) for candidate in candidates], dtype=np.int64),
                len(candidates),
                sensitivity,
                scale,
            )

    def merged(self, merges: Mapping[str, Merge]) -> "MarginalCurator":
        """The same data on a coarser domain. The maps are public: post-processing of released values."""
        shape = tuple(
            merges[a].coarse_size if a in merges else size
            for a, size in zip(self.domain.attributes, self.domain.shape, strict=True)
        )
        if self._merges:
            raise ValueError("a domain is merged once")
        coarse = MarginalCurator(self._curator, self._codec, Domain(self.domain.attributes, shape), merges)
        coarse._exact = {clique: coarse._merge(clique, table) for clique, table in self._exact.items()}
        return coarse

    def _merge(self, clique: Clique, table: Counts) -> Counts:
        for axis, attribute in enumerate(clique):
            if attribute in self._merges:
                table = self._merges[attribute].aggregate(table, axis)
        return table

    def _concatenated(self, cliques: Sequence[Clique]) -> Counts:
        return np.concatenate([self._exact[clique].ravel() for clique in cliques])

    def _score(self, candidate: Candidate) -> int:
        """Whole-number arithmetic alone: the L1 error on the 1/16 grid. One row moves it by 16 at most."""
        estimate = np.rint(np.clip(candidate.estimate, -_LARGEST, _LARGEST) * GRID).astype(np.int64)
        error = int(np.abs(self._exact[candidate.clique] * GRID - estimate).sum())
        return candidate.weight * (error - ceil(min(candidate.penalty, _LARGEST) * GRID))


class _Refusal:
    """Turns OpenDP's refusal into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OpenDPException):
            raise BudgetRefused(
                "the privacy filter refuses: this would spend more than the fit's budget",
                "this is a bug in the budget's split: please report it",
            ) from None
