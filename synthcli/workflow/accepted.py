"""A schema that nobody has read: proposed from the rows, accepted unseen, and kept for all later runs.

What the rows decide here (types, formats, roles) is covered by no budget, so it is decided once: a table that changes
later is held against the schema that stands, and is not looked at anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from synthcli.errors import InputError, Remark, UsageError
from synthcli.files import atomic_write
from synthcli.gate import load_policy
from synthcli.mechanisms.names import mechanism_named
from synthcli.privacy.amounts import delta_amount, epsilon_amount
from synthcli.privacy.ledger import NoLedger, open_ledger
from synthcli.table.dialect import Dialect
from synthcli.table.profile import Proposal, propose
from synthcli.table.schema_file import dump_schema
from synthcli.table.source import Source, open_source
from synthcli.table.table_name import table_name
from synthcli.workflow.guesses import refuse_guesses
from synthcli.workflow.release_config import ReleaseConfig
from synthcli.workflow.requests import Progress, Warn


def accepted_schema(config: ReleaseConfig, progress: Progress, warn: Warn) -> Path:
    """The schema that stands in the work folder; the first time, what the rows of the table propose.

    Raises `BudgetRefused` or `UsageError` before a row is read, `InputError` for a table that cannot be profiled
    without a guess that the rows decide.
    """
    place = config.work / "schema.yaml"
    if place.is_file():
        return place
    name = _check(config)
    progress("reading the table", 0.0)
    with open_source(config.data, config.dialect) as source:
        refuse_guesses(source, config.dialect or Dialect())
        _refuse_headless(source, config.dialect or Dialect())
        proposal = propose(source, name, config.privacy_unit)
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


def _check(config: ReleaseConfig) -> str:
    """Whatever can be refused without a look at the rows; the data set's name."""
    epsilon_amount(config.epsilon)
    delta_amount(config.delta)
    mechanism_named(config.mechanism, config.max_cells)
    load_policy(config.policy)
    name = config.dataset or table_name(config.data)
    if not name:
        raise UsageError(f"{config.data} does not say what the data set is called", "add --dataset NAME")
    try:
        refusal = open_ledger(config.ledger, begin=False).refusal(name, config.epsilon, config.delta)
    except NoLedger:
        return name
    if refusal is not None:
        raise refusal
    return name


def _refuse_headless(source: Source, said: Dialect) -> None:
    """Whether the first line names the columns is the user's word: a guess could publish a row as names."""
    if said.header is None and source.dialect is not None and not source.dialect.header:
        raise InputError(
            f"the first line of {source.name} does not look like names of columns",
            "say what it is: --header, or --no-header if rows begin there",
        )


def _in_words(proposal: Proposal, data: str, place: Path) -> str:
    schema = proposal.schema
    out = [f"{f.column.name} ({f.note or f.column.role})" for f in proposal.findings if not f.column.role.is_written]
    columns = f"{len(schema.columns)} column{'' if len(schema.columns) == 1 else 's'}"
    return (
        f"types, formats and roles of the {columns} of {data} were read off its rows and are "
        f"accepted unseen: epsilon does not cover them\n  they stand in {place}\n"
        f"  left out: {', '.join(out) or 'no column'}"
    )
