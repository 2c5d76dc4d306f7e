"""What the benchmark of raw tables rests on: its distances against brute force, and the table of its results."""

import numpy as np
import pandas as pd
import pytest
import raw_report
import raw_scores
from hypothesis import given
from hypothesis import strategies as st

values = st.lists(st.integers(-5, 5), min_size=1, max_size=20)


@given(values, values)
def test_ks_is_the_largest_difference_of_the_shares_at_most_a_value(real, written):
    expected = max(abs(np.mean(np.array(real) <= v) - np.mean(np.array(written) <= v)) for v in {*real, *written})
    found = raw_scores.numbers(np.array(real, float), np.array(written, float)) if len(set(real)) > 1 else None
    if found is not None:
        assert found["ks"] == pytest.approx(expected)


def test_quantiles_are_off_by_shares_of_the_real_range():
    real = np.linspace(0.0, 100.0, 10_001)
    assert raw_scores.numbers(real, real + 9.8)["tails"] == pytest.approx([0.1] * 5)


def test_a_column_that_lost_all_values_is_as_wrong_as_can_be():
    real, written = pd.DataFrame({"a": [1.0, 2.0, 3.0]}), pd.DataFrame({"a": [np.nan] * 3})
    found = raw_scores.score(real, written, {"a": "number"})
    assert found["tvd1"] == found["ks"] == found["tails"] == 1.0


def test_shares_of_weekdays_hours_and_months():
    day = 86_400.0
    real, written = pd.Series([0.0, day]), pd.Series([0.0, 0.0])  # a Thursday and a Friday of January, at midnight
    assert raw_scores.calendar(real, written) == {"weekday": 0.5, "hour": 0.0, "month": 0.0}


def test_gaps_that_come_together_are_told_from_gaps_that_do_not():
    real = pd.DataFrame({"a": [1, None, 1, None], "b": [1, None, 1, None], "c": [1, 1, 1, 1]}, dtype=float)
    apart = pd.DataFrame({"a": [1, None, 1, None], "b": [1, 1, None, None], "c": [1, 1, 1, 1]}, dtype=float)
    assert raw_scores.missing_together(real, real) == [0.0]
    assert raw_scores.missing_together(real, apart) == [0.5]


def test_a_line_of_the_table_is_the_mean_of_its_runs():
    run = {"table": "t", "system": "s", "epsilon": 1.0, "status": "ok", "rows": 5, "columns_modelled": 2}
    text = raw_report.markdown([{**run, "ks": 0.1, "verdict": "pass"}, {**run, "ks": 0.3, "verdict": "fail"}])
    assert "| t | 5 x 2 | 1 | s | 2 | pass, fail |" in text and "| 0.2000 |" in text
