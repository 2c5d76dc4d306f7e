"""The options of a fit, which `fit` and the whole chain of `release` have alike."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from synthcli.cli.options import Ledger, MaxRowsPerUnit, PrivacyUnit


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """What is the same in both; epsilon, delta and their like have other defaults in each."""

    public_domain: Annotated[
        list[str] | None,
        typer.Option(
            "--public-domain",
            metavar="COL[,COL...]|all",
            help="Columns whose observed facts (bounds, categories) you declare to be public knowledge.",
        ),
    ] = None
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", metavar="NAME", help="Whose budget to spend. Default: the schema's name."),
    ] = None
    ledger: Ledger = None
    max_cells: Annotated[
        int | None,
        typer.Option(
            "--max-cells",
            metavar="COUNT",
            min=1,
            help="The model's largest size, in table cells; one-way marginals are always kept.",
        ),
    ] = None
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="COLUMN", help="What the rows are to predict: favour its marginals."),
    ] = None
    workload: Annotated[
        Path | None,
        typer.Option("--workload", metavar="FILE", help="TOML: the marginals that matter. Default: all pairs."),
    ] = None
    privacy_unit: PrivacyUnit = None
    max_rows_per_unit: MaxRowsPerUnit = None
    persons: Annotated[
        bool | None,
        typer.Option(
            "--persons/--no-persons",
            help="Model persons (units) with several rows each. Default: if the schema marks person-level columns.",
        ),
    ] = None
    allow_synthetic: Annotated[
        bool,
        typer.Option("--allow-synthetic", help="Fit though the table is known to be synthetic; the model says so."),
    ] = False

    def said(self) -> dict[str, Any]:
        """What the user gave, by the name that a `FitRequest` and the release file's [fit] know it by."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        values["public_domain"] = tuple(name for text in self.public_domain or () for name in text.split(",") if name)
        values["allow_synthetic"] = self.allow_synthetic or None
        return {name: value for name, value in values.items() if value is not None and value != ()}
