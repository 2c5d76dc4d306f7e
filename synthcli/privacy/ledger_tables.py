"""The ledger's tables, and the opening of the database that holds them."""

import errno
import logging
import os
import secrets
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from synthcli.errors import InputError, UsageError

# By itself it prints a traceback where a signal interrupts the closing of a connection.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

VERSION = 1
WAIT_SECONDS = 60.0
"""How long to wait for other processes that write to the ledger."""

_ELSEWHERE = "give another place with --ledger or SYNTHCLI_LEDGER"

_OPTIONS: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}
"""No connection outlives its transaction (processes may fork); no value appears in a database error."""

_READS = "synthcli_reads"
"""The option of an engine that cannot write."""

METADATA = MetaData()

META = Table(
    "synthcli_ledger",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # keys the digests: a plain hash of private data would leak
)

DATASETS = Table(
    "datasets",
    METADATA,
    Column("id", Integer, primary_key=True),  # a raised budget is a new line; the last one counts
    Column("name", String(255), nullable=False, index=True),
    Column("epsilon", String(255), nullable=False),  # amounts are decimal text: binary fractions do not add up exactly
    Column("delta", String(255), nullable=False),
    Column("created", String(32), nullable=False),
)

SPENDS = Table(
    "spends",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("dataset", String(255), nullable=False),
    Column("epsilon", String(255), nullable=False),
    Column("delta", String(255), nullable=False),
    Column("rho", Float),
    Column("status", String(16), nullable=False),
    Column("mechanism", String(255), nullable=False),
    Column("request_digest", String(64), nullable=False),
    Column("artifact_digest", String(64), nullable=False),
    Column("created", String(32), nullable=False),
    Column("closed", String(32)),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("note", String(4000), nullable=False),
)

Index("spends_of_a_dataset", SPENDS.c.dataset, SPENDS.c.status)

RELEASES = Table(
    "releases",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("dataset", String(255), nullable=False),
    Column("model", String(64), nullable=False),  # SHA-256 of the model file
    Column("generation", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Text, nullable=False),  # JSON: which ones were written, and which ones the sketch speaks of
    Column("sketch", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # the same rows once more are no other release
    Column("created", String(32), nullable=False),
)

POLICIES = Table(
    "policies",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("dataset", String(255), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("after_attempt", Integer, nullable=False),  # the last audit of any model when it was registered
    Column("created", String(32), nullable=False),
)

ATTEMPTS = Table(
    "audit_attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("dataset", String(255), nullable=False),
    Column("model", String(64), nullable=False, index=True),  # SHA-256 of the model file
    Column("digest", String(64), nullable=False),  # of all that its result depends on
    Column("created", String(32), nullable=False),
)


class NoLedger(InputError):
    """There is no ledger at that place, and none was to be begun."""


def connect(place: str | Path, *, begin: bool = True, reads: bool = False) -> Engine:
    """An engine for a file or an SQLAlchemy URL. Raises `InputError` or `UsageError`; `NoLedger` unless `begin`.

    A new file gets mode 0600, new folders 0700. SQLite transactions start with BEGIN IMMEDIATE, so that two writers
    queue up instead of reading the same balance, and reach the disk before they count as done. Who only `reads` may do
    so where the file cannot be written.
    """
    path = file_of(place)
    if path is None:
        with _explained_url():
            return create_engine(str(place), isolation_level="READ COMMITTED", **_OPTIONS)
    if not begin and not path.exists():
        raise NoLedger(f"there is no ledger {path}")
    if reads and path.is_file() and not _is_writable(path):
        return _sqlite_to_read(path)
    return _sqlite(path)


def file_of(place: str | Path) -> Path | None:
    """The ledger's file; None for a database server. `UsageError` for a URL that means nothing."""
    text = str(place)
    if "://" not in text:
        return Path(text).expanduser().absolute()
    with _explained_url():
        url = make_url(text)
        if url.get_backend_name() != "sqlite":
            return None
    if not url.database or url.database == ":memory:":
        raise UsageError("a ledger in memory forgets what was spent", "give --ledger a path")
    return Path(url.database).absolute()


@contextmanager
def _explained_url() -> Iterator[None]:
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise UsageError(
            "the ledger's URL names no database that can be opened here",
            "give a path, or an SQLAlchemy URL whose driver is installed",
        ) from None


def _sqlite(path: Path) -> Engine:
    _make(path)
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": WAIT_SECONDS}, **_OPTIONS)

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver would delay BEGIN until the first write
        connection.execute("PRAGMA synchronous = EXTRA")  # the folder too is synced before COMMIT returns

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _is_writable(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError as problem:
        return problem.errno not in (errno.EROFS, errno.EACCES, errno.EPERM)
    return True


def _sqlite_to_read(path: Path) -> Engine:
    """For a file that cannot be written: SQLite locks it all the same, and refuses half a transaction."""
    place = f"file:{quote(os.fsencode(path))}?mode=ro"
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        creator=lambda: sqlite3.connect(place, uri=True, timeout=WAIT_SECONDS, isolation_level=None),
        execution_options={_READS: True},
        **_OPTIONS,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _make(path: Path) -> None:
    """Make the file and its folders, for the owner alone; refuse what cannot be a ledger."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        os.close(descriptor)
    except OSError as problem:
        raise InputError(f"the ledger {path} cannot be opened for writing: {problem.strerror}", _ELSEWHERE) from None
    if not regular:
        raise InputError(f"the ledger {path} is not a regular file", _ELSEWHERE)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction; database errors become an `InputError` that says what the user can do."""
    try:
        with engine.begin() as connection:
            yield connection
    except (SQLAlchemyError, sqlite3.Error) as problem:
        raise _explained(engine, str(problem.__cause__ or problem)) from None


def prepare(connection: Connection, *, begin: bool = True) -> bytes:
    """Check that the database is a ledger that we understand; returns its secret key.

    An empty one is laid out; `NoLedger` for it unless `begin`.
    """
    if not inspect(connection).has_table(META.name):
        if connection.dialect.name == "sqlite" and inspect(connection).get_table_names():
            raise InputError("the ledger's file is a database of another program", _ELSEWHERE)
        if not begin:
            raise NoLedger("there is no ledger in this database")
        META.create(connection)
        connection.execute(META.insert().values(id=1, version=VERSION, secret=secrets.token_bytes(32)))
    row = connection.execute(select(META.c.version, META.c.secret)).one()
    if row.version > VERSION:
        raise InputError(f"the ledger is of version {row.version}, newer than this program", "upgrade synthcli")
    if not connection.get_execution_options().get(_READS):
        METADATA.create_all(connection)  # what an earlier version of this program did not have
    return bytes(row.secret)


def _explained(engine: Engine, reason: str) -> InputError:
    name = f"the ledger {engine.url.database}" if engine.dialect.name == "sqlite" else "the ledger's database"
    if "locked" in reason:
        return InputError(
            f"{name} has been locked by another process for {WAIT_SECONDS:.0f} seconds", "wait, and run this again"
        )
    if engine.get_execution_options().get(_READS) and ("readonly" in reason or "unable to open" in reason):
        return InputError(
            f"{name} cannot be read: it cannot be opened, or a process ended while it wrote, and it cannot be written",
            "run this once where it can be read and written",
        )
    if "readonly" in reason or "unable to open" in reason:
        return InputError(f"{name} cannot be written", _ELSEWHERE)
    if "full" in reason or "disk I/O" in reason:
        return InputError(f"{name} cannot be written: the disk is full or fails", "free some space, and run this again")
    if engine.dialect.name == "sqlite":
        return InputError(
            f"{name} is not a ledger, or is damaged", "correct --ledger, or restore it from a backup; start no new one"
        )
    return InputError(f"{name} cannot be reached or refuses to answer", "check the URL given with --ledger")
