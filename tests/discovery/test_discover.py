"""The domain learnt from the budget: right where the mass is, and never a private value."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from synthcli.discovery.survey import DecimalPlaces
from synthcli.marginal import Merge
from synthcli.privacy.budget import Budget
from synthcli.table.hierarchy import Hierarchy
from synthcli.table.schema import Column, Kind, Role
from tests.discovery.rows import Rows, drawn_from, learn


def test_a_skewed_column_keeps_its_spike_its_body_and_its_tail() -> None:
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(20_000) < 0.9, 0, rng.lognormal(8, 1, 20_000)).astype(np.int64)
    rows = Rows(gain=pa.array(gain))
    codec, _ = learn(rows, Column(name="gain", kind=Kind.INTEGER))
    drawn = drawn_from(codec, rows)["gain"].to_numpy()
    assert np.mean(drawn == 0) == pytest.approx(np.mean(gain == 0), abs=0.01)
    for level in (0.93, 0.95, 0.99):
        assert np.quantile(drawn, level) == pytest.approx(np.quantile(gain, level), rel=0.15)
    assert drawn.min() >= 0


def test_ages_are_learnt_to_the_year() -> None:
    rng = np.random.default_rng(0)
    age = rng.integers(17, 91, 20_000)
    rows = Rows(age=pa.array(age, mask=rng.random(20_000) < 0.1))
    codec, _ = learn(rows, Column(name="age", kind=Kind.INTEGER))
    drawn = drawn_from(codec, rows)["age"]
    assert drawn.null_count == rows.batch.column("age").null_count
    values = drawn.drop_null().to_numpy()
    assert np.quantile(values, [0.001, 0.999]) == pytest.approx([17, 90], abs=2)
    assert 16 <= values.min() <= values.max() < 128, "the octaves around the mass bound everything"
    assert np.median(values) == pytest.approx(np.median(age), abs=1.5)


def test_decimals_are_learnt() -> None:
    rng = np.random.default_rng(0)
    rows = Rows(price=pa.array(np.round(rng.gamma(2, 10, 5_000), 2)))
    codec, _ = learn(rows, Column(name="price", kind=Kind.NUMBER))
    drawn = drawn_from(codec, rows)["price"].to_numpy()
    assert np.array_equal(drawn, np.round(drawn, 2))
    assert len(np.unique(drawn)) > 500


def test_dates_keep_their_span_and_trend() -> None:
    rng = np.random.default_rng(0)
    day = date(2017, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
    days = day + np.minimum(rng.integers(0, 365, 20_000), rng.integers(0, 365, 20_000))
    rows = Rows(seen=pa.array(days.astype(np.int32)).view(pa.date32()))
    codec, _ = learn(rows, Column(name="seen", kind=Kind.DATE))
    drawn = drawn_from(codec, rows)["seen"].view(pa.int32()).to_numpy()
    assert abs(int(drawn.min()) - int(days.min())) <= 5
    assert abs(int(drawn.max()) - int(days.max())) <= 20
    assert np.median(drawn) == pytest.approx(np.median(days), abs=4)


def test_frequent_categories_are_found_and_rare_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    towns = np.array(["Ur", "Uruk", "Lagash"])[rng.integers(0, 3, 6_000)]
    towns[0] = "a person lived here alone"
    rows = Rows(town=pa.array(towns))
    codec, curator = learn(rows, Column(name="town", kind=Kind.STRING))
    assert codec.columns[0].encoder.labels() == ("Lagash", "Ur", "Uruk", "(other)", "(missing)")
    assert set(drawn_from(codec, rows)["town"].to_pylist()) == {"Lagash", "Ur", "Uruk"}
    assert 0 < curator.spent[1] <= 5e-7


def test_nothing_is_spent_on_what_is_declared() -> None:
    rows = Rows(sex=pa.array(["f", "m"] * 50), age=pa.array(range(100)), ok=pa.array([True, None] * 50))
    codec, curator = learn(
        rows,
        Column(name="sex", kind=Kind.STRING, categories=("f", "m"), required=True),
        Column(name="age", kind=Kind.INTEGER, minimum=0, maximum=99, required=True),
        Column(name="ok", kind=Kind.BOOLEAN),
    )
    assert curator.spent == (0.0, 0.0)
    assert codec.domain.shape == (2, 100, 3)
    assert drawn_from(codec, rows)["age"].to_pylist() == list(range(100))


def test_a_hierarchy_declares_categories_and_reaches_the_domain() -> None:
    tree = Hierarchy((("Ur", "south"), ("Uruk", "south"), ("Kish", "north")))
    rows = Rows(town=pa.array(["Ur", "Kish", None] * 50))
    codec, curator = learn(rows, Column(name="town", kind=Kind.STRING, categories=tree.values, hierarchy=tree))
    assert curator.spent == (0.0, 0.0)
    assert codec.domain.levels["town"].tolist() == [[0, 0, 1, -1]]
    merged = codec.merged({"town": Merge(np.array([0, 0, 1, 2]), np.ones(4))})
    assert not merged.domain.levels, "merged codes have no place in it"


def test_declared_bounds_hold_whatever_the_noise() -> None:
    rng = np.random.default_rng(0)
    rows = Rows(x=pa.array(rng.random(200) * 3.0), n=pa.array(rng.integers(5, 5000, 200)))
    codec, _ = learn(
        rows,
        Column(name="x", kind=Kind.NUMBER, minimum=0.5, maximum=2.5, decimals=3),
        Column(name="n", kind=Kind.INTEGER, minimum=5, maximum=4999),
        epsilon=0.1,
    )
    codes = {c.name: np.repeat(np.arange(c.size, dtype=np.uint8), 50) for c in codec.columns}
    for column, low, high in zip(codec.columns, (0.5, 5), (2.5, 4999), strict=True):
        values = column.decode(codes[column.name], np.random.default_rng(0)).drop_null().to_numpy()
        assert low <= values.min() <= values.max() <= high


def test_discovery_spends_no_more_than_its_share() -> None:
    rng = np.random.default_rng(0)
    rows = Rows(
        town=pa.array(np.array(["Ur", "Uruk"])[rng.integers(0, 2, 500)]),
        n=pa.array(rng.integers(0, 9, 500)),
        x=pa.array(rng.normal(size=500)),
    )
    columns = [Column(name=n, kind=k) for n, k in (("town", Kind.STRING), ("n", Kind.INTEGER), ("x", Kind.NUMBER))]
    _, curator = learn(rows, *columns, epsilon=1.0)
    rho = Budget.of(1.0, 1e-6, 5e-7).rho
    assert 0.15 * rho < curator.spent[0] <= 0.21 * rho


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_tiny_tables_give_a_working_codec(rows: int) -> None:
    table = Rows(n=pa.array([7] * rows, pa.int64()), town=pa.array(["Ur"] * rows, pa.string()))
    codec, _ = learn(table, Column(name="n", kind=Kind.INTEGER), Column(name="town", kind=Kind.STRING), epsilon=0.5)
    codec.decode({c.name: np.arange(c.size, dtype=np.uint8)[:2] for c in codec.columns}, np.random.default_rng(0))


def test_decimal_places_are_read_off_values() -> None:
    values = pa.array([1.0, 0.5, 0.25, 1.999, 1e-7, 123456.78, None])
    assert DecimalPlaces().encode(values).tolist()[:6] == [0, 1, 2, 3, 7, 2]


def test_numbers_of_few_levels_keep_them_exactly() -> None:
    """Logarithms of small counts: no grid would hit them."""
    rng = np.random.default_rng(0)
    levels = np.round(np.log(rng.integers(1, 6, 6_000)), 6)
    rows = Rows(lfam=pa.array(levels))
    scale = ("0.0", "0.693147", "1.098612", "1.386294", "1.609438")
    observed = Column(name="lfam", kind=Kind.NUMBER, categories=scale, ordered=True, observed=frozenset({"categories"}))
    codec, curator = learn(rows, observed)
    assert np.array_equal(drawn_from(codec, rows)["lfam"].to_numpy(), levels)
    labels = codec.columns[0].encoder.labels()[:5]
    assert [float(label) for label in labels] == sorted(set(levels))
    assert curator.spent[0] > 0


def test_a_narrow_range_far_from_zero_is_resolved() -> None:
    """Latitudes of one town lie in a thousandth of an octave."""
    rng = np.random.default_rng(0)
    latitude = np.round(44.95 + 0.02 * rng.standard_normal(20_000), 6)
    rows = Rows(lat=pa.array(latitude))
    codec, _ = learn(rows, Column(name="lat", kind=Kind.NUMBER))
    drawn = drawn_from(codec, rows)["lat"].to_numpy()
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.quantile(drawn, level) == pytest.approx(np.quantile(latitude, level), abs=0.01)
    assert np.abs(drawn - 44.95).max() < 0.55


def _stamps(rows: int, days: int, by_hour: bool) -> np.ndarray:
    """Microseconds of that many days from Monday, 1 January 2018: working hours of working days, or any time at all."""
    rng = np.random.default_rng(0)
    day = rng.integers(0, days, 3 * rows)
    day = day[day % 7 < 5][:rows] if by_hour else day[:rows]
    hour = rng.integers(8, 17, rows) if by_hour else rng.integers(0, 24, rows)
    return ((17_532 + day) * 24 + hour) * 3_600_000_000


def test_weekdays_hours_and_the_unit_of_time_are_learnt() -> None:
    rows = Rows(seen=pa.array(_stamps(20_000, 365, by_hour=True)).view(pa.timestamp("us")))
    codec, _ = learn(rows, Column(name="seen", kind=Kind.DATETIME, required=True))
    assert [c.name for c in codec.columns] == ["seen", "seen (weekday)", "seen (hour)"]
    drawn = drawn_from(codec, rows)["seen"].view(pa.int64()).to_numpy() // 3_600_000_000
    assert np.all(drawn_from(codec, rows)["seen"].view(pa.int64()).to_numpy() % 3_600_000_000 == 0)
    assert set(drawn % 24) == set(range(8, 17))
    assert np.mean((drawn // 24 + 3) % 7 < 5) > 0.995


def test_months_are_learnt_where_the_periods_are_longer() -> None:
    rng = np.random.default_rng(0)
    day = 40 * 365 + rng.integers(0, 40 * 365, 80_000)
    june = day[(day.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12) == 5]
    rows = Rows(born=pa.array(june.astype(np.int32)).view(pa.date32()))
    codec, _ = learn(rows, Column(name="born", kind=Kind.DATE))
    assert [c.name for c in codec.columns] == ["born", "born (month)"]
    drawn = drawn_from(codec, rows)["born"].drop_null().view(pa.int32()).to_numpy()
    assert np.mean(drawn.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 == 5) > 0.99


def test_what_is_even_in_dates_costs_no_attribute() -> None:
    stamps = pa.array(_stamps(20_000, 364, by_hour=False), mask=np.arange(20_000) % 3 == 0)
    rows = Rows(seen=stamps.view(pa.timestamp("us")))
    codec, _ = learn(
        rows, Column(name="seen", kind=Kind.DATETIME), Column(name="seen (hour)", kind=Kind.BOOLEAN, role=Role.DROP)
    )
    assert [c.name for c in codec.columns] == ["seen"]


def test_attributes_of_a_date_take_no_column_s_name() -> None:
    stamps = pa.array(_stamps(5_000, 28, by_hour=True)).view(pa.timestamp("us"))
    rows = Rows(**{"seen": stamps, "seen (hour)": pa.array([True, False] * 2_500)})
    codec, _ = learn(rows, Column(name="seen", kind=Kind.DATETIME), Column(name="seen (hour)", kind=Kind.BOOLEAN))
    assert "seen (hour)*" in codec.domain.attributes
    assert codec.names == ("seen", "seen (hour)")


@pytest.mark.parametrize("low", [-(2**63), 0, 2**63 - 3, 2**63 - 2])
def test_the_whole_range_of_64_bits_may_be_declared(low: int) -> None:
    """Up to 2^63 - 1, which counts as the number before it: no edge lies above it."""
    values = [low] * 300 + [2**63 - 1] * 300
    codec, _ = learn(
        Rows(x=pa.array(values, pa.int64())),
        Column(name="x", kind=Kind.INTEGER, minimum=low, maximum=2**63 - 1, required=True),
    )
    encoder = codec.columns[0].encoder
    back = encoder.decode(encoder.encode(pa.array(values, pa.int64())), np.random.default_rng(0)).to_pylist()
    assert min(back) >= low and max(back) < 2**63 - 1


def test_levels_that_the_noise_hides_leave_the_numbers_their_shape() -> None:
    """Three hundred interest rates of a hundred rows each: no key stands clear, but a grid does."""
    rng = np.random.default_rng(0)
    scale = np.round(np.linspace(5.31, 30.94, 300), 2)
    rates = scale[rng.integers(0, 300, 30_000)]
    rows = Rows(rate=pa.array(rates))
    names = tuple(map(str, scale.tolist()))
    observed = Column(name="rate", kind=Kind.NUMBER, categories=names, ordered=True, observed=frozenset({"categories"}))
    codec, _ = learn(rows, observed, epsilon=0.5)
    drawn = drawn_from(codec, rows)["rate"].to_numpy()
    assert np.array_equal(drawn, np.round(drawn, 2))
    for level in (0.05, 0.5, 0.95):
        assert np.quantile(drawn, level) == pytest.approx(np.quantile(rates, level), abs=1.5)


def test_a_mechanism_that_merges_codes_gets_fine_ones() -> None:
    rng = np.random.default_rng(0)
    rows = Rows(
        x=pa.array(rng.gamma(2, 1000, 5_000)), seen=pa.array(rng.integers(0, 900, 5_000), pa.int32()).view(pa.date32())
    )
    columns = Column(name="x", kind=Kind.NUMBER), Column(name="seen", kind=Kind.DATE)
    codec, curator = learn(rows, *columns, binned=False)
    fine, dates = codec.columns[:2]
    assert fine.merge is None and fine.ordinal == fine.size - 1 > 150, "on a scale, and missing beside it"
    assert dates.merge is not None
    assert curator.spent[0] < learn(rows, *columns)[1].spent[0]


def test_a_column_without_a_clue_stays_near_zero() -> None:
    """Nearly all values are missing, and what is there drowns in noise."""
    rows = Rows(era=pa.array([3, 4, 5] + [None] * 5_000, pa.int64()))
    for _ in range(20):
        codec, _ = learn(rows, Column(name="era", kind=Kind.INTEGER), epsilon=0.05)
        edges = codec.columns[0].encoder.edges  # type: ignore[union-attr]
        assert -1024 <= edges[0] < edges[-1] <= 1024
