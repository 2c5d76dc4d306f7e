"""Real against synthetic rows: each column, each pair of columns, and how good any sample of that size could look."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from synthcli.errors import InputError
from synthcli.metric import Metric
from synthcli.quality.counts import Counts, Resolution, count, resolution
from synthcli.quality.distances import sampling_floor, total_variation
from synthcli.quality.marginals import compare_column
from synthcli.quality.result import Quality
from synthcli.table.codec import Codec
from synthcli.table.schema import Schema

Batches = Iterable[pa.RecordBatch]
"""Canonical record batches; read once."""


def compare(codec: Codec, schema: Schema, real: Batches, synthetic: Batches) -> Quality:
    """All rows of both streams, as the codec sees them; `InputError` where either has none."""
    fineness = resolution(codec.domain)
    ours, theirs = count(codec, real, fineness), count(codec, synthetic, fineness)
    for which, counts in (("real", ours), ("synthetic", theirs)):
        if not counts.rows:
            raise InputError(f"there are no {which} rows to compare", "give a file with rows")
    columns = tuple(compare_column(column, schema[column.column], ours, theirs) for column in codec.columns)
    return Quality(
        columns=columns,
        attributes=codec.domain.attributes,
        pair_tvd=_matrix(codec.domain.attributes, ours, theirs),
        metrics=_metrics(ours, theirs, fineness),
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


def _exact(name: str, value: float, rows: int, title: str, note: str) -> Metric:
    """A statement about these very files: there is nothing to be uncertain about."""
    return Metric(id=name, value=value, low=value, high=value, n=rows, title=title, note=note)
