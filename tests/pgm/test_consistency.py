"""Measurements that agree: as least squares over the whole joint says, and no other fit than before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Clique, Domain, Measurement
from synthcli.pgm.consistency import consistent
from tests.pgm.graphs import graphs, summed

Graph = tuple[Domain, tuple[Clique, ...]]


def _noisy(graph: Graph, seed: int, parts: bool = False) -> list[Measurement]:
    domain, cliques = graph
    rng = np.random.default_rng(seed)
    return [
        Measurement(
            c,
            np.rint(rng.normal(30, 20, domain.project(c).shape)),
            float(rng.uniform(1, 20)),
            rng.integers(1, 9, domain.project(c).shape) if parts else None,
        )
        for c in cliques
    ]


def _loss(measured: list[Measurement], tables: list[np.ndarray], joint: np.ndarray, domain: Domain) -> float:
    fits = (summed(domain, joint, m.clique) - table for m, table in zip(measured, tables, strict=True))
    return sum(float(np.sum(fit**2 / m.variance)) for m, fit in zip(measured, fits, strict=True))


def _least_squares(measured: list[Measurement], domain: Domain) -> np.ndarray:
    """The joint, cell by cell, whose tables are nearest to the measured ones in units of their noise."""
    cells = np.eye(domain.size()).reshape(-1, *domain.shape)
    every = Measurement((), np.array(0.0), 1e9)
    tables = [every, *measured]
    design = [[summed(domain, cell, m.clique).ravel() / m.stddev for cell in cells] for m in tables]
    wanted = np.concatenate([m.values.ravel() / m.stddev for m in tables])
    return np.linalg.lstsq(np.concatenate(design, axis=1).T, wanted, rcond=None)[0].reshape(domain.shape)


@given(graphs(most=4), st.integers(0, 999), st.booleans())
@settings(max_examples=60)
def test_all_models_fit_better_by_the_same(graph: Graph, seed: int, parts: bool) -> None:
    measured, domain, rng = _noisy(graph, seed, parts), graph[0], np.random.default_rng(seed)
    before, after = [m.values for m in measured], consistent(measured)
    joints = [rng.dirichlet(np.ones(domain.size())).reshape(domain.shape) * rows for rows in (100, 500, 600)]
    changes = [_loss(measured, before, j, domain) - _loss(measured, after, j, domain) for j in joints]
    assert changes == pytest.approx([changes[0]] * 3, rel=1e-6, abs=1e-4)


@given(graphs(most=4), st.integers(0, 999))
@settings(max_examples=60)
def test_tables_are_those_of_the_joint_that_fits_best(graph: Graph, seed: int) -> None:
    """Brute force: least squares over all cells of the joint, negative ones too."""
    measured, domain = _noisy(graph, seed), graph[0]
    joint = _least_squares(measured, domain)
    for m, table in zip(measured, consistent(measured), strict=True):
        assert table == pytest.approx(summed(domain, joint, m.clique), abs=1e-3)
