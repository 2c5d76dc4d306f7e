"""Bugs that others have shipped, planted into the privacy layer of this process; never a switch of the product."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import opendp.prelude as dp
import pytest

from synthcli.discovery import fine
from synthcli.discovery.survey import Survey
from synthcli.engine import units
from synthcli.engine.interface import RowMask
from synthcli.engine.persons import PersonRows
from synthcli.marginal import Measurement
from synthcli.mechanisms.independent import Independent
from synthcli.mechanisms.interface import Fit
from synthcli.privacy import noise
from synthcli.privacy import transformations as exactly
from synthcli.privacy.bounding import MOST, BoundedRows, Bounding
from synthcli.privacy.curator import Curator, MarginalCurator
from synthcli.table.duration import DurationEncoder

Plant = Callable[[pytest.MonkeyPatch], None]


def _pretending(real: dp.Measurement, function: Callable[[Any], Any]) -> dp.Measurement:
    """A measurement that is accounted for as the real one, and does something else."""
    return dp.m.make_user_measurement(
        exactly.EXACT_COUNTS,
        exactly.UNITS,
        noise.APPROXIMATE_ZCDP,
        function=function,
        privacy_map=real.map,
        TO="ExtrinsicObject",
    )


def _less_noise(name: str, factor: float) -> Plant:
    """The function of `noise` of that name, with a scale that is smaller than what is accounted for."""
    real = getattr(noise, name)

    def plant(patch: pytest.MonkeyPatch) -> None:
        def weak(query: dp.Transformation, scale: float, *more: Any) -> dp.Measurement:
            return _pretending(real(query, scale, *more), real(query, scale / factor, *more))

        patch.setattr(noise, name, weak)

    return plant


def _half_sensitivity(name: str) -> Plant:
    """A declared distance, and with it the noise, that is off by two."""
    real = getattr(exactly, name)

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(exactly, name, lambda *arguments: real(*arguments) / 2)

    return plant


def _one_row_alone(name: str) -> Plant:
    """A declared distance, and with it the noise, that forgets how many rows a unit has."""
    real = getattr(exactly, name)

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(exactly, name, lambda about, rows_per_unit=1: real(about, 1))

    return plant


def _unbounded(patch: pytest.MonkeyPatch) -> None:
    """All rows of a unit are counted, as if they were K."""
    patch.setattr(units, "Bounding", lambda most: Bounding(MOST))


def _persons_by_rows(patch: pytest.MonkeyPatch) -> None:
    """A person stands in the table of persons once for each counted row."""

    def of(bounded: BoundedRows, keep: RowMask) -> PersonRows:
        rows = np.sort(bounded.kept)
        return PersonRows(rows, np.ones(len(rows), dtype=np.int64))

    patch.setattr(PersonRows, "of", staticmethod(of))


def _domain_from_data(patch: pytest.MonkeyPatch) -> None:
    """All categories of the rows, without noise and threshold."""

    def keys(curator: Curator, column: str, rho: float, delta: float) -> dict[str, int]:
        return dict(sorted(curator._exact.keyed(column).items()))

    patch.setattr(Curator, "keys", keys)


def _rows_of(curator: MarginalCurator) -> int:
    clique = (curator.domain.attributes[0],)
    curator.prefetch([clique])
    return int(curator._curator._exact.table(curator._view, clique).sum())


def _exact_row_count(patch: pytest.MonkeyPatch) -> None:
    """The model file holds the true number of rows."""
    run = Independent.run

    def counted(self: Independent, curator: MarginalCurator, *arguments: Any) -> Fit:
        fit = run(self, curator, *arguments)
        return replace(fit, model=replace(fit.model, total=float(_rows_of(curator))))

    patch.setattr(Independent, "run", counted)


def _unrecorded_read(patch: pytest.MonkeyPatch) -> None:
    """A small table gets less of the budget: its exact size decides, and nobody pays for that."""
    run = Independent.run

    def peeking(self: Independent, curator: MarginalCurator, workload: Any, rho: float, progress: Any) -> Fit:
        return run(self, curator, workload, rho if _rows_of(curator) > 30 else rho / 2, progress)

    patch.setattr(Independent, "run", peeking)


def _exact_durations(patch: pytest.MonkeyPatch) -> None:
    """How long dates are apart is looked at without noise."""
    measure = fine.measure

    def measured(survey: Survey, curator: Curator, rho: float) -> dict[str, Measurement]:
        seen, looked = measure(survey, curator, rho), curator.on(survey)
        for name in (name for name, view in survey.views.items() if isinstance(view.encoder, DurationEncoder)):
            looked.prefetch([(name,)])
            exact = curator._exact.table(looked._view, (name,))
            seen[name] = replace(seen[name], values=exact.astype(np.float64))
        return seen

    patch.setattr(fine, "measure", measured)


def _by_numpy(generator: Callable[[], np.random.Generator]) -> Plant:
    """Gaussian noise of the right size by a generator of NumPy."""
    real = noise.gaussian

    def plant(patch: pytest.MonkeyPatch) -> None:
        def seeded(query: dp.Transformation, sigma: float) -> dp.Measurement:
            def function(exact: Any) -> np.ndarray:
                vector = np.asarray(query(exact), dtype=np.int64)
                return vector + np.rint(generator().normal(0.0, sigma, len(vector))).astype(np.int64)

            return _pretending(real(query, sigma), function)

        patch.setattr(noise, "gaussian", seeded)

    return plant


_SHARED = np.random.default_rng()


def _seen_threshold(patch: pytest.MonkeyPatch) -> None:
    """Keys whose noisy count stands on the threshold show, as OpenDP 0.16 lets them."""

    def keyed_counts(query: dp.Transformation, scale: float, threshold: int) -> dp.Measurement:
        counts = query >> dp.m.then_noise_threshold(noise.APPROXIMATE_ZCDP, scale=scale, threshold=threshold)
        return counts >> dp.new_function(dict, TO="ExtrinsicObject")

    patch.setattr(noise, "keyed_counts", keyed_counts)


PLANTED: dict[str, Plant] = {
    "half the noise": _less_noise("gaussian", 2.0),
    "noise over the root of two": _less_noise("gaussian", 2.0**0.5),
    "half the noise of maxima": _less_noise("noisy_max", 2.0),
    "half the noise of keys": _less_noise("keyed_counts", 2.0),
    "sensitivity of marginals off by two": _half_sensitivity("marginals_sensitivity"),
    "sensitivity of marginals without K": _one_row_alone("marginals_sensitivity"),
    "rows beyond K counted": _unbounded,
    "persons counted by their rows": _persons_by_rows,
    "domain from private data": _domain_from_data,
    "exact row count published": _exact_row_count,
    "durations without noise": _exact_durations,
    "seeded noise": _by_numpy(lambda: np.random.default_rng(7)),
    "noise of one generator for all forks": _by_numpy(lambda: _SHARED),
    "unrecorded read": _unrecorded_read,
    "keys on the threshold": _seen_threshold,
}
