"""Where dates begin and end under noise."""

import numpy as np
import pyarrow as pa

from synthcli.discovery.dates import trim_days
from synthcli.marginal.ends import trim
from synthcli.table.schema import Column, Kind
from tests.discovery.rows import Rows, learn

DAY_ROWS = 142.0


def _years(start: int, sigma: float, years: int = 100) -> np.ndarray:
    """Noisy years of even days from `start` on."""
    days = np.where(np.arange(365) < start, 0.0, DAY_ROWS)
    return days + sigma * np.random.default_rng().standard_normal((years, 365))


def _kept(year: slice) -> float:
    return (year.stop - year.start) / 365


def test_a_full_year_keeps_its_ends_though_noise_hides_each_day() -> None:
    """51,830 rows at epsilon 0.1: 0.26 % of the days are lost on average, by `trim` alone 1.5 %. The standard deviation
    of a year is 2.9 %, that of 600 years 0.12 %."""
    lost = [1 - _kept(trim_days(year, 400.0, 365 * DAY_ROWS)) for year in _years(0, 400.0, 600)]
    assert np.mean(lost) < 0.0095, "5.8 standard deviations; once in 3e8"


def test_the_only_year_is_found_where_it_is() -> None:
    """1,500 dates of one year, which stands 5.3 standard deviations out of the noise: found in four of five fits.

    The bar for years beside others would find it in two of five. Of 100 fits, fewer than 60 do once in 300,000.
    """
    places = pa.array(np.random.default_rng(0).integers(11_000, 11_300, 1_500).astype(np.int32)).view(pa.date32())
    rows, column = Rows(seen=places), Column(name="seen", kind=Kind.DATE)
    found = 0
    for _ in range(100):
        edges = learn(rows, column, epsilon=0.0725)[0].columns[0].encoder.edges  # type: ignore[union-attr]
        found += bool(10_950 <= edges[0] < 11_300 and edges[-1] <= 11_400)
    assert found >= 60


def test_days_before_the_first_one_are_cut_off() -> None:
    """On average from day 114 on, with a standard deviation of 15 days; later than day 120 by one or two, if at all."""
    starts = np.array([trim_days(year, 60.0, 245 * DAY_ROWS).start for year in _years(120, 60.0)])
    assert np.mean(starts) > 105, "5.8 standard deviations of 100 years"
    assert np.mean(np.maximum(starts - 120, 0)) < 0.5


def test_no_end_is_cut_that_trim_would_keep() -> None:
    for start, sigma in ((0, 800.0), (40, 400.0), (200, 150.0)):
        for year in _years(start, sigma):
            rows = (365 - start) * DAY_ROWS
            plain, days = trim(year, sigma, rows), trim_days(year, sigma, rows)
            assert days.start in (0, plain.start)
            assert days.stop in (365, plain.stop)
