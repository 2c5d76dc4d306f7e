"""The options of `release`, by the part of the release file that each stands for."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from synthcli.cli.options import AUDIT_COINS, DELTA, EPSILON, MECHANISM, MechanismName, Policy

Said = dict[tuple[str, str], Any]
"""By section and key of the release file: what the command line says, None where it is silent."""


class Format(StrEnum):
    """How the rows are published."""

    PARQUET = "parquet"
    CSV = "csv"


@dataclass(frozen=True, kw_only=True)
class ChainOptions:
    """What the columns are, what a fit may spend, and what an audit is to judge by."""

    schema: Annotated[
        Path | None, typer.Option("--schema", metavar="FILE", help="The table's schema, which somebody has read.")
    ] = None
    accept_profile: Annotated[
        bool,
        typer.Option(
            "--accept-profile",
            help="Take types, formats and roles of the columns from the rows, unseen: epsilon does not cover them.",
        ),
    ] = False
    epsilon: Annotated[str | None, EPSILON] = None
    delta: Annotated[str | None, DELTA] = None
    mechanism: Annotated[MechanismName | None, MECHANISM] = None
    audit_coins: Annotated[float | None, AUDIT_COINS] = None
    policy: Policy = None

    def said(self) -> Said:
        """As the release file would say it."""
        return {
            ("data", "schema"): self.schema,
            ("data", "accept_profile"): self.accept_profile or None,
            ("fit", "epsilon"): self.epsilon,
            ("fit", "delta"): self.delta,
            ("fit", "mechanism"): self.mechanism and self.mechanism.value,
            ("fit", "audit_coins"): self.audit_coins,
            ("audit", "policy"): self.policy,
        }


@dataclass(frozen=True, kw_only=True)
class PublishOptions:
    """Which rows are drawn, and where all of it goes."""

    rows: Annotated[
        int | None,
        typer.Option(
            "--rows", "-n", metavar="COUNT", min=1, help="How many, or how many persons. Default: the noisy count."
        ),
    ] = None
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="NUMBER", min=0, help="Draw the same rows again; not the noise.")
    ] = None
    format: Annotated[Format | None, typer.Option("--format", help="How the rows are published.")] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where releases that pass appear.")
    ] = None
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What the release is called. Default: like the table."),
    ] = None
    work: Annotated[
        Path | None,
        typer.Option("--work", metavar="FOLDER", help="Private: model, audit. Default: .synthcli/NAME beside FOLDER."),
    ] = None

    def said(self) -> Said:
        """As the release file would say it."""
        return {
            ("sample", "rows"): self.rows,
            ("sample", "seed"): self.seed,
            ("sample", "format"): self.format and self.format.value,
            ("publish", "folder"): self.output,
            ("publish", "name"): self.name,
            ("publish", "work"): self.work,
        }
