"""What the ledger remembers of released rows, so that they are known again when somebody fits a model on them."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from synthcli.privacy.ledger import Ledger
from synthcli.privacy.ledger_tables import RELEASES


@dataclass(frozen=True, kw_only=True)
class ReleasedRows:
    """One file of rows: of which data set, by which model (SHA-256), and a sketch of them, which is opaque here.

    `columns` is JSON. `created` is UTC, ISO 8601; '' before it is recorded.
    """

    dataset: str
    model: str
    generation: int
    rows: int
    columns: str
    sketch: bytes
    created: str = ""


def record_release(ledger: Ledger, released: ReleasedRows) -> None:
    """Remember released rows; the same rows once more change nothing."""
    digest = hashlib.sha256(released.columns.encode() + b"\n" + released.sketch).hexdigest()
    with ledger.transaction() as connection:
        if connection.execute(select(RELEASES.c.id).where(RELEASES.c.digest == digest)).first() is None:
            values = {name: getattr(released, name) for name in _NAMES}
            created = datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute(RELEASES.insert().values(**values, digest=digest, created=created))


_NAMES = ("dataset", "model", "generation", "rows", "columns", "sketch")


def releases(ledger: Ledger) -> tuple[ReleasedRows, ...]:
    """All that is remembered, the latest first."""
    with ledger.transaction() as connection:
        rows = connection.execute(select(RELEASES).order_by(RELEASES.c.id.desc())).all()
    return tuple(ReleasedRows(**{name: getattr(row, name) for name in _NAMES}, created=row.created) for row in rows)
