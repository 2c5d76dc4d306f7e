"""Rows under a condition: the model's own conditional distribution, exactly, and never a row outside."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from scipy.stats import chi2

from synthcli.conditional import Subpopulation, subpopulation
from synthcli.errors import ExitCode, UsageError
from synthcli.marginal import Domain
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Column, Kind, Schema
from tests.table.condition.random_conditions import TRUE, Joined, Question, conditions, truth
from tests.table.condition.small_release import COLUMNS, joint, release, values


@given(conditions())
@settings(max_examples=150, deadline=None)
def test_probability_is_the_mass_of_the_condition_and_every_row_satisfies_it(condition: Question | Joined) -> None:
    """The mass is summed over all combinations of values; rows are judged by their values alone."""
    mass = joint()[np.broadcast_to(truth(condition, values(), grid=True) == TRUE, joint().shape)].sum()
    try:
        found = subpopulation(release(), condition.text())
    except UsageError as error:
        assert "probability is zero" in error.message
        assert mass == 0
        return
    assert found.probability == pytest.approx(mass, rel=1e-9, abs=1e-15)
    drawn = pa.Table.from_batches(list(found.sample(300, np.random.default_rng(1))))
    assert drawn.num_rows == 300
    assert np.all(truth(condition, drawn.to_pydict(), grid=False) == TRUE)


CASES = (
    'age >= 3 and town != "NO"',
    '(age < 8 and price > 0.5) or (town == "X" and day < "2024-03-01") or age is missing',
    "not (flag == true and price <= 2.4) and size < 'large'",
)


def _frequencies(found: Subpopulation, draws: int) -> dict[str, np.ndarray]:
    """Counts of the values of some pairs of columns over independent draws: blocks of one row each.

    Rows of a larger block follow the model to within a row a cell: they are less scattered than independent ones, and
    a chi-square statistic of them says nothing.
    """
    rng = np.random.default_rng(9)
    rows = pa.Table.from_batches([next(found.sample(1, rng)) for _ in range(draws)]).to_pydict()
    place = {c: np.array([values()[c].index(v) for v in rows[c]]) for c in COLUMNS}
    shape = {c: len(values()[c]) for c in COLUMNS}
    pairs = (("age", "town"), ("price", "flag"), ("size", "day"))
    return {
        f"{a} {b}": np.bincount(place[a] * shape[b] + place[b], minlength=shape[a] * shape[b]).reshape(
            shape[a], shape[b]
        )
        for a, b in pairs
    }


def _assert_follows(counts: dict[str, np.ndarray], table: np.ndarray, draws: int) -> None:
    """Chi-square of every pair's counts, sparse cells pooled; false alarm below 1e-7 each, 1e-6 for all of a test."""
    for pair, observed in counts.items():
        axes = [COLUMNS.index(column) for column in pair.split()]
        rest = tuple(axis for axis in range(len(COLUMNS)) if axis not in axes)
        expected = table.sum(axis=rest) * draws
        if axes != sorted(axes):
            expected = expected.T
        assert observed[expected == 0].sum() == 0
        dense = expected >= 8
        seen = np.append(observed[dense], observed[~dense].sum())
        wanted = np.append(expected[dense], expected[~dense].sum())
        used = wanted > 1
        statistic = np.sum((seen - wanted)[used] ** 2 / wanted[used])
        assert statistic < chi2.isf(1e-7, max(int(used.sum()) - 1, 1)), pair


@pytest.mark.parametrize("text", CASES)
def test_rows_have_the_models_conditional_distribution(text: str) -> None:
    """Against the joint distribution of values cut to the condition, by independent draws; false alarm below 1e-6."""
    found = subpopulation(release(), text)
    inside = {
        CASES[0]: lambda r: r["age"] is not None and r["age"] >= 3 and r["town"] not in (None, "NO"),
        CASES[1]: lambda r: (
            (r["age"] is not None and r["age"] < 8 and r["price"] > 0.5)
            or (r["town"] == "X" and r["day"].isoformat() < "2024-03-01")
            or r["age"] is None
        ),
        CASES[2]: lambda r: not (r["flag"] and r["price"] <= 2.4) and r["size"] != "large",
    }[text]
    table = joint().copy()
    for cell in np.ndindex(table.shape):
        if table[cell] and not inside({c: values()[c][i] for c, i in zip(COLUMNS, cell, strict=True)}):
            table[cell] = 0.0
    assert found.probability == pytest.approx(table.sum(), rel=1e-9)
    _assert_follows(_frequencies(found, 3_000), table / table.sum(), 3_000)


def test_a_balanced_column_follows_the_weights_and_the_rest_the_model_given_it() -> None:
    """Independent draws against the reweighted joint distribution; false alarm below 1e-6."""
    found = subpopulation(release(), "age >= 3", "town:NO=1,Ur=3,'X'=0")
    table = joint().copy()
    table[:, :, [0, 1, 2, 20]] = 0.0
    wanted = np.zeros_like(table)
    wanted[0], wanted[1] = table[0] / table[0].sum() / 4, 3 * table[1] / table[1].sum() / 4
    _assert_follows(_frequencies(found, 3_000), wanted, 3_000)
    assert found.probability == pytest.approx(table.sum(), rel=1e-9)


@pytest.mark.parametrize("column", ["town", "size", "age", "day", "flag"])
def test_all_present_values_equally_often(column: str) -> None:
    """A block is rounded to within a row a value, so the count is certain."""
    drawn = pa.Table.from_batches(list(subpopulation(release(), None, column).sample(1_200, np.random.default_rng(2))))
    counts = {entry["values"]: entry["counts"] for entry in drawn[column].combine_chunks().value_counts().to_pylist()}
    present = [value for value in values()[column] if value is not None]
    assert set(counts) == set(present)
    assert all(abs(count - 1_200 / len(present)) <= 1 for count in counts.values())


def test_rows_come_in_random_order_and_the_seed_gives_them_again() -> None:
    found = subpopulation(release(), None, "flag")
    one, two, other = (next(found.sample(2_000, np.random.default_rng(seed), compact=True)) for seed in (3, 3, 4))
    assert one.equals(two)
    assert not one.equals(other)
    flags = np.array(one.column("flag").to_pylist(), dtype=float)
    assert abs(np.corrcoef(np.arange(2_000), flags)[0, 1]) < 6 / np.sqrt(2_000)


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ("age > 90", "column 'age' never holds that"),
        ("age > 90 or age == -3", "column 'age' never holds that"),
        ("age == 2.5", "column 'age' never holds that"),
        ("flag is missing", "column 'flag' never holds that"),
        ("not (flag is missing) and not (age in (2, 3)) and 2 <= age <= 3", "each comparison holds for some rows"),
        ("not age >= 0", "column 'age' never holds that"),
        ("age == 3 and age == 4", "each comparison holds for some rows"),
        ("size == 'large' and 1 <= age < 10", "each comparison holds for some rows"),
    ],
)
def test_what_the_model_excludes_is_refused(where: str, hint: str) -> None:
    with pytest.raises(UsageError, match="its probability is zero") as caught:
        subpopulation(release(), where)
    assert caught.value.exit_code is ExitCode.USAGE
    assert hint in caught.value.hint


def test_the_hint_has_the_ends_of_the_column_and_says_whether_values_may_be_missing() -> None:
    """Codes are in no order that the ends could be read off, and the last one may be that of missing values."""
    whole = release()
    ages = next(c for c in whole.codec.columns if c.name == "age")
    assert isinstance(ages.encoder, GridEncoder)
    low, high = int(ages.encoder.edges[0]), int(ages.encoder.edges[-1]) - 1
    with pytest.raises(UsageError) as caught:
        subpopulation(whole, "age > 90000")
    missing = "values may be missing" if ages.encoder.missing else "values are never missing"
    assert caught.value.hint == f"column 'age' never holds that; it holds {low} to {high}; {missing}"


@pytest.mark.parametrize(
    ("balance", "message"),
    [
        ("towns", "the balance, at character 1: there is no column 'towns'"),
        ("town:NO", "the balance, at character 6: this is not VALUE=WEIGHT"),
        ("town:no=1", "the balance, at character 6: no row has 'no' as its 'town'"),
        ("town:NO=-1", "the balance, at character 9: a weight is a number, not below zero"),
        ("town:NO=1,NO=2", "the balance, at character 6: a value has two weights"),
        ("town:NO=0", "the balance, at character 6: no value has a weight above zero"),
        ("`town`:NO=0", "the balance, at character 8: no value has a weight above zero"),
        ("`towns`:NO=1", "the balance, at character 1: there is no column 'towns'"),
        ("`town:NO=1", "the balance, at character 1: there is no column '`town'"),
        ("town:", "the balance, at character 6: no value has a weight above zero"),
        ("age:one=1", "the balance, at character 5: column 'age' is of type integer, the value is not"),
        ("age:50=1", "all of the values of 'age' to balance have probability zero"),
        ("age:5=1,50=1", "1 of the values of 'age' to balance have probability zero"),
        ("price", "the values of column 'price' are no list to balance"),
    ],
)
def test_a_balance_that_makes_no_sense_is_refused(balance: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        subpopulation(release(), None, balance)
    assert caught.value.message == message
    assert caught.value.hint


def _ordered_release() -> Synthesizer:
    """Two columns of which the first is at most the second."""
    whole = release()
    grid = GridEncoder(type=Kind.INTEGER, edges=np.array([0, 10, 20, 30]), decimals=None, missing=False)
    columns = tuple(Column(name=n, kind=Kind.INTEGER, minimum=0, maximum=29, required=True) for n in ("start", "end"))
    potential = np.random.default_rng(1).normal(size=(3, 3))
    potential[np.tril_indices(3, -1)] = -np.inf
    return replace(
        whole,
        schema=Schema(name="t", columns=columns, rules=(Order(columns=("start", "end")),)),
        codec=Codec((ColumnCodec("start", grid), ColumnCodec("end", grid))),
        model=MarkovRandomField(Domain(("start", "end"), (3, 3)), {("start", "end"): potential}, 10.0),
    )


def test_columns_in_order_are_conditioned_code_by_code_or_not_at_all() -> None:
    ordered = _ordered_release()
    table = ordered.model.marginal(("start", "end")) / 10.0
    found = subpopulation(ordered, "start >= 10 or end < 10")
    assert found.probability == pytest.approx(table[1:].sum() + table[0, 0])
    rows = pa.Table.from_batches(list(found.sample(500, np.random.default_rng(1)))).to_pylist()
    assert all(row["start"] <= row["end"] and (row["start"] >= 10 or row["end"] < 10) for row in rows)
    with pytest.raises(UsageError, match="keeps column 'start' in order with others") as caught:
        subpopulation(ordered, "start > 15")
    assert caught.value.hint == "cut where they begin: 0, 10, 20"
