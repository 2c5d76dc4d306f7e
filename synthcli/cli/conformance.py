"""`synthcli audit conformance`: does this build deliver the epsilon that it prints?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synthcli.cli.console import Console
from synthcli.cli.options import Force
from synthcli.cli.table import Table
from synthcli.errors import ExitCode

if TYPE_CHECKING:
    from synthcli.audit.conformance.result import Check


def conformance(
    console: Console,
    full: Annotated[
        bool,
        typer.Option("--full/--quick", help="All mechanisms and thousands of fits, or a minute's work."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the findings go, as JSON.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the findings as JUnit XML.")
    ] = None,
    force: Force = False,
) -> ExitCode:
    """Test whether this build delivers the epsilon it prints.

    \b
    synthcli audit conformance
    synthcli audit conformance --full --junit conformance.xml

    Fits public tables of its own, with this installation's code: no private data,
    no ledger. Exit code 0: nothing contradicts the claim, which is no proof; 12: the
    claimed epsilon is contradicted, and nothing that this build made may go out.
    """
    import json

    from synthcli.files import atomic_write, held_outputs
    from synthcli.report.conformance import conformance_document, conformance_junit, measured
    from synthcli.workflow.conformance import build_facts, run_conformance

    with held_outputs((output, junit), force=force), console.progress() as progress:
        result = run_conformance(full, progress)
        document = conformance_document(result, build_facts())
        if output is not None:
            atomic_write(output, json.dumps({"schema_version": 1, **document}, indent=1).encode())
        if junit is not None:
            atomic_write(junit, conformance_junit(result, build_facts()).encode())
    names = ("check", "found", "claimed", "outcome", "note")
    console.table(Table(columns=names, rows=tuple(map(_row, result.checks)), numeric=frozenset({1, 2})))
    console.document(document)
    for check in result.contradicted:
        console.warn(f"{check.id}: {measured(check)}")
    if not result.conforms:
        console.warn("the claimed epsilon is contradicted: release nothing that this build produced")
        return ExitCode.CONTRADICTED
    console.say(f"{len(result.checks)} checks, and nothing contradicts the claimed epsilon; that is no proof")
    return ExitCode.DONE


def _row(check: "Check") -> tuple[str, ...]:
    figures = tuple("" if figure is None else f"{figure:.4g}" for figure in (check.figure, check.bound))
    return (check.id, *figures, "holds" if check.holds else "contradicted", check.note)
