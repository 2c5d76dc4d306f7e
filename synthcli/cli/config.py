"""Defaults of options: flags go before `SYNTHCLI_<COMMAND>_<KEY>` variables, these before `synthcli.toml`.

It is the file that `release` reads, with the same sections and keys, so that a command tried by hand does what the
nightly release does.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from synthcli.errors import UsageError

DEFAULT_FILE = Path("synthcli.toml")

_DIALECT = ("delimiter", "encoding", "quote", "header")
_PLACES = frozenset({("data", "schema"), ("fit", "ledger"), ("fit", "workload"), ("audit", "policy")})
"""Keys that hold a path, which the file means relative to its own folder."""

_USED_BY: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "profile": (("data", _DIALECT), ("fit", ("ledger", "privacy_unit"))),
    "fit": (
        ("data", ("schema", *_DIALECT)),
        ("fit", ("epsilon", "delta", "mechanism", "public_domain", "audit_coins", "dataset", "ledger", "max_cells")),
        ("fit", ("target", "workload", "allow_synthetic", "privacy_unit", "max_rows_per_unit", "persons")),
        ("audit", ("policy",)),
    ),
    "sample": (("sample", ("rows", "seed")), ("fit", ("ledger",))),
    "audit": (
        ("data", _DIALECT),
        ("fit", ("ledger",)),
        ("audit", ("policy", "seed", "public_epsilon", "deep", "shadows")),
    ),
    "audit conformance": (),
    "audit controls": (("data", ("schema", *_DIALECT)), ("fit", ("ledger", "privacy_unit", "max_rows_per_unit"))),
    "ledger": (("fit", ("ledger",)),),
    "release": (
        ("data", ("schema", "accept_profile", *_DIALECT)),
        ("fit", ("epsilon", "delta", "mechanism", "public_domain", "audit_coins", "dataset", "ledger", "max_cells")),
        ("fit", ("target", "workload", "allow_synthetic", "privacy_unit", "max_rows_per_unit", "persons")),
        ("sample", ("rows", "seed", "format")),
        ("audit", ("policy",)),
        ("publish", ("name", "work")),
    ),
}
"""By command: the sections and keys of the file that are defaults of its options of the same name."""


def apply_defaults(context: typer.Context, file: Path | None, ignore_file: bool) -> None:
    """Make the environment's and a configuration file's values the defaults of a command's options.

    Raises `UsageError` for a file that is not there, is not TOML, or has unknown keys (all are listed).
    """
    command = _known(context.command_path.split()[1:])
    place = DEFAULT_FILE if file is None else file
    found = {} if ignore_file or (file is None and not place.is_file()) else _from_file(command, place)
    context.default_map = {**found, **_from_environment(command)}


def apply_environment(context: typer.Context, file: Path | None) -> Path | None:
    """Make the environment's values the defaults of the options of a command that reads the file by itself."""
    context.default_map = _from_environment(_known(context.command_path.split()[1:]))
    return file


def _known(words: list[str]) -> str:
    """The command's own name, which may have two words; that of its group where all of the group share their keys."""
    name = " ".join(words[:2])
    return name if name in _USED_BY else words[0]


def _from_environment(command: str) -> dict[str, Any]:
    keys = {key for _, keys in _USED_BY.get(command, ()) for key in keys}
    given = {key: os.environ.get(f"SYNTHCLI_{command}_{key}".upper().replace(" ", "_")) for key in keys}
    return {key: [value] if key == "public_domain" else value for key, value in given.items() if value}


def _from_file(command: str, place: Path) -> dict[str, Any]:
    document = _read(place)
    found: dict[str, Any] = {}
    for section, keys in _USED_BY.get(command, ()):
        content = document.get(section, {})
        for key in keys:
            if key in content:
                found[key] = _spelt((section, key), content[key], place.parent)
    return found


def _read(place: Path) -> dict[str, Any]:
    from synthcli.files import read_toml
    from synthcli.workflow.release_config import key_problems

    document = read_toml(place, "the configuration file", "mend it, or pass --no-config", Decimal)
    problems = key_problems(document)
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise UsageError(f"{place} has {count}", "mend the lines named, or pass --no-config", tuple(problems))
    return document


def _spelt(key: tuple[str, str], value: object, folder: Path) -> object:
    """A value as the command line would spell it; a number keeps the digits of the file."""
    if key == ("fit", "public_domain"):
        return [value] if isinstance(value, str) else list(map(str, value))  # type: ignore[call-overload]
    if key in _PLACES and isinstance(value, str) and "://" not in value:
        return str(folder / value)
    return value if isinstance(value, bool) else str(value)
