"""Where pairs of dates lie, against dates and durations drawn one by one."""

import numpy as np
import pyarrow as pa
import pytest

from synthcli.marginal import Merge
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.duration import DurationEncoder
from synthcli.table.encoders import GridEncoder
from synthcli.table.schema import Kind


def _codec(missing: bool) -> Codec:
    """Periods of three weeks, of unequal days; stays of no day to forty."""
    rng = np.random.default_rng(3)
    edges, columns = np.arange(0, 127), []
    for name in ("begin", "end"):
        encoder = GridEncoder(type=Kind.DATE, edges=edges, decimals=None, missing=missing)
        groups = np.append(np.arange(126) // 21, [6] * missing).astype(np.intp)
        columns.append(ColumnCodec(name, encoder, Merge(groups, rng.random(len(groups)) + 0.2)))
    apart = DurationEncoder(type=Kind.DATE, since="begin", edges=np.array([0, 1, 2, 5, 12, 40]), missing=missing)
    groups = np.array([0, 1, 2, 3, 3, *[4] * missing])
    weights = np.array([2.0, 3.0, 3.0, 1.0, 1.0, *[1.0] * missing])
    return Codec((*columns, ColumnCodec("begin to end", apart, Merge(groups, weights), part_of="end")))


@pytest.mark.parametrize("missing", [False, True])
def test_the_later_date_follows_from_the_earlier_one_and_the_duration(missing: bool) -> None:
    """A million pairs: what 32 days of each period and four of each cell make of it is within 0.004 of them in all."""
    codec, rng, pairs = _codec(missing), np.random.default_rng(4), 1_000_000
    (join,) = codec.durations
    mass = next(join.zeros()).mass
    assert mass is not None and np.all((mass > 0) <= next(join.zeros()).possible)
    begin = rng.choice(126, pairs, p=_shares(codec.columns[0], 126))
    edges = join.duration.encoder.edges
    cell = rng.choice(5, pairs, p=_shares(codec.columns[2], 5))
    end = begin + rng.integers(edges[cell], edges[cell + 1])
    inside = end < 126
    days = [pa.array(at[inside].astype(np.int32)).view(pa.date32()) for at in (begin, end)]
    codes = codec.encode(pa.RecordBatch.from_arrays(days, ["begin", "end"]))
    found = np.zeros(mass.shape)
    np.add.at(found, tuple(codes[name].astype(int) for name in ("begin", "end", "begin to end")), 1.0)
    there = mass[tuple(slice(0, size - missing) for size in mass.shape)]
    assert there.sum() == pytest.approx(1.0)
    apart = np.abs(there - found[tuple(slice(0, size) for size in there.shape)] / inside.sum())
    assert apart.sum() < 0.06 and apart.max() < 0.01
    if missing:
        odds = next(join.zeros()).log_odds()
        lacking = [odds[-1, :, -1], odds[:, -1, -1]]
        assert np.allclose(np.concatenate(lacking), lacking[0][0]), "who lacks a date says nothing of the other one"


def _shares(column: ColumnCodec, cells: int) -> np.ndarray:
    assert column.merge is not None
    weights = column.merge.weights[:cells]
    return weights / weights.sum()


def test_zeros_of_drawn_values_and_of_weekdays_have_no_mass() -> None:
    (join,) = _codec(False).durations
    assert next(join.zeros(drawn=True)).mass is None
