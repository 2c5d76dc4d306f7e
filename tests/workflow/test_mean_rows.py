"""How many rows a person has: two answers put together, and bounded whatever the noise is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.marginal import Domain, Measurement, Merge
from synthcli.mechanisms.interface import Fit
from synthcli.pgm.estimation import estimate
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import PersonModel
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Kind
from synthcli.table.source import open_source
from synthcli.workflow.learn import learn
from synthcli.workflow.mean_rows import with_mean_rows
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest
from synthcli.workflow.training_rows import training_rows

NAME, MOST = "rows of one key", 8
GRID = GridEncoder(type=Kind.INTEGER, edges=np.arange(1, 9), decimals=None, missing=False)


def _persons(stddev: float, merge: Merge | None = None, total: float = 1000.0) -> PersonModel:
    """One to seven rows, as often: 4 on average. How many persons there are is well known."""
    codec = Codec((ColumnCodec(NAME, GRID, merge),))
    size = codec.domain.card(NAME)
    weights = np.ones(size) if merge is None else np.bincount(merge.groups).astype(float)
    measured = Measurement((NAME,), weights * total / 7, stddev), Measurement((), np.array(total), 1.0)
    model = MarkovRandomField(codec.domain, {(NAME,): np.log(weights)}, total)
    return PersonModel(key="key", codec=codec, model=model, measurements=measured)


def _rows(total: float, stddev: float) -> Fit:
    model = _persons(1.0).model
    measured = Measurement((NAME,), np.full(7, total / 7), stddev)
    return Fit(model=replace(model, total=total), measurements=(measured,))


@pytest.mark.parametrize(
    "merge",
    [None, Merge(np.zeros(7, np.intp), np.ones(7)), Merge(np.array([0, 0, 1, 1, 1, 2, 2]), np.zeros(7))],
    ids=["as they are", "one code", "codes without weight"],
)
def test_clear_totals_have_their_way(merge: Merge | None) -> None:
    """The means of single numbers, too, which share a code."""
    found = with_mean_rows(_persons(1e3, merge), _rows(2000.0, 1.0), MOST)
    assert found.mean_rows == pytest.approx(2.0, abs=0.1)
    assert found.model.total == 1000.0
    higher = with_mean_rows(_persons(1e3, merge), _rows(6000.0, 1.0), MOST)
    assert higher.mean_rows == pytest.approx(6.0, abs=0.1)


def test_the_clearer_answer_counts_for_more() -> None:
    """Of equal variances both count alike: of the sum over seven numbers 28 times a cell's, of the ratio a total's."""
    persons = _persons(1.0)
    assert with_mean_rows(persons, _rows(4000.0, 1.0), MOST) is persons, "they agree"
    assert with_mean_rows(persons, _rows(2000.0, 2000.0), MOST).mean_rows == pytest.approx(4.0, abs=0.01)
    alike = with_mean_rows(_persons(50.0), _rows(3000.0, 100.0), MOST).mean_rows
    assert alike == pytest.approx(3.5, abs=0.02)


@pytest.mark.parametrize(("persons", "rows"), [(1.0, 1e6), (1e6, 1.0), (1.0, 1.0), (3.0, 2e4)])
def test_a_ratio_lies_between_one_and_all(persons: float, rows: float) -> None:
    found = with_mean_rows(_persons(1e9, total=persons), _rows(rows, 1e-6), MOST)
    assert 1.0 <= found.mean_rows <= 7.0 and np.isfinite(found.model.marginal((NAME,))).all()


NOISY = st.floats(-1e7, 1e7)


@given(st.lists(NOISY, min_size=7, max_size=7), NOISY, NOISY, st.floats(1e-3, 1e7), st.floats(1e-3, 1e7))
def test_whatever_the_noise_nobody_has_less_than_one_row_or_more_than_count(
    numbers: list[float], persons: float, rows: float, one: float, other: float
) -> None:
    """Where no number beyond the bound is on the grid: one to seven rows, of which seven count."""
    model = estimate(Domain((NAME,), (7,)), (Measurement((NAME,), np.array(numbers), one),), total=max(1.0, persons))
    measured = Measurement((NAME,), np.array(numbers), one), Measurement((), np.array(persons), one)
    noisy = replace(_persons(1.0), model=model, measurements=measured)
    found = with_mean_rows(noisy, _rows(max(1.0, rows), other), 7)
    assert 1.0 - 1e-9 <= found.mean_rows <= 7.0 + 1e-9


def test_a_ratio_beyond_what_may_be_counts_as_the_bound_with_its_noise() -> None:
    """Of a thousand rows each the relative noise would be as large as the model's whole answer: 4.5 on average."""
    assert with_mean_rows(_persons(4.2), _rows(1e6, 1.0), MOST).mean_rows == pytest.approx(6.7, abs=0.1)


def test_rows_beyond_the_bound_count_as_the_bound() -> None:
    """Of at most three rows each, 2.5 are counted on average."""
    found = with_mean_rows(_persons(1e4), _rows(2500.0, 1.0), 3)
    shares = found.model.marginal((NAME,)) / found.model.total
    assert shares @ np.minimum(found.rows_of_cells, 3) == pytest.approx(2.5, abs=0.02)
    assert np.allclose(shares[2:], shares[2]), "how they differ beyond it, only the model of persons knows"


SCHEMA = """
name: visits
fields:
- {name: person, type: integer, "synthcli:role": unit}
- {name: sex, type: string, "synthcli:level": person, constraints: {enum: [f, m], required: true}}
- {name: kind, type: string, constraints: {enum: [a, b], required: true}}
"""


def test_tiny_epsilon_makes_no_millions_of_rows(tmp_path: Path) -> None:
    """Nothing is clear at epsilon 0.01: nobody has more rows than count, in each of thirty fits.

    A far octave is taken for a full one once in 100,000 fits. Where octaves up to 1,024 may be it, the mean is above
    the bound in nine of ten fits.
    """
    rng = np.random.default_rng(1)
    lines = [f"{i},{'fm'[i % 2]},{'ab'[k % 2]}" for i in range(400) for k in range(1 + rng.poisson(2))]
    (tmp_path / "t.csv").write_text("\n".join(["person,sex,kind", *lines]) + "\n")
    (tmp_path / "s.yaml").write_text(SCHEMA)
    request = FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "s.yaml",
        output=tmp_path / "m",
        epsilon="0.01",
        max_rows_per_unit=5,
        mechanism="independent",
    )
    plan = plan_fit(request)
    with open_source(request.data, None) as source:
        for _ in range(30):
            rows = training_rows(plan, source, lambda stage, done: None)
            persons = learn(plan, source, rows, lambda stage, done: None).persons
            assert persons is not None
            assert persons.rows_of_cells.max() <= 5 and 1 <= persons.mean_rows <= 5
