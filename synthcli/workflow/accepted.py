"""A schema that nobody has read: proposed from the rows, accepted unseen, and kept for all later runs.

What the rows decide here (types, formats, roles) is covered by no budget, so it is decided once: a table that changes
later is held against the schema that stands, and is not looked at anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from synthcli.errors import InputError, Remark, UsageError, closest
from synthcli.files import atomic_write
from synthcli.gate import load_policy
from synthcli.marginal import Domain
from synthcli.mechanisms.names import mechanism_named
from synthcli.privacy.amounts import spendable_delta, spendable_epsilon
from synthcli.privacy.budget import Budget
from synthcli.privacy.ledger import NoLedger, open_ledger
from synthcli.table.dialect import Dialect
from synthcli.table.persons import rows_column
from synthcli.table.profile import Proposal, propose
from synthcli.table.schema_file import dump_schema
from synthcli.table.source import Source, open_source
from synthcli.table.table_name import table_name
from synthcli.workflow.guesses import refuse_guesses
from synthcli.workflow.persons import refuse_nobody
from synthcli.workflow.plan import dataset_name
from synthcli.workflow.privacy_unit import bounded_unit
from synthcli.workflow.release_config import ReleaseConfig
from synthcli.workflow.requests import Progress, Warn
from synthcli.workflow.shadows import shadows_of_persons
from synthcli.workflow.workload_file import load_workload
from synthcli.workflow.workloads import refuse_without_workload

_LISTED = 20
"""Columns that a hint names."""


def accepted_schema(config: ReleaseConfig, progress: Progress, warn: Warn) -> Path:
    """The schema that stands in the work folder; the first time, what the rows of the table propose.

    Raises `BudgetRefused` or `UsageError` before a row is read, `InputError` for a table that cannot be profiled
    without a guess that the rows decide.
    """
    place = _place(config)
    if place.is_file():
        return place
    refuse_early(config)
    progress("reading the table", 0.0)
    name = _name(config)
    with open_source(config.data, config.dialect) as source:
        refuse_guesses(source, config.dialect or Dialect())
        _refuse_headless(source, config.dialect or Dialect())
        _refuse_unknown(config, source.columns)
        proposal = propose(source, name, config.privacy_unit)
    _refuse_nothing(proposal, config.data)
    warn(_in_words(proposal, config.data, place))
    schema = replace(proposal.schema, accepted_unseen=True)
    atomic_write(place, dump_schema(schema, place).encode(), mode=0o600)
    return place


@contextmanager
def standing(config: ReleaseConfig, schema: Path) -> Iterator[None]:
    """What the table and the schema say of each other in here is told with the schema's place, if it was accepted."""
    try:
        yield
    except (InputError, UsageError) as error:
        if config.schema is None:
            error.add_note(
                Remark(f"the schema that was accepted stands: edit {schema}, or delete it to accept another")
            )
        raise


def refuse_early(config: ReleaseConfig) -> None:
    """Whatever can be refused without a look at the rows, where these are still to be looked at.

    What the fit would refuse by itself is left to it where they are not.
    """
    if config.public_epsilon is not None:  # which is spent after the fit has been paid for
        spendable_epsilon(config.public_epsilon)
    if config.schema is not None or _place(config).is_file():
        return
    Budget.of(float(spendable_epsilon(config.epsilon)), float(spendable_delta(config.delta)))
    mechanism_named(config.mechanism, config.max_cells)
    refuse_without_workload(config.mechanism, config.target, config.workload)
    policy, unit = load_policy(config.policy), bounded_unit(config.privacy_unit, config.max_rows_per_unit)
    if config.persons:
        refuse_nobody(unit, "--persons means nothing")
        if max(config.shadows, policy.min_shadows):
            raise shadows_of_persons()
    name = _name(config)
    try:
        refusal = open_ledger(config.ledger, begin=False).refusal(name, config.epsilon, config.delta)
    except NoLedger:
        return
    if refusal is not None:
        raise refusal


def _place(config: ReleaseConfig) -> Path:
    return config.work / "schema.yaml"


def _name(config: ReleaseConfig) -> str:
    name = dataset_name(config.dataset, table_name(config.data))
    if not name:
        raise UsageError(f"{config.data} does not say what the data set is called", "add --dataset NAME")
    return name


def _refuse_unknown(config: ReleaseConfig, columns: tuple[str, ...]) -> None:
    """`UsageError` for options that name a column that the table's header does not have, or the privacy unit's."""
    columns = tuple(column for column in columns if column != config.privacy_unit)
    if config.target is not None and config.target == config.privacy_unit:
        raise UsageError(
            f"--target {config.target!r} is the column of the privacy unit: it is not modelled",
            "name another column: a target is what models will be taught to predict",
        )
    own = [] if not config.persons or config.privacy_unit is None else [rows_column(config.privacy_unit)]
    if config.target is not None and config.target not in (*columns, *own):
        raise UsageError(
            f"--target {config.target!r} is no column of the table{closest(config.target, columns)}",
            f"it has {', '.join(columns[:_LISTED])}" + (" …" if len(columns) > _LISTED else ""),
        )
    if config.workload is not None:
        load_workload(config.workload, *(Domain(names, (1,) * len(names)) for names in (columns, tuple(own)) if names))


def _refuse_headless(source: Source, said: Dialect) -> None:
    """Whether the first line names the columns is the user's word: a guess could publish a row as names."""
    if said.header is None and source.dialect is not None and not source.dialect.header:
        raise InputError(
            f"the first line of {source.name} does not look like names of columns",
            "say what it is: --header, or --no-header if rows begin there",
        )


def _refuse_nothing(proposal: Proposal, data: str) -> None:
    """A schema that models nothing is not kept: often the file was read with the wrong delimiter."""
    if not proposal.schema.modelled:
        raise InputError(
            f"no column of {data} can be modelled: {_left_out(proposal)}",
            "say how it is to be read, if these are not its columns (--delimiter), or write a schema",
        )


def _left_out(proposal: Proposal) -> str:
    """Columns whose values are not written, and why."""
    out = [f"{f.column.name} ({f.note or f.column.role})" for f in proposal.findings if not f.column.role.is_written]
    return ", ".join(out) or "no column"


def _in_words(proposal: Proposal, data: str, place: Path) -> str:
    schema = proposal.schema
    columns = f"{len(schema.columns)} column{'' if len(schema.columns) == 1 else 's'}"
    return (
        f"types, formats and roles of the {columns} of {data} were read off its rows and are "
        f"accepted unseen: epsilon does not cover them\n  they stand in {place}\n"
        f"  left out: {_left_out(proposal)}"
    )
