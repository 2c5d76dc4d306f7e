"""What all commands share: the common options, the configuration file, and a console to speak through."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from synthcli.cli.bundle import gather, spread
from synthcli.cli.config import apply_defaults
from synthcli.cli.console import Console
from synthcli.cli.options import Debug, Json, NoProgress, Quiet, Verbose
from synthcli.errors import ExitCode, UsageError

SETTINGS = {"help_option_names": ["-h", "--help"]}
"""The context of every command."""


def _no_config(context: typer.Context, value: bool) -> bool:
    if value and context.params.get("config") is not None:
        raise UsageError("--config and --no-config exclude each other")
    return value


def _config(context: typer.Context, value: Path | None) -> Path | None:
    ignore = bool(context.params.get("no_config"))
    if ignore and value is not None:
        raise UsageError("--config and --no-config exclude each other")
    apply_defaults(context, value, ignore)
    return value


_NoConfig = Annotated[
    bool, typer.Option("--no-config", is_eager=True, callback=_no_config, help="Read no configuration file.")
]
_Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="SYNTHCLI_CONFIG",
        is_eager=True,
        callback=_config,
        help="Read defaults from this file, not from ./synthcli.toml.",
    ),
]

_COMMON: tuple[tuple[str, Any, Any], ...] = (
    ("quiet", Quiet, False),
    ("verbose", Verbose, False),
    ("json", Json, False),
    ("no_progress", NoProgress, False),
    ("debug", Debug, False),
)
_FILE: tuple[tuple[str, Any, Any], ...] = (("no_config", _NoConfig, False), ("config", _Config, None))


def command(
    run: Callable[..., ExitCode | None], *, reads_defaults: bool = True, prints: bool = False
) -> Callable[..., int]:
    """Give a command the options that all commands have.

    `run` takes the console that these options describe, then its own options, some of them in bundles.
    `reads_defaults` is off for the command that takes a configuration file as its own input; `prints` says that its
    results go to standard output without `--json`, too: it does not begin where that is closed.
    """
    added = _COMMON + (_FILE if reads_defaults else ())
    own = list(inspect.signature(run).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, annotation, default in added
    ]

    def invoke(**values: Any) -> int:
        if prints or values["json"]:
            from synthcli.files import claim_standard_output

            claim_standard_output()
        console = Console(
            json=values["json"],
            quiet=values["quiet"],
            verbose=values["verbose"],
            show_progress=not values["no_progress"],
        )
        return int(run(console, **gather(own, values)) or ExitCode.DONE)

    parameters = spread(own) + shared
    invoke.__name__, invoke.__doc__ = run.__name__, run.__doc__
    invoke.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    invoke.__annotations__ = {p.name: p.annotation for p in parameters}
    return invoke
