"""`synthcli sample`: write rows from a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthcli.cli.console import Console
from synthcli.cli.sample_options import SampleOptions
from synthcli.errors import UsageError

if TYPE_CHECKING:
    from synthcli.workflow.sample import SampleResult


def sample(
    console: Console,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model that fit wrote.")],
    *,
    options: SampleOptions,
) -> None:
    """Write synthetic rows drawn from a model. Costs no budget.

    \b
    synthcli sample stops.synth -n 50000 --seed 7 -o synthetic.parquet
    synthcli sample stops.synth -n 10
    synthcli sample stops.synth --where 'fraud == 1 and 10 <= age < 20' -o some.csv
    synthcli sample stops.synth --balance 'searched:yes=1,no=3' -o balanced.csv
    synthcli sample visits.synth --persons patients.csv -o visits.csv

    Conditions: == != < <= > >=, chains of them, in ("a", "b"), not in, is
    missing, is not missing, and, or, not, parentheses. Text and dates go in
    quotes, unusual column names in `backticks`, also for --balance;
    weekday(day) == "Monday" and month(day) in (1, 2) ask for days,
    9 <= hour(at) < 17 for times (in UTC). A missing value satisfies no
    comparison, and no negated one. --where keeps the model's distribution of
    the rows that satisfy it, however rare they are.

    A model of persons draws them with all of their rows, one after the other.
    The key that links a person's rows is made up. --where and --balance then
    pick persons, by person-level columns and `rows of one KEY`, the number of
    their rows; what differs between a person's rows cannot be asked for.

    The rows say that they are synthetic: a Parquet file in its metadata, a CSV
    file by FILE.provenance.json beside it. A ledger that exists remembers them.
    """
    if options.output == "-" and console.json:
        raise UsageError("rows and --json cannot both go to stdout", "add -o FILE")
    from synthcli.workflow.sample import run_sample

    with console.progress() as progress:
        result = run_sample(options.request(model), progress, console.warn)
    _say_what_rows(console, result)
    console.document(_document(result))


def _say_what_rows(console: Console, result: "SampleResult") -> None:
    """Where they are, and that nobody is to take them for the population."""
    people = f"{result.persons} persons with " if result.persons is not None else ""
    for path in result.outputs if result.output != "-" else ():
        console.say(f"rows: {path} ({people}{result.rows} rows, seed {result.seed})")
    if result.condition is not None:
        model = "the model" if result.persons is None else "the model of persons"
        console.say(f"condition: {result.condition} (probability {result.probability:.3g} under {model})")
    if result.balance is not None:
        console.say(f"balance: {result.balance}")
    if not result.is_population:
        kinds = [word for word, there in (("conditioned", result.condition), ("balanced", result.balance)) if there]
        what = "rows" if result.persons is None else "persons"
        console.say(f"these {what} are {' and '.join(kinds)}: they do not stand for the population")


def _document(result: "SampleResult") -> dict[str, Any]:
    return {
        "output": result.output,
        "outputs": list(result.outputs),
        "rows": result.rows,
        "persons": result.persons,
        "seed": result.seed,
        "population": result.is_population,
        "condition": result.condition,
        "probability": result.probability,
        "balance": result.balance,
    }
