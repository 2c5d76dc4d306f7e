"""The ledger: what every data set may spend, and what was spent, before it is spent.

Reserve (durable) → read → draw noise → commit. A reservation counts as spent from the moment it is made, so that a
crash in between never under-counts. Amounts add up by basic composition (Dwork and Roth 2014, theorem 3.16), as exact
decimals.
"""

import hashlib
import hmac
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import Any

from platformdirs import user_data_dir
from sqlalchemy import Connection, Engine, Row, make_url, select

from synthcli.errors import BudgetRefused, UsageError
from synthcli.privacy.amounts import Amount, delta_amount, epsilon_amount, spell, total
from synthcli.privacy.ledger_records import Account, Reservation, Spend, Status
from synthcli.privacy.ledger_tables import DATASETS, META, SPENDS, NoLedger, connect, file_of, prepare, transaction

__all__ = [
    "Account",
    "Ledger",
    "NoLedger",
    "Reservation",
    "Spend",
    "Status",
    "default_path",
    "ledger_file",
    "ledger_folder",
    "open_ledger",
]


def default_path() -> Path:
    """Where the ledger lies unless somebody says otherwise: in the user's data folder."""
    return Path(user_data_dir("synthcli", appauthor=False)) / "ledger.sqlite"


def open_ledger(place: str | Path | None = None, *, begin: bool = True, reads: bool = False) -> "Ledger":
    """Open a ledger, or begin one: a path of an SQLite file, an SQLAlchemy URL, or the user's own ledger.

    Who only `reads` the budgets and spends of one that is there (not to `begin`) need not be able to write.

    Raises `InputError` for a file that is not a ledger, is damaged, of a newer version, or cannot be written, and its
    kind `NoLedger` where there is none and none is to `begin`.
    """
    folder, flag = ledger_folder(place), _flag(place)
    try:
        engine = connect(default_path() if place is None else place, begin=begin, reads=reads)
        return Ledger(engine, folder, flag=flag, begin=begin)
    except NoLedger as problem:
        hint = f"name another with --ledger, or begin it with: synthcli ledger init NAME --epsilon E --delta D{flag}"
        raise NoLedger(problem.message, hint) from None


def ledger_file(place: str | Path | None = None) -> Path | None:
    """The ledger's file, which need not be there; None for a server, or what whoever opens it will refuse."""
    with suppress(UsageError):
        return default_path() if place is None else file_of(place)
    return None


def ledger_folder(place: str | Path | None = None) -> Path:
    """Where files that belong beside a ledger go; the ledger need not be there."""
    path = None if place is None else file_of(place)
    return (path or default_path()).parent


def _flag(place: str | Path | None) -> str:
    """How the command in a hint names this ledger: not at all, where it is found without being named."""
    if place is None or str(place) == os.environ.get("SYNTHCLI_LEDGER"):
        return ""
    text = str(place)
    return f" --ledger {quote(make_url(text).render_as_string(hide_password=True) if '://' in text else text)}"


class Ledger:
    """Budgets and spends of all data sets; safe to use from many processes at once."""

    def __init__(self, engine: Engine, folder: Path, *, flag: str = "", begin: bool = True) -> None:
        self.folder = folder
        """Where files that belong beside the ledger go."""
        self._engine = engine
        self._flag = flag
        with transaction(engine) as connection:
            self._secret = prepare(connection, begin=begin)

    def command(self, verb: str, dataset: str = "") -> str:
        """The command line for this ledger that a hint gives: `init`, `amend` or `show`."""
        amounts = " --epsilon E --delta D" if verb in ("init", "amend") else ""
        return f"synthcli ledger {verb}{' ' + quote(dataset) if dataset else ''}{amounts}{self._flag}"

    def init(self, dataset: str, epsilon: Amount, delta: Amount) -> Account:
        """Give a data set its budget; what was spent before counts. `UsageError` if it has one."""
        epsilon, delta = epsilon_amount(epsilon), delta_amount(delta)
        _check_name(dataset, f"for example: {self.command('init', 'stops')}")
        with self.transaction() as connection:
            if _budget(connection, dataset):
                raise UsageError(
                    f"data set {dataset!r} has a budget already", f"raise it with: {self.command('amend', dataset)}"
                )
            _set_budget(connection, dataset, epsilon, delta)
            return _account(connection, dataset)

    def amend(self, dataset: str, epsilon: Amount, delta: Amount) -> Account:
        """Raise a data set's budget; the earlier one stays on record. `UsageError` if that would lower it."""
        epsilon, delta = epsilon_amount(epsilon), delta_amount(delta)
        with self.transaction() as connection:
            now = _budget(connection, dataset)
            if now is None:
                raise UsageError(
                    f"data set {dataset!r} has no budget", f"give it one with: {self.command('init', dataset)}"
                )
            if epsilon < now[0] or delta < now[1]:
                raise UsageError(
                    f"this would lower the budget of data set {dataset!r}: it is epsilon {spell(now[0])}, "
                    f"delta {spell(now[1])}",
                    "a budget can only be raised",
                )
            _set_budget(connection, dataset, epsilon, delta)
            return _account(connection, dataset)

    def reserve(
        self,
        dataset: str,
        epsilon: Amount,
        delta: Amount,
        *,
        mechanism: str = "",
        request_digest: str = "",
        note: str = "",
    ) -> Reservation:
        """Set these amounts aside, durably, before any row is read. They count as spent from here on.

        Raises `BudgetRefused`, and records nothing, when the data set's budget does not hold them.
        """
        epsilon, delta = epsilon_amount(epsilon), delta_amount(delta)
        _check_name(dataset, "give another name with --dataset")
        with self.transaction() as connection:
            account = _account(connection, dataset)
            if refusal := self._refusal(account, epsilon, delta):
                raise refusal
            line = SPENDS.insert().values(
                dataset=dataset,
                epsilon=str(epsilon),
                delta=str(delta),
                status=Status.RESERVED,
                mechanism=mechanism,
                request_digest=request_digest,
                artifact_digest="",
                created=_now(),
                host=socket.gethostname()[:255],
                pid=os.getpid(),
                note=note,
            )
            key: int = connection.execute(line.returning(SPENDS.c.id)).scalar_one()
        return Reservation(id=key, dataset=dataset, epsilon=epsilon, delta=delta, unbudgeted=account.left is None)

    def refusal(self, dataset: str, epsilon: Amount, delta: Amount) -> BudgetRefused | None:
        """What `reserve` would raise now, were it called; nothing is reserved."""
        return self._refusal(self.account(dataset), epsilon_amount(epsilon), delta_amount(delta))

    def _refusal(self, account: Account, epsilon: Decimal, delta: Decimal) -> BudgetRefused | None:
        if account.left is None or (epsilon <= account.left[0] and delta <= account.left[1]):
            return None
        return BudgetRefused(
            f"the budget of data set {account.name!r} does not hold epsilon {spell(epsilon)} and delta {spell(delta)}: "
            f"epsilon {spell(account.left[0])} and delta {spell(account.left[1])} are left",
            f"ask for less with --epsilon and --delta, or raise the budget with: {self.command('amend', account.name)}",
        )

    def commit(
        self,
        reservation: Reservation,
        *,
        artifact_digest: str,
        request_digest: str | None = None,
        rho: float | None = None,
    ) -> None:
        """Record what came of it. The amounts stay spent either way."""
        values: dict[str, Any] = {"artifact_digest": artifact_digest, "rho": rho}
        if request_digest is not None:
            values["request_digest"] = request_digest
        self._close(reservation, Status.COMMITTED, values)

    def cancel(self, reservation: Reservation) -> None:
        """Give the amounts back. Legal only before any noise was drawn: the caller answers for that."""
        self._close(reservation, Status.CANCELLED, {})

    def datasets(self) -> tuple[Account, ...]:
        """All data sets that have a budget or spent something, by name."""
        with self.transaction() as connection:
            names = {*connection.scalars(select(DATASETS.c.name)), *connection.scalars(select(SPENDS.c.dataset))}
            return tuple(_account(connection, name) for name in sorted(names))

    def account(self, dataset: str) -> Account:
        """The state of one data set, known or not."""
        with self.transaction() as connection:
            return _account(connection, dataset)

    def history(self, dataset: str) -> tuple[Spend, ...]:
        """Every spend of a data set, cancelled ones too, in order."""
        query = select(SPENDS).where(SPENDS.c.dataset == dataset).order_by(SPENDS.c.id)
        with self.transaction() as connection:
            return tuple(_spend(row) for row in connection.execute(query))

    def find_committed(self, dataset: str, request_digest: str) -> Spend | None:
        """The latest committed spend for this very request."""
        found = [
            spend
            for spend in self.history(dataset)
            if spend.status is Status.COMMITTED and hmac.compare_digest(spend.request_digest, request_digest)
        ]
        return found[-1] if found else None

    def digest(self, data: bytes | Iterable[bytes]) -> str:
        """HMAC-SHA-256 (hex) under the ledger's secret key, of bytes or of chunks, however they are cut."""
        mac = hmac.new(self._secret, digestmod=hashlib.sha256)
        for chunk in (data,) if isinstance(data, bytes) else data:
            mac.update(chunk)
        return mac.hexdigest()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that no other one can come between: all of them first lock the same row (or file)."""
        with transaction(self._engine) as connection:
            connection.execute(select(META.c.id).with_for_update())
            yield connection

    def _close(self, reservation: Reservation, status: Status, values: dict[str, Any]) -> None:
        mine = (SPENDS.c.id == reservation.id) & (SPENDS.c.status == Status.RESERVED)
        with self.transaction() as connection:
            done = connection.execute(SPENDS.update().where(mine).values(status=status, closed=_now(), **values))
            if done.rowcount != 1:
                raise ValueError("this reservation is closed already")


def _budget(connection: Connection, dataset: str) -> tuple[Decimal, Decimal] | None:
    query = select(DATASETS).where(DATASETS.c.name == dataset).order_by(DATASETS.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return (Decimal(row.epsilon), Decimal(row.delta)) if row else None


def _set_budget(connection: Connection, dataset: str, epsilon: Decimal, delta: Decimal) -> None:
    values = {"name": dataset, "epsilon": str(epsilon), "delta": str(delta), "created": _now()}
    connection.execute(DATASETS.insert().values(values))


def _account(connection: Connection, dataset: str) -> Account:
    counts = (SPENDS.c.dataset == dataset) & (SPENDS.c.status != Status.CANCELLED)
    spent = connection.execute(select(SPENDS.c.epsilon, SPENDS.c.delta).where(counts)).all()
    budget = _budget(connection, dataset)
    return Account(
        name=dataset,
        epsilon=budget[0] if budget else None,
        delta=budget[1] if budget else None,
        spent_epsilon=total(Decimal(row.epsilon) for row in spent),
        spent_delta=total(Decimal(row.delta) for row in spent),
        releases=len(spent),
    )


def _spend(row: Row[Any]) -> Spend:
    fields = dict(row._mapping)
    fields.update(epsilon=Decimal(row.epsilon), delta=Decimal(row.delta), status=Status(row.status))
    return Spend(**fields)


def _check_name(dataset: str, hint: str) -> None:
    if not 0 < len(dataset) <= 255 or not dataset.isprintable():
        raise UsageError("a data set's name has 1 to 255 printable characters", hint)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
