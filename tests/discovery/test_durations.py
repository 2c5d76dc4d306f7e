"""The look at how far two ordered dates are apart: which pairs, on which public grid, and what comes of it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from synthcli.discovery.budget import plan_discovery
from synthcli.discovery.discover import discover
from synthcli.discovery.durations import Pair, encoder_of, named, pairs_of, tapering
from synthcli.discovery.facts import resolve
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator
from synthcli.table.calendar import DAY, HOUR
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.duration import SHORT, DurationEncoder
from synthcli.table.rules.kinds import Order
from synthcli.table.schema import Column, Kind, Schema
from tests.discovery.rows import Rows

BEGIN, END = Column(name="begin", kind=Kind.DATE), Column(name="end", kind=Kind.DATE)
STRICT = Pair("begin", "end", True)


def _schema(*orders: Order, kind: Kind = Kind.DATE, **facts: object) -> Schema:
    columns = tuple(Column(name=name, kind=kind, **facts) for name in ("begin", "moved", "end", "paid"))  # type: ignore[arg-type]
    return Schema(name="t", columns=columns, rules=orders)


def test_pairs_are_neighbours_in_a_rule_and_share_no_column() -> None:
    four = ("begin", "moved", "end", "paid")
    orders = Order(columns=four[:3]), Order(columns=("end", "paid"), strict=True)
    assert pairs_of(_schema(*orders), four) == (Pair("begin", "moved", False), Pair("end", "paid", True))
    assert pairs_of(_schema(*orders), ("begin", "end", "paid")) == (Pair("end", "paid", True),)
    assert pairs_of(_schema(), four) == ()
    assert pairs_of(_schema(orders[0]), four) == (Pair("moved", "end", False),), "the last one of a chain"
    assert pairs_of(_schema(Order(columns=four)), four) == (Pair("end", "paid", False), Pair("begin", "moved", False))
    two = (orders[0], Order(columns=("begin", "end")))
    assert pairs_of(_schema(*reversed(two)), four) == (Pair("begin", "end", False),)


@pytest.mark.parametrize(
    ("kind", "facts", "durations"),
    [
        (Kind.DATE, {}, 1),
        (Kind.DATETIME, {"decimals": None}, 1),
        (Kind.INTEGER, {}, 0),
    ],
)
def test_they_are_dates_whose_cells_are_learnt(kind: Kind, facts: dict[str, object], durations: int) -> None:
    schema = _schema(Order(columns=("begin", "end")), kind=kind, **facts)
    for binned in (True, False):
        assert len(plan_discovery(resolve(schema), binned=binned).durations) == durations


def _encoder(pair: Pair, kind: Kind, first: int, last: int, grain: int = 1) -> DurationEncoder | None:
    edges = np.array([first, first + 1]), np.array([last - 1, last])
    both = replace(BEGIN, kind=kind), replace(END, kind=kind, required=True)
    return encoder_of(pair, both, edges, (grain, grain))


def test_a_grid_reaches_as_far_as_the_grids_of_both_dates_do() -> None:
    """Its edges are a function of theirs, which are paid for, and of nothing else."""
    for last in (*range(1, 70), 1_000, 36_525, 2**21 - 1, 2**21, 2**21 + 1):
        found = _encoder(Pair("begin", "end", False), Kind.DATE, 0, last)
        assert found is not None and found.missing
        assert found.edges[0] == 0 and found.edges[-2] < last <= found.edges[-1]
        assert np.array_equal(found.edges[:16], np.arange(min(len(found.edges), 16)))
        assert found.cells < 180
        wide = np.diff(found.edges)[16:] / found.edges[16:-1]
        assert np.all(wide <= 1 / 8)
    assert _encoder(STRICT, Kind.DATE, 0, 1) is None
    strict = _encoder(STRICT, Kind.DATE, 5, 50)
    assert strict is not None and strict.edges[0] == 1
    assert _encoder(Pair("begin", "end", False), Kind.DATE, 100, 20) is None


@pytest.mark.parametrize("grain", [1, HOUR // 60, HOUR // 4, HOUR, DAY])
def test_times_have_octaves_of_their_unit_and_then_days(grain: int) -> None:
    found = _encoder(Pair("begin", "end", False), Kind.DATETIME, 0, 900 * DAY, grain)
    assert found is not None
    within, beyond = found.edges[found.edges < DAY], found.edges[found.edges >= DAY]
    assert SHORT in within or grain == DAY
    assert not np.any(within % grain) and not np.any(beyond % DAY)
    assert beyond[-2] < 900 * DAY <= beyond[-1]
    assert found.cells < 360


def test_no_column_is_called_like_it() -> None:
    assert named(STRICT, {"begin"}) == "begin to end"
    assert named(STRICT, {"begin to end", "begin to end*"}) == "begin to end**"


def test_a_mass_that_is_known_together_tapers_off() -> None:
    shares = tapering(np.array([0, 1, 2, 4, 8, 16, 32, 64, 128, 256]), np.array([5.0, 9, 9, 1, 1, 0, 0, 0, 0]))
    assert np.all(np.diff(shares / np.diff([0, 1, 2, 4, 8, 16, 32, 64, 128, 256])) < 0)
    assert np.all(shares > 0)
    assert shares[-1] / shares[-2] == pytest.approx(1 / 4, abs=0.01)
    assert np.all(np.isfinite(tapering(np.array([0, 1, 2]), np.array([-3.0, -4.0]))))


def _learnt(begin: np.ndarray, days: np.ndarray, rule: Order | None) -> Codec:
    dates = [pa.array(at.astype(np.int32)).view(pa.date32()) for at in (begin, begin + days)]
    schema = Schema(name="t", columns=(BEGIN, END), rules=() if rule is None else (rule,))
    facts = resolve(schema)
    needs = plan_discovery(facts)
    curator = Curator(Rows(begin=dates[0], end=dates[1]), Budget.of(5.0, 1e-6, 0.0))
    return discover(facts, needs, curator, curator.remaining_rho, 0.0, lambda stage, done: None)


def _duration(codec: Codec) -> ColumnCodec:
    (duration,) = (c for c in codec.columns if isinstance(c.encoder, DurationEncoder))
    return duration


def test_stays_of_a_few_days_are_learnt_within_the_bounds_of_the_dates() -> None:
    """KS distances are 0.0007 on average, with a standard deviation of 0.0003. Noise in the far tail passes for a thin
    one in about a fit of twenty (22 of 400), in eight of eight once in ten billion."""
    rng = np.random.default_rng(3)
    begin, days = rng.integers(18_000, 18_700, 100_000), np.floor(rng.lognormal(1.2, 0.8, 100_000)).astype(int)
    codecs = [_learnt(begin, days, Order(columns=("begin", "end"))) for _ in range(8)]
    codec = min(codecs, key=lambda codec: _duration(codec).encoder.edges[-1])
    duration = _duration(codec)
    assert (duration.name, duration.column, duration.reads) == ("begin to end", "end", ("begin", "end"))
    edges, shares = duration.encoder.edges, duration.merge.weights[:-1] / duration.merge.weights[:-1].sum()
    real = np.histogram(days, np.append(edges, np.inf))[0] / len(days)
    assert np.abs(np.cumsum(shares) - np.cumsum(real[:-1])).max() < 0.01
    assert edges[-1] < 400, "the grid of two years is cut where no stay is seen"
    assert {zeros.clique for zeros in codec.zeros} >= {("begin", "end"), ("begin", "end", "begin to end")}


def test_where_no_row_keeps_the_rule_durations_are_left_out() -> None:
    """All ends lie years before all begins: what is known of them all is that they are wrong."""
    begin = np.random.default_rng(1).integers(18_000, 18_300, 3_000)
    codec = _learnt(begin, np.full(3_000, -4_000), Order(columns=("begin", "end")))
    assert not codec.durations
    assert any(zeros.clique == ("begin", "end") for zeros in codec.zeros)
    assert not _learnt(begin, np.full(3_000, 5), None).durations
