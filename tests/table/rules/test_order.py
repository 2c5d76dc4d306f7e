"""Values put in order inside their cells."""

import numpy as np
import pyarrow as pa

from synthcli.table.calendar import DAY, HOUR, Part, PartEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import GridEncoder
from synthcli.table.rules.kinds import Order
from synthcli.table.rules.order import Ordering
from synthcli.table.schema import Column, Kind, Schema

ROWS = 300


def _seven_times(grain: int, *parts: Part) -> tuple[Codec, Schema]:
    names = tuple("abcdefg")
    day = GridEncoder(type=Kind.DATETIME, edges=np.array([0, DAY]), decimals=None, missing=False, grain=grain)
    encoders = [PartEncoder(part=part, type=Kind.DATETIME, missing=False) for part in parts]
    columns = [[ColumnCodec(n, day), *(ColumnCodec(f"{n} ({e.part})", e, part_of=n) for e in encoders)] for n in names]
    codec = Codec(tuple(column for mine in columns for column in mine))
    return codec, Schema(
        name="t",
        columns=tuple(Column(name=name, kind=Kind.DATETIME, required=True) for name in names),
        rules=(Order(columns=names),),
    )


def _kept(codec: Codec, schema: Schema) -> np.ndarray:
    rng = np.random.default_rng(0)
    codes = {c.name: rng.integers(0, c.size, ROWS) for c in codec.columns}
    batch = Ordering(schema, codec, drawn=True).keep(codec.decode(codes, rng), codes, rng)
    return np.stack([batch.column(name).view(pa.int64()).to_numpy() for name in codec.names])


def test_seven_times_of_one_day_come_in_order_and_in_their_unit() -> None:
    """By chance they would be in order once in 5,040 times: most rows are drawn one value after the other."""
    places = _kept(*_seven_times(HOUR // 4))
    assert np.all(np.diff(places, axis=0) >= 0)
    assert np.all((places >= 0) & (places < DAY))
    assert np.all(places % (HOUR // 4) == 0)


def test_order_comes_before_the_hour() -> None:
    places = _kept(*_seven_times(1, Part.HOUR))
    assert np.all(np.diff(places, axis=0) >= 0)
    assert np.all((places >= 0) & (places < DAY))
