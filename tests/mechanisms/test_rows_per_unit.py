"""Noise that mechanisms reckon with beforehand is the noise that they get, however many rows a unit has."""

from collections.abc import Iterable

import numpy as np
import pytest

from synthcli.marginal import Domain
from synthcli.mechanisms import aim, sieve
from synthcli.mechanisms.aim import Aim
from synthcli.mechanisms.batch import Option
from synthcli.mechanisms.sieve import Sieve
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator, MarginalCurator
from tests.privacy.random_tables import AsCoded, Table

DOMAIN = Domain(("a", "b", "c"), (3, 4, 2))


def _curator(rows_per_unit: int) -> MarginalCurator:
    codes = np.random.default_rng(0).integers(0, DOMAIN.shape, (2000, 3))
    codes[:, 1] = codes[:, 0]
    table = Table(DOMAIN, tuple((tuple(row), "a") for row in codes.tolist()))
    return Curator(table, Budget.of(5.0, 1e-6, 0.0), rows_per_unit).on(AsCoded(DOMAIN))


@pytest.mark.parametrize("rows_per_unit", [1, 4])
def test_aim_penalises_by_the_noise_that_its_measurement_has(
    rows_per_unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    real = aim._select

    def watched(*arguments: object) -> tuple[str, ...]:
        seen.append(float(arguments[-1]))  # type: ignore[arg-type]
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(aim, "_select", watched)
    curator = _curator(rows_per_unit)
    fit = Aim().run(curator, Workload.all(DOMAIN, 2), curator.remaining_rho, lambda stage, done: None)
    measured = [m.stddev for m in fit.measurements[len(DOMAIN) :]]
    assert measured == pytest.approx(seen, rel=1e-6)


@pytest.mark.parametrize("rows_per_unit", [1, 4])
def test_the_sieve_weighs_a_batch_by_the_noise_that_it_would_have(
    rows_per_unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pair, measured with all of a batch's rho, has noise of 1 / sqrt(2 rho) for the rho that `choose` is told."""
    told: list[float] = []

    def one(options: Iterable[Option], rho: float, *rest: object) -> tuple[Option, ...]:
        told.append(rho)
        return (Option(clique=("a", "b"), cells=12, weight=1.0, distance=1.0),)

    monkeypatch.setattr(sieve, "choose", one)
    curator = _curator(rows_per_unit)
    fit = Sieve(little=0.0).run(curator, Workload.all(DOMAIN, 2), curator.remaining_rho, lambda stage, done: None)
    pairs = [m.stddev for m in fit.measurements if len(m.clique) == 2]
    assert pairs == pytest.approx([(2 * rho) ** -0.5 for rho in told], rel=1e-6)
