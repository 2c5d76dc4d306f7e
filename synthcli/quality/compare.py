"""Real against synthetic rows: each column, each pair of columns, and how good any sample of that size could look."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from synthcli.errors import InputError
from synthcli.metric import Metric
from synthcli.quality.counts import Counts, Resolution, count, resolution
from synthcli.quality.distances import sampling_floor, total_variation
from synthcli.quality.marginals import compare_column
from synthcli.quality.result import Extremes, Quality, RareValues
from synthcli.quality.tails import Tails, compare_tails
from synthcli.table.codec import Codec
from synthcli.table.schema import Schema

Batches = Iterable[pa.RecordBatch]
"""Canonical record batches; read once."""


def compare(codec: Codec, schema: Schema, real: Batches, synthetic: Batches) -> Quality:
    """All rows of both streams, as the codec sees them; `InputError` where either has none."""
    codec = codec.without_gaps()
    fineness = resolution(codec.domain)
    ends = Tails(codec, schema), Tails(codec, schema)
    ours, theirs = (
        count(codec, tails.watch(rows), fineness) for tails, rows in zip(ends, (real, synthetic), strict=True)
    )
    for which, counts in (("real", ours), ("synthetic", theirs)):
        if not counts.rows:
            raise InputError(f"there are no {which} rows to compare", "give a file with rows")
    columns = tuple(compare_column(column, schema[column.column], ours, theirs) for column in codec.columns)
    rare, extremes = compare_tails(codec, schema, *ends)
    return Quality(
        columns=columns,
        attributes=codec.domain.attributes,
        pair_tvd=_matrix(codec.domain.attributes, ours, theirs),
        metrics=(*_metrics(ours, theirs, fineness), *_tail_metrics(rare, extremes, theirs.rows)),
        rare=rare,
        extremes=extremes,
    )


def _matrix(attributes: tuple[str, ...], real: Counts, synthetic: Counts) -> tuple[tuple[float, ...], ...]:
    """Symmetric; a column's own distance on the diagonal."""
    matrix = np.zeros((len(attributes), len(attributes)))
    place = {name: i for i, name in enumerate(attributes)}
    for (name,), table in real.singles.items():
        matrix[place[name], place[name]] = total_variation(table, synthetic.singles[(name,)])
    for (a, b), table in real.pairs.items():
        distance = total_variation(table, synthetic.pairs[(a, b)])
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = distance
    return tuple(tuple(map(float, row)) for row in matrix)


def _metrics(real: Counts, synthetic: Counts, fineness: Resolution) -> tuple[Metric, ...]:
    """Means over the columns and over the pairs, each with its floor."""
    found: list[Metric] = []
    both = (("tvd1", "columns", real.singles, synthetic.singles), ("tvd2", "pairs", real.pairs, synthetic.pairs))
    thinned = fineness.coarse != fineness.domain
    for name, what, ours, theirs in both:
        if not ours:
            continue
        note = f"counted over at most {fineness.most} codes a column" if thinned and name == "tvd2" else ""
        distance = float(np.mean([total_variation(table, theirs[clique]) for clique, table in ours.items()]))
        floor = float(np.mean([sampling_floor(table, synthetic.rows) for table in ours.values()]))
        title = f"Mean total variation distance over all {what}"
        found.append(_exact(f"quality.{name}", distance, synthetic.rows, title, note))
        chance = f"The same for {synthetic.rows:,} rows drawn from the real table itself (expected)"
        found.append(_exact(f"quality.{name}.floor", floor, synthetic.rows, chance, note))
    return tuple(found)


def _tail_metrics(rare: tuple[RareValues, ...], extremes: tuple[Extremes, ...], rows: int) -> Iterator[Metric]:
    """All columns together; nothing where no column has such values."""
    if values := sum(column.values for column in rare):
        lost = sum(column.lost for column in rare) / values
        yield _exact("quality.rare.lost", lost, rows, "Rare values (under 1 % of the real rows) that never come")
    if extremes:
        beyond, real = (
            float(np.mean([getattr(ends, f"{which}below") + getattr(ends, f"{which}above") for ends in extremes]))
            for which in ("", "real_")
        )
        title = "Values beyond the real 1st and 99th percentile, mean over the columns"
        yield _exact("quality.extremes.beyond", beyond, rows, title, f"real rows: {real:.2%}")


def _exact(name: str, value: float, rows: int, title: str, note: str = "") -> Metric:
    """A statement about these very files: there is nothing to be uncertain about."""
    return Metric(id=name, value=value, low=value, high=value, n=rows, title=title, note=note)
