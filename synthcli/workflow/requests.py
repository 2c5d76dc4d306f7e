"""What each job is asked to do. The command line and the release file both end up here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synthcli.errors import UsageError
from synthcli.privacy.ledger import ledger_file, ledger_folder
from synthcli.table.dialect import Dialect
from synthcli.table.source import table_files
from synthcli.workflow.coins_place import kept_coins

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done (0 … 1)."""


MOST_ROWS = 10**12
"""Rows, or persons, of one sample: beyond it numbers no longer count exactly, and no disk holds them."""

SHADOWS = 32
"""Shadow fits of a deep audit where no number is given."""

Warn = Callable[[str], None]
"""Called with what needs a person's attention before the job goes on."""


def mute(text: str) -> None:
    """Warnings for nobody."""


def silent(stage: str, done: float) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """Learn a model. `epsilon` and `delta` keep the user's own digits, since the ledger adds them up exactly."""

    data: str
    schema: Path
    output: Path
    epsilon: str
    delta: str = "1e-9"
    mechanism: str = "sieve"
    public_domain: tuple[str, ...] = ()
    """Columns whose observed facts the steward declares public; ('all',) for every column."""
    audit_coins: float = 0.0
    policy: Path | None = None
    """That of the audit, which says how many rows the coins must give it."""
    dataset: str | None = None
    ledger: str | None = None
    dialect: Dialect | None = None
    max_cells: int | None = None
    target: str | None = None
    """The column that the rows are to predict: the workload leans toward it."""
    workload: Path | None = None
    """A file that names the marginals that matter; all pairs without one."""
    privacy_unit: str | None = None
    """The column whose values tell whose rows are whose; the schema's, or the row, without it."""
    max_rows_per_unit: int | None = None
    """How many rows of one unit are counted; there is no default where there is a unit."""
    persons: bool | None = None
    """Model persons with several rows each; by default where the schema marks person-level columns."""
    force: bool = False
    refit: bool = False
    allow_synthetic: bool = False
    """Fit though the table is known to be synthetic: the steward's word that this is meant, and public."""

    @property
    def inputs(self) -> tuple[Path | None, ...]:
        """The files that the job reads: no output may be one of them."""
        return (*table_files(self.data), self.schema, self.policy, self.workload, ledger_file(self.ledger))


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """Draw rows from a model. Without `rows`, as many as the model's noisy row count."""

    model: Path
    output: str
    rows: int | None = None
    """Of a model of persons: how many persons."""
    persons: str | None = None
    """A file of its own for the persons; the output then holds their events."""
    seed: int | None = None
    where: str | None = None
    """The condition that all rows satisfy."""
    balance: str | None = None
    """A column, and how often its values are wanted."""
    replicates: int | None = None
    """Independent files, numbered from 1."""
    ledger: str | None = None
    """Remembers the rows, if it exists, so that they are known again."""
    force: bool = False

    def __post_init__(self) -> None:
        """Raises `UsageError` for more rows than can be counted."""
        if self.rows is not None and self.rows > MOST_ROWS:
            raise UsageError(f"--rows is at most {MOST_ROWS:,}", "sample several times, each with its own --seed")

    @property
    def inputs(self) -> tuple[Path | None, ...]:
        """The files that the job reads: no output may be one of them."""
        return (self.model, ledger_file(self.ledger))


@dataclass(frozen=True, kw_only=True)
class AuditRequest:
    """Attack a synthetic file. Without `coins`, the coins that lie beside the ledger under the model's commitment."""

    data: str
    synthetic: str
    model: Path
    policy: Path | None = None
    coins: Path | None = None
    output: Path | None = None
    ledger: str | None = None
    dialect: Dialect | None = None
    seed: int = 0
    secrets: tuple[str, ...] = ()
    """Columns to infer; by default each in turn."""
    link: str | None = None
    """Two column lists to link, "A,B:C,D"; by default halves by lot."""
    subgroups: tuple[str, ...] = ()
    """Conditions, each a subgroup to attack by itself."""
    by: tuple[str, ...] = ()
    """Columns each of whose values is such a subgroup."""
    shadows: int = 0
    """Fits of the release's own algorithm on coins tossed anew, for the attack that learns from them."""
    public: Path | None = None
    """Where the public result goes, which `public_epsilon` of the data set's budget pays for."""
    public_epsilon: str = "0.5"
    beside: tuple[Path | None, ...] = ()
    """Further files that the caller will write from the outcome: claimed with the job's own, and not written by it."""
    force: bool = False

    @property
    def outputs(self) -> tuple[Path | None, ...]:
        """The files that will be written."""
        return (self.output, self.public, *self.beside)

    @property
    def inputs(self) -> tuple[Path | None, ...]:
        """The files that the job reads: no output may be one of them. Which coins it finds, the model will tell."""
        tables = (*table_files(self.data), *table_files(self.synthetic))
        coins = kept_coins(ledger_folder(self.ledger)) if self.coins is None else (self.coins,)
        return (*tables, self.model, self.policy, *coins, ledger_file(self.ledger))


def shadow_fits(deep: bool, number: int | None) -> int:
    """How many shadow fits are meant: as many as are named, else the default number of a deep audit, or none."""
    return number if number is not None else SHADOWS if deep else 0


@dataclass(frozen=True, kw_only=True)
class ControlsRequest:
    """Try the audit on files of which it is known whether they leak; on simulated tables where no `data` is given."""

    data: str | None = None
    schema: Path | None = None
    repeats: int = 5
    dialect: Dialect | None = None
    privacy_unit: str | None = None
    max_rows_per_unit: int | None = None

    @property
    def inputs(self) -> tuple[Path | None, ...]:
        """The files that the job reads: no output may be one of them."""
        return (*(() if self.data is None else table_files(self.data)), self.schema)


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """Write the page; `public` leaves out all that compares with real rows."""

    model: Path
    audit: Path | None
    output: Path
    public: bool = False
    public_audit: Path | None = None
    """The public result of the audit, which may stand on a public page."""
    force: bool = False

    @property
    def inputs(self) -> tuple[Path | None, ...]:
        """The files that the job reads: no output may be one of them."""
        return (self.model, self.audit, self.public_audit)
