"""Synthetic rows are known again: by their own word, or by what the ledger remembers of released rows.

A model of synthetic rows drifts away from the real ones, generation by generation (Shumailov et al., Nature 2024), and
its epsilon protects nobody. So rows are remembered as they are written, and looked for before a fit.
"""

import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from synthcli.errors import SynthError
from synthcli.privacy.ledger import Ledger, NoLedger, open_ledger
from synthcli.privacy.ledger_releases import ReleasedRows, record_release, releases
from synthcli.row_chance import RowChance
from synthcli.synthesizer import Synthesizer
from synthcli.table.fingerprint import Fingerprint, Match, Sketch, recognise
from synthcli.table.provenance import Provenance
from synthcli.table.row_hash import row_hashes
from synthcli.table.schema import Role
from synthcli.table.source import Source
from synthcli.workflow.requests import Warn

_LOOKED = 1 << 16
"""Rows of a table that are compared with what was released, at most: those with the smallest hashes."""

Columns = tuple[tuple[str, str], ...]
"""Pairs: a column of a table, and the released column that it may be."""


@dataclass(frozen=True)
class Finding:
    """Why a table is taken for synthetic, in words, and of which generation its rows are."""

    why: str
    generation: int


def existing_ledger(place: str | None, warn: Warn) -> Ledger | None:
    """The ledger, if there is one; that it cannot be reached is a warning."""
    try:
        return open_ledger(place, begin=False)
    except NoLedger:
        return None
    except SynthError as problem:
        warn(f"the ledger is left aside: {problem.message}")
        return None


class Memory:
    """What will be remembered of one file's rows, gathered while they are written."""

    def __init__(self, ledger: Ledger, synthesizer: Synthesizer, origin: Provenance, expected: float) -> None:
        """`expected`: how many rows there will be, times how much likelier, at most, a row is than in the release."""
        schema = synthesizer.schema
        self._written = [column.name for column in schema.columns if column.role.is_written]
        self._known = [name for name in self._written if schema[name].role is not Role.SURROGATE]
        self._chance, self._expected = RowChance(synthesizer), expected
        self._ledger, self._key, self._origin = ledger, _key(ledger), origin
        self._sketch = Sketch()
        self._rows = 0

    def add(self, batch: pa.RecordBatch, written: pa.RecordBatch) -> None:
        """Rows as they were drawn, and as they were written."""
        self._rows += batch.num_rows
        self._sketch.add(
            row_hashes([(name, written.column(name)) for name in self._known], self._key),
            lambda rows: self._expected * np.exp(self._chance.log_density(batch.take(pa.array(rows)))),
        )

    def record(self) -> None:
        """Tell the ledger, once the file is there."""
        record_release(
            self._ledger,
            ReleasedRows(
                dataset=self._origin.dataset,
                model=self._origin.model,
                generation=self._origin.generation,
                rows=self._rows,
                columns=json.dumps({"written": self._written, "known": self._known}),
                sketch=self._sketch.fingerprint().to_bytes(),
            ),
        )


def look(source: Source, ledger: Ledger | None) -> tuple[Finding, ...]:
    """Why the table is synthetic, if it is; one pass over it, where the ledger remembers rows of such columns."""
    said = [Finding(f"{claim.where} says that the rows are synthetic", claim.generation) for claim in source.claims]
    best: dict[str, tuple[Match, ReleasedRows]] = {}
    for match, released in _matches(source, ledger):
        if released.dataset not in best or match.share > best[released.dataset][0].share:
            best[released.dataset] = match, released
    known = [
        Finding(
            f"at least {match.share:.1%} of the different rows of {source.name} were released from data set {name!r} "
            f"on {released.created[:10]} ({match.found:,} of {match.looked:,} looked at)",
            released.generation,
        )
        for name, (match, released) in best.items()
    ]
    return (*said, *known)


def _matches(source: Source, ledger: Ledger | None) -> list[tuple[Match, ReleasedRows]]:
    remembered = [] if ledger is None else [(r, _columns(source, r.columns)) for r in releases(ledger)]
    tables = {columns: Sketch(_LOOKED) for _, columns in remembered if columns}
    if ledger is None or not tables:
        return []
    names = {name for columns in tables for name, _ in columns}
    key = _key(ledger)
    for batch in source.raw_batches([name for name in source.columns if name in names]):
        for columns, sketch in tables.items():
            sketch.add(row_hashes([(label, batch.column(name)) for name, label in columns], key))
    found = ((recognise(tables[columns], Fingerprint.from_bytes(r.sketch)), r) for r, columns in remembered if columns)
    return [(match, released) for match, released in found if match is not None]


def _columns(source: Source, listed: str) -> Columns:
    """Which column of the table is which released one: by name or, of as many columns, by place; () if neither.

    A column of nested or binary values is none: no release has such values.
    """
    columns = json.loads(listed)
    if set(columns["known"]) <= set(source.columns):
        found = tuple((name, name) for name in columns["known"])
    elif len(source.columns) == len(columns["written"]):
        places = dict(zip(columns["written"], source.columns, strict=True))
        found = tuple((places[name], name) for name in columns["known"])
    else:
        return ()
    return () if any(own in source.unreadable for own, _ in found) else found


def _key(ledger: Ledger) -> bytes:
    return bytes.fromhex(ledger.digest(b"released rows"))[:16]
