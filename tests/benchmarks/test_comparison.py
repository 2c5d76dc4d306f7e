"""What the comparison with peers rests on: scores, codes, budgets, costs, the file of results."""

import sys
from collections import Counter
from itertools import combinations

import adapter
import measure
import numpy as np
import pandas as pd
import pytest
import results
import scores
import tables
from hypothesis import given
from hypothesis import strategies as st

from synthcli.privacy.budget import Budget


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_distance_is_that_of_the_two_histograms(seed, sparse):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 6, size=3).tolist())
    real, synthetic = (rng.integers(shape, size=(int(rng.integers(1, 40)), 3)) for _ in range(2))
    p, q = (Counter(map(tuple, table.tolist())) for table in (real, synthetic))
    expected = sum(abs(p[cell] / len(real) - q[cell] / len(synthetic)) for cell in p | q) / 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "DENSE_CELLS", 0 if sparse else 1 << 22)
        assert scores.distance(real, synthetic, shape) == pytest.approx(expected)


def test_marginals_of_three_columns_are_two_hundred_fixed_ones():
    chosen = scores.marginals(20, 3)
    assert len(set(chosen)) == 200 and chosen == scores.marginals(20, 3)
    assert scores.marginals(9, 3) == list(combinations(range(9), 3))


def test_numbers_become_a_hundred_equal_bins_and_missing_a_code():
    codes, labels = tables.encode(pd.Series([0.0, 199.9, 200.0, np.nan, *np.linspace(0, 200, 150)]))
    assert codes[:4].tolist() == [0, 99, 99, 100]
    assert len(labels) == 101 and labels[-1] is None


def test_rare_categories_are_merged():
    values = [f"c{i}" for i in range(130) for _ in range(1 + (i < 100))]
    codes, labels = tables.encode(pd.Series(values))
    assert len(labels) == 101 and labels[-1] == "other"
    assert (codes == 100).sum() == 30


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 10.0])
def test_a_peer_may_spend_the_zcdp_that_synthcli_may(epsilon):
    assert adapter.affordable_rho(epsilon, 1e-9) == pytest.approx(Budget.of(epsilon, 1e-9).rho, rel=1e-3)


def test_a_command_costs_what_its_processes_cost_and_no_more_than_the_memory_of_them(tmp_path):
    held = np.ones(40_000_000)
    cost = measure.run(sys.executable, "-c", "sum(range(10**7))", cwd=str(tmp_path))
    assert cost.cpu > 0.02 and cost.peak_mb < 200 < held.nbytes / 2**20


def test_a_command_that_lasts_too_long_is_ended(tmp_path):
    with pytest.raises(measure.TooSlow) as error:
        measure.run(sys.executable, "-c", "while True: pass", cwd=str(tmp_path), timeout=0.5)
    cost = error.value.cost  # on a busy machine the wall seconds are up first
    assert max(cost.cpu, cost.wall / 2) >= 0.45


def test_a_command_that_fails_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        measure.run(sys.executable, "-c", "1 / 0", cwd=str(tmp_path))


def test_the_last_of_two_runs_counts(tmp_path):
    file = tmp_path / "runs.jsonl"
    first = results.Run(table="t", system="s", epsilon=1.0, seed=0, date="d", status="timeout", wall=900.0)
    last = results.Run(table="t", system="s", epsilon=1.0, seed=0, date="e", status="ok", tvd2=0.1)
    other = results.Run(table="t", system="s", epsilon=None, seed=0, date="e", status="ok")
    for run in (first, other, last):
        results.write_run(file, run)
    assert results.read_runs(file) == [last, other]
