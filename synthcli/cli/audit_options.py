"""The options of `audit`: what is attacked how, and where the checks go besides."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from synthcli.workflow.audit import AuditOutcome


@dataclass(frozen=True, kw_only=True)
class AttackOptions:
    """Whom and what the attacks are after, and how much work they may take."""

    seed: Annotated[int, typer.Option("--seed", metavar="NUMBER", min=0, help="Seed of the attacks' own choices.")] = 0
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", metavar="COLUMN", help="A column to infer (repeatable). Default: each in turn."),
    ] = None
    link: Annotated[
        str | None,
        typer.Option("--link", metavar="A,B:C,D", help="Two column sets to link. Default: random halves."),
    ] = None
    subgroup: Annotated[
        list[str] | None,
        typer.Option("--subgroup", metavar="CONDITION", help="Also attack the rows that satisfy this (repeatable)."),
    ] = None
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="COLUMN", help="Also attack the rows of each value of it (repeatable)."),
    ] = None
    deep: Annotated[
        bool, typer.Option("--deep", help="Also attack by shadow fits: the same algorithm, on coins tossed anew.")
    ] = False
    shadows: Annotated[
        int | None,
        typer.Option("--shadows", metavar="NUMBER", min=0, help="How many shadow fits (--deep: 32)."),
    ] = None

    def asked(self) -> dict[str, Any]:
        """The same by the names of an `AuditRequest`."""
        from synthcli.workflow.requests import shadow_fits

        return {
            "seed": self.seed,
            "secrets": tuple(self.secret or ()),
            "link": self.link,
            "subgroups": tuple(self.subgroup or ()),
            "by": tuple(self.by or ()),
            "shadows": shadow_fits(self.deep, self.shadows),
        }


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Where the results go: for people and for a CI server, as private as the audit is, and what may be published."""

    public: Annotated[
        Path | None,
        typer.Option("--public", metavar="FILE", help="Also write a result that may be published: noisy counts."),
    ] = None
    public_epsilon: Annotated[
        str, typer.Option("--public-epsilon", metavar="NUMBER", help="What the public result may spend of the budget.")
    ] = "0.5"
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the results go, as JSON (private).")
    ] = None
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the checks as JUnit XML.")] = None
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the checks as a Markdown table.")
    ] = None
    github: Annotated[
        bool, typer.Option("--github", help="Also print the checks as annotations of a GitHub workflow, on stderr.")
    ] = False

    def asked(self) -> dict[str, Any]:
        """What an `AuditRequest` knows of it; the files for a CI server are written from what comes of it."""
        return {
            "output": self.output,
            "public": self.public,
            "public_epsilon": self.public_epsilon,
            "beside": (self.junit, self.markdown),
        }

    def write(self, outcome: "AuditOutcome") -> None:
        """Write these files, each whole or not at all."""
        from synthcli.files import atomic_write
        from synthcli.report.junit import render_junit
        from synthcli.report.markdown import render_markdown

        for file, render in ((self.junit, render_junit), (self.markdown, render_markdown)):
            if file is not None:
                atomic_write(file, render(outcome.result, outcome.verdict).encode(), mode=0o600)
