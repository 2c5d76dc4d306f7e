"""Where mass begins and ends."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthcli.marginal.ends import clearest_run, trim


def test_trim_cuts_noise_and_keeps_thin_tails() -> None:
    counts = np.concatenate([[2.0, -3, 1], np.full(10, 400.0), np.full(40, 6.0), [-2.0, 4, -5]])
    kept = trim(counts, 5.0, float(counts.sum()))
    assert kept.start in (2, 3)
    assert 20 < kept.stop <= len(counts)
    thin = np.concatenate([np.zeros(20), np.full(30, 10.0), np.full(5, 500.0)])
    kept = trim(thin, 8.0, float(thin.sum()))
    assert kept.start in range(10, 23), "a tail that is clear as a whole is kept as a whole"
    assert trim(np.zeros(5), 5.0, 0.0) == slice(0, 5)
    noisy = 50.0 + 150.0 * np.random.default_rng(0).standard_normal((200, 192))
    kepts = [trim(row, 150.0, float(row.sum())) for row in noisy]
    cut = [192 - (kept.stop - kept.start) for kept in kepts]
    assert np.mean(cut) < 192 / 5, "mass that noise hides is not cut off"


def test_a_run_of_noise_is_not_taken_for_all_of_the_mass() -> None:
    """1,500 rows over 400 cells of noise 115: the one cell that stands 4.3 deviations out holds a third of them."""
    counts = np.tile([115.0, -115.0], 200) + 1_500 / 400
    counts[250] = 500.0
    assert trim(counts, 115.0, 1_500.0) == slice(0, 400)
    assert trim(counts, 115.0, 500.0) == slice(0, 400), "nor if it would account for all"
    counts = np.where((np.arange(400) >= 240) & (np.arange(400) < 260), 75.0, 0.0)
    kept = trim(counts, 20.0, 1_500.0)
    assert 235 < kept.start <= 240 and 260 <= kept.stop < 265, "a clear run that accounts for all is"


def test_beside_a_clear_run_a_few_cells_of_noise_are_cut_off() -> None:
    """40 cells of two deviations each stand 12 out together. Eight empty ones more make them hardly likelier."""
    counts = np.concatenate([np.full(40, 100.0), np.zeros(8)])
    assert trim(counts, 50.0, 4_000.0) == slice(0, 43)
    assert trim(counts[::-1], 50.0, 4_000.0) == slice(5, 48)
    assert trim(counts, 50.0, 6_000.0) == slice(0, 48), "but for a run that does not account for all"


def test_of_even_counts_that_noise_hides_no_end_is_cut() -> None:
    """By the bound once in a thousand columns; of 300, more than five once in a million."""
    for rows, sigma in ((1_500.0, 115.0), (3_000.0, 600.0)):
        noisy = rows / 120 + sigma * np.random.default_rng().standard_normal((300, 120))
        assert sum(trim(row, sigma, rows) != slice(0, 120) for row in noisy) <= 5


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(-50, 1e6)), st.integers(1, 12))
def test_the_clearest_run_is_that_of_a_search_through_all(counts: np.ndarray, longest: int) -> None:
    run, clear = clearest_run(counts, 2.0, longest)
    starts = range(len(counts))
    runs = [counts[a:b] for a in starts for b in range(a + 1, min(a + longest, len(counts)) + 1)]
    most = max(float(r.sum()) / (2.0 * np.sqrt(len(r))) for r in runs)
    assert np.isclose(clear, most, rtol=1e-6, atol=1e-6)
    assert np.isclose(counts[run].sum() / (2.0 * np.sqrt(run.stop - run.start)), most, rtol=1e-6, atol=1e-6)
