"""What the ledger knows of audits: the policies that were registered beforehand, and how often each model was tried.

An audit that is repeated until it passes is a selection. So every attempt on a model is counted, before its result is
known, and later ones have to be surer. A policy that is chosen when results are known is no policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from synthcli.privacy.ledger import Ledger
from synthcli.privacy.ledger_tables import ATTEMPTS, POLICIES


@dataclass(frozen=True)
class Attempt:
    """An audit of a model: its number among the different ones, from 1, and the policies registered in time."""

    number: int
    policies: frozenset[str]


def register_policy(ledger: Ledger, dataset: str, digest: str) -> None:
    """From now on models of the data set that no audit has looked at may be judged by this policy."""
    with ledger.transaction() as connection:
        after = connection.execute(select(func.max(ATTEMPTS.c.id))).scalar() or 0
        values = {"dataset": dataset, "digest": digest, "after_attempt": after, "created": _now()}
        connection.execute(POLICIES.insert().values(values))


def attempts(ledger: Ledger, dataset: str, model: str) -> Attempt:
    """The latest attempt on a model (SHA-256); its number is 0 where there was none."""
    with ledger.transaction() as connection:
        known = _ids(connection, model)
        return Attempt(len(known), _in_time(connection, dataset, known))


def attempt(ledger: Ledger, dataset: str, model: str, digest: str) -> Attempt:
    """Count an attempt on a model (SHA-256), durably, before its result is known.

    `digest` is keyed and stands for all that its result depends on: the same one is not counted twice.
    """
    with ledger.transaction() as connection:
        known = _ids(connection, model)
        if digest not in known:
            values = {"dataset": dataset, "model": model, "digest": digest, "created": _now()}
            connection.execute(ATTEMPTS.insert().values(values))
            known = _ids(connection, model)
        return Attempt(list(known).index(digest) + 1, _in_time(connection, dataset, known))


def _in_time(connection: Connection, dataset: str, known: Mapping[str, int]) -> frozenset[str]:
    """Policies that were registered before the first attempt."""
    query = select(POLICIES.c.digest).where(POLICIES.c.dataset == dataset)
    if known:
        query = query.where(POLICIES.c.after_attempt < min(known.values()))
    return frozenset(connection.scalars(query))


def _ids(connection: Connection, model: str) -> dict[str, int]:
    """The attempts on a model, in order."""
    query = select(ATTEMPTS.c.digest, ATTEMPTS.c.id).where(ATTEMPTS.c.model == model).order_by(ATTEMPTS.c.id)
    return {row.digest: row.id for row in connection.execute(query)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
