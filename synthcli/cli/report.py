"""`synthcli report`: one page that says what was done."""

from pathlib import Path
from typing import Annotated

import typer

from synthcli.cli.console import Console
from synthcli.cli.options import Force, Model


def report(
    console: Console,
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the HTML page goes.")],
    audit: Annotated[
        Path | None, typer.Option("--audit", metavar="FILE", help="The JSON file that audit wrote.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Leave out everything that compares with real rows: safe to publish.")
    ] = False,
    public_audit: Annotated[
        Path | None,
        typer.Option("--public-audit", metavar="FILE", help="The file that audit --public wrote: safe to publish."),
    ] = None,
    force: Force = False,
) -> None:
    """Write one page: the guarantee, the audit, the plots.

    \b
    synthcli report --model stops.synth --audit audit.json -o report.html
    synthcli report --model stops.synth --audit audit.json --public -o public.html
    synthcli report --model stops.synth --public-audit told.json --public -o public.html

    With an audit and without --public the page shows real statistics, and is as private as
    they are.
    """
    from synthcli.workflow.report import run_report
    from synthcli.workflow.requests import ReportRequest

    page = run_report(
        ReportRequest(model=model, audit=audit, output=output, public=public, public_audit=public_audit, force=force)
    )
    private = audit is not None and not public
    console.say(f"report: {page}" + (" (private: it compares with real rows)" if private else ""))
    console.document({"report": str(page), "public": not private})
