"""Cells that no row may have: the model is the maximum-entropy distribution on what is left, found by brute force."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synthcli.marginal import Domain, Measurement, StructuralZeros
from synthcli.pgm.estimation import Effort, estimate
from synthcli.pgm.junction_tree import build, cells
from synthcli.pgm.sampling import sample

SHAPE = (3, 4, 2, 3)
NAMES = ("a", "b", "c", "d")
ZEROS = (("a", "b"), ("b", "c", "d"), ("d",))
MEASURED = (("a",), ("b",), ("c",), ("d",), ("a", "c"), ("b", "d"))
ROWS = 1e6
SURE = Effort(tolerance=1e-6, evaluations=2000, entropy=(1e-6,))


def _axes(clique: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(i for i, name in enumerate(NAMES) if name not in clique)


def _indicator(zeros: tuple[StructuralZeros, ...]) -> NDArray[np.float64]:
    """The full table: one where a row may be."""
    table = np.ones(SHAPE)
    for cell in product(*map(range, SHAPE)):
        for one in zeros:
            table[cell] *= one.possible[tuple(cell[NAMES.index(name)] for name in one.clique)]
    return table


def _fitted(start: NDArray[np.float64], margins: dict[tuple[str, ...], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Iterative proportional fitting on the full table (Deming and Stephan 1940)."""
    table = start / start.sum()
    for _ in range(3000):
        for clique, wanted in margins.items():
            own = table.sum(axis=_axes(clique), keepdims=True)
            target = wanted.reshape(own.shape)
            table = table * np.divide(target, own, out=np.zeros_like(own), where=own > 0)
    return table


@st.composite
def problems(draw: st.DrawFn) -> tuple[tuple[StructuralZeros, ...], NDArray[np.float64]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    zeros = []
    for clique in ZEROS:
        shape = tuple(SHAPE[NAMES.index(name)] for name in clique)
        zeros.append(StructuralZeros(clique, rng.random(shape) < 0.75))
    found = _indicator(tuple(zeros))
    assume(found.sum() >= 8)
    truth = found * rng.gamma(1.0, size=SHAPE)
    return tuple(zeros), truth / truth.sum()


@settings(max_examples=12)
@given(problems())
def test_the_model_is_the_maximum_entropy_distribution_on_the_possible_cells(
    problem: tuple[tuple[StructuralZeros, ...], NDArray[np.float64]],
) -> None:
    zeros, truth = problem
    domain = Domain(NAMES, SHAPE, zeros=zeros)
    margins = {clique: truth.sum(axis=_axes(clique)) for clique in MEASURED}
    measured = [Measurement(clique, ROWS * table, 1.0) for clique, table in margins.items()]
    model = estimate(domain, measured, total=ROWS, effort=SURE)
    joint = model.marginal(NAMES) / ROWS
    assert np.all(joint[_indicator(zeros) == 0] == 0)
    assert np.abs(joint - _fitted(_indicator(zeros), margins)).sum() < 2e-3


@settings(max_examples=12)
@given(problems(), st.integers(0, 99))
def test_rows_that_break_rules_are_counted_and_none_is_drawn(
    problem: tuple[tuple[StructuralZeros, ...], NDArray[np.float64]], seed: int
) -> None:
    zeros, truth = problem
    rng = np.random.default_rng(seed)
    dirty = 0.95 * truth + 0.05 / truth.size
    domain = Domain(NAMES, SHAPE, zeros=zeros)
    measured = []
    for clique in (*MEASURED, ("a", "b")):
        table = 2000 * dirty.sum(axis=_axes(clique))
        measured.append(Measurement(clique, np.rint(table + rng.normal(0, 5, table.shape)).astype(np.int64), 5.0))
    model = estimate(domain, measured)
    assert model.total == pytest.approx(2000, rel=0.05)
    again = estimate(domain, measured, start=model)
    assert again.marginal(("a",)).sum() == pytest.approx(again.total)
    for block in sample(again, 5000, rng):
        for one in zeros:
            assert one.possible[tuple(block[name].astype(np.intp) for name in one.clique)].all()


def test_the_tree_counts_the_zeros() -> None:
    zeros = (StructuralZeros(("a", "b"), np.eye(3, 4, dtype=bool)),)
    domain = Domain(NAMES, SHAPE, zeros=zeros)
    assert build(domain, [("a",)]).home(("a", "b")) is not None
    assert cells(domain, [("a",)]) == 12 + 2 + 3
    assert cells(Domain(NAMES, SHAPE), [("a",)]) == 3 + 4 + 2 + 3


def test_one_way_counts_with_a_mass_give_the_mass() -> None:
    """Its margins are measured, and nothing else: what they leave open is as the mass has it, not even."""
    rng = np.random.default_rng(6)
    mass = rng.random((4, 5, 3)) * (rng.random((4, 5, 3)) < 0.5)
    mass[0, 0, 0] = 0.5
    mass *= 20_000 / mass.sum()
    zeros = StructuralZeros(("a", "b", "c"), mass > 0, True, mass)
    domain = Domain(("a", "b", "c"), mass.shape, zeros=(zeros,))
    axes = {"a": (1, 2), "b": (0, 2), "c": (0, 1)}
    measured = [Measurement((name,), mass.sum(axis=others), 1.0) for name, others in axes.items()]
    assert np.abs(estimate(domain, measured).marginal(("a", "b", "c")) - mass).max() < 5.0
    even = replace(domain, zeros=(replace(zeros, mass=None),))
    assert np.abs(estimate(even, measured).marginal(("a", "b", "c")) - mass).max() > 200.0
