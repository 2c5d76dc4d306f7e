"""Whether audit candidates can be told apart by their values: if not, no audit answers, and a fit is paid in vain."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.audit.arms import APART, choose, in_both
from synthcli.audit.coins import Coins
from synthcli.audit.neighbours import column_hashes
from synthcli.errors import InvalidAudit
from synthcli.table.digest import digests
from synthcli.table.held import HeldTable
from synthcli.table.schema import Schema
from synthcli.table.source import Source


def refuse_alike(source: Source, schema: Schema, held: HeldTable | None, coins: Coins, wanted: int) -> None:
    """`InvalidAudit` unless so many members, and non-members, have records that the other arm does not have.

    Draws no noise. Columns are looked at one after the other, until they suffice.
    """
    chosen = choose(coins, np.random.default_rng(0))
    numbers, heads = chosen.numbers[chosen.candidate], chosen.trains[chosen.candidate]
    records = np.zeros(len(numbers), dtype=np.uint64)
    for column, cells in enumerate(_columns(source, schema, held, numbers)):
        records += column_hashes(digests(cells, coins.salt), column)[:, 0]
        alone = ~in_both(records, heads)
        if min(np.count_nonzero(alone & heads), np.count_nonzero(alone & ~heads)) >= wanted:
            return
    raise InvalidAudit(  # how many there are stays private
        f"too few rows with audit coins could be compared: their record occurs in both arms, and an audit needs "
        f"{wanted:,} others of each",
        APART,
    )


def _columns(source: Source, schema: Schema, held: HeldTable | None, numbers: NDArray[np.int64]) -> Iterator[pa.Array]:
    """The cells of these rows, ascending, column by column; one pass where the table is not in memory."""
    if held is not None:
        yield from (c.values.take(pa.array(c.index[numbers])) for c in held.columns.values())
        return
    parts, start = [], 0
    for batch in source.batches(schema):
        low, high = np.searchsorted(numbers, (start, start + batch.num_rows))
        parts.append(batch.take(pa.array(numbers[low:high] - start)))
        start += batch.num_rows
    yield from (column.combine_chunks() for column in pa.Table.from_batches(parts).columns)
