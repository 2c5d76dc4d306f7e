"""Whether audit candidates can be told apart by their values: if not, no audit answers, and a fit is paid in vain."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.audit.arms import APART, choose, more_coins_help
from synthcli.audit.coins import Coins
from synthcli.audit.neighbours import Hashes, column_hashes
from synthcli.errors import InvalidAudit
from synthcli.table.content import batches_of
from synthcli.table.digest import digests
from synthcli.table.held import HeldTable
from synthcli.table.schema import Schema
from synthcli.table.source import Source


def refuse_alike(source: Source, schema: Schema, held: HeldTable | None, coins: Coins, wanted: int) -> None:
    """`InvalidAudit` unless so many members, and as many non-members, have a record that no other row of the table has.

    Draws no noise.
    """
    chosen = choose(coins, np.random.default_rng(0))
    numbers, heads = chosen.numbers[chosen.candidate], chosen.trains[chosen.candidate]
    sums = _running_sums(_columns(source, schema, held, numbers), coins.salt, len(numbers))
    batches = source.batches(schema) if held is None else batches_of(held, schema)
    own = _times(batches, sums, coins) == 1
    if min(np.count_nonzero(own & heads), np.count_nonzero(own & ~heads)) < wanted:
        helps = more_coins_help(coins, int(own.sum()), len(own), wanted)
        raise InvalidAudit(  # how many there are stays private
            f"too few rows with audit coins could be compared: an audit needs {wanted:,} members and {wanted:,} "
            "non-members with a record that no other row of the table has",
            f"{'give a larger --audit-coins; or ' * helps}{APART}",
        )


def _running_sums(columns: Iterator[pa.Array], salt: bytes, rows: int) -> list[Hashes]:
    """What the first column, the first two, and so on up to all of them make of each row."""
    sums, last = [], np.zeros(rows, dtype=np.uint64)
    for column, cells in enumerate(columns):
        last = last + column_hashes(digests(cells, salt), column)[:, 0]
        sums.append(last)
    return sums


def _times(batches: Iterable[pa.RecordBatch], sums: Sequence[Hashes], coins: Coins) -> NDArray[np.int64]:
    """How many rows of the table that stand for a unit have the record of each of these rows, itself among them.

    Rows are left aside at the first column by which they are like none of them.
    """
    records, place = np.unique(sums[-1], return_inverse=True)
    times = np.zeros(len(records), dtype=np.int64)
    start = 0
    for batch in batches:
        rows = np.flatnonzero(coins.represents(start, batch.num_rows))
        found = np.zeros(len(rows), dtype=np.uint64)
        for column, known in enumerate(sums):
            cells = batch.column(column).take(pa.array(rows))
            found = found + column_hashes(digests(cells, coins.salt), column)[:, 0]
            alike = np.isin(found, known)
            rows, found = rows[alike], found[alike]
        times += np.bincount(np.searchsorted(records, found), minlength=len(records))
        start += batch.num_rows
    return times[place]


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
