"""`synthcli ledger`: the privacy budget of every data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.command import SETTINGS, command
from synthcli.cli.console import Console
from synthcli.cli.options import Ledger
from synthcli.cli.table import Table
from synthcli.errors import UsageError, closest

if TYPE_CHECKING:
    from synthcli.privacy.ledger import Account, Spend
    from synthcli.privacy.ledger import Ledger as Book

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, context_settings=SETTINGS)

Epsilon = Annotated[str, typer.Option("--epsilon", metavar="NUMBER", help="The sum that all fits may spend.")]
Delta = Annotated[str, typer.Option("--delta", metavar="NUMBER", help="The sum of all fits' deltas.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The data set.")]


@app.callback()
def ledger() -> None:
    """Keep the privacy budget of every data set."""


def init(console: Console, name: Name, epsilon: Epsilon, delta: Delta, ledger: Ledger = None) -> None:
    """Give a data set its budget, once.

    \b
    synthcli ledger init stops --epsilon 4 --delta 1e-6

    What was spent before counts.
    """
    from synthcli.privacy.ledger import open_ledger

    _show(console, (open_ledger(ledger).init(name, epsilon, delta),))


def amend(console: Console, name: Name, epsilon: Epsilon, delta: Delta, ledger: Ledger = None) -> None:
    """Raise a data set's budget; the earlier one stays on record.

    \b
    synthcli ledger amend stops --epsilon 8 --delta 1e-6
    """
    from synthcli.privacy.ledger import open_ledger

    _show(console, (open_ledger(ledger, begin=False).amend(name, epsilon, delta),))


def show(
    console: Console,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One data set; all without a name.")] = None,
    ledger: Ledger = None,
) -> None:
    """Show what every data set may spend, and has spent.

    \b
    synthcli ledger show
    """
    from synthcli.privacy.ledger import open_ledger

    _show(console, _chosen(open_ledger(ledger, begin=False, reads=True), name))


def history(
    console: Console,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One data set; all without a name.")] = None,
    ledger: Ledger = None,
) -> None:
    """List every spend, cancelled ones too.

    \b
    synthcli ledger history stops
    """
    from synthcli.privacy.ledger import open_ledger

    book = open_ledger(ledger, begin=False, reads=True)
    spends = [spend for account in _chosen(book, name) for spend in book.history(account.name)]
    rows = tuple(tuple(map(_cell, _entry(spend).values())) for spend in spends)
    columns = (
        "id",
        "dataset",
        "epsilon",
        "delta",
        "rho",
        "status",
        "mechanism",
        "created",
        "closed",
        "host",
        "pid",
        "note",
    )
    console.table(Table(columns=columns, rows=rows, numeric=frozenset({0, 2, 3, 4, 10})))
    console.document({"spends": [_entry(spend) for spend in spends]})


def register_policy(
    console: Console,
    name: Name,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="The audit's policy. Default: the default one.")
    ] = None,
    ledger: Ledger = None,
) -> None:
    """Register the policy that audits of a data set judge by, before they run.

    \b
    synthcli ledger register-policy stops --policy policy.toml

    It holds for models that no audit has looked at yet. A model knows the policy that
    it was fitted with; no other one lets it pass.
    """
    from synthcli.gate import load_policy
    from synthcli.privacy.ledger import open_ledger
    from synthcli.privacy.ledger_audits import register_policy as register

    digest = load_policy(policy).digest
    register(open_ledger(ledger), name, digest)
    console.say(f"registered: {policy or 'the default policy'} for {name}")
    console.document({"dataset": name, "policy": digest})


for run in (init, amend, show, history):
    app.command(context_settings=SETTINGS)(command(run, prints=True))
app.command("register-policy", context_settings=SETTINGS)(command(register_policy))


def _cell(value: Any) -> str:
    """Amounts are text already; rho is a binary fraction, of which six digits say enough."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _chosen(book: "Book", name: str | None) -> "tuple[Account, ...]":
    accounts = book.datasets()
    found = tuple(account for account in accounts if name in (None, account.name))
    if name is not None and not found:
        near = closest(name, [account.name for account in accounts])
        raise UsageError(f"the ledger has no data set {name!r}{near}", f"list them with: {book.command('show')}")
    return found


def _show(console: Console, accounts: "tuple[Account, ...]") -> None:
    entries = [_balance(account) for account in accounts]
    columns = ("dataset", "epsilon", "spent", "left", "delta", "spent delta", "left delta", "releases")
    rows = tuple(tuple("none" if value is None else str(value) for value in entry.values()) for entry in entries)
    console.table(Table(columns=columns, rows=rows, numeric=frozenset(range(1, 8))))
    console.document({"datasets": entries})


def _balance(account: "Account") -> dict[str, Any]:
    """Amounts as text: they are exact decimals."""
    from synthcli.privacy.amounts import spell

    epsilon, delta = account.left or (None, None)
    return {
        "dataset": account.name,
        "epsilon": None if account.epsilon is None else spell(account.epsilon),
        "epsilon_spent": spell(account.spent_epsilon),
        "epsilon_left": None if epsilon is None else spell(epsilon),
        "delta": None if account.delta is None else spell(account.delta),
        "delta_spent": spell(account.spent_delta),
        "delta_left": None if delta is None else spell(delta),
        "releases": account.releases,
    }


def _entry(spend: "Spend") -> dict[str, Any]:
    """What a person needs of a line; the digests stay in the ledger."""
    from synthcli.privacy.amounts import spell

    return {
        "id": spend.id,
        "dataset": spend.dataset,
        "epsilon": spell(spend.epsilon),
        "delta": spell(spend.delta),
        "rho": spend.rho,
        "status": spend.status.value,
        "mechanism": spend.mechanism,
        "created": spend.created,
        "closed": spend.closed,
        "host": spend.host,
        "pid": spend.pid,
        "note": spend.note,
    }
