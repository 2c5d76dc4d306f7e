"""The release file: one TOML for the whole chain. All its problems are reported at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from synthcli.audit.shadow import LEAST_SHADOWS, MOST_SHADOWS
from synthcli.errors import UsageError, closest
from synthcli.files import STANDARD_STREAM, read_toml
from synthcli.table.dialect import Dialect
from synthcli.table.table_name import table_name
from synthcli.workflow.requests import MOST_ROWS, FitRequest, shadow_fits

_KEYS: dict[str, dict[str, tuple[type, ...]]] = {
    "data": {
        "path": (str,),
        "schema": (str,),
        "accept_profile": (bool,),
        "delimiter": (str,),
        "encoding": (str,),
        "quote": (str,),
        "header": (bool,),
    },
    "fit": {
        "epsilon": (int, Decimal),
        "delta": (int, Decimal),
        "mechanism": (str,),
        "public_domain": (list, str),
        "audit_coins": (Decimal,),
        "dataset": (str,),
        "ledger": (str,),
        "max_cells": (int,),
        "target": (str,),
        "workload": (str,),
        "allow_synthetic": (bool,),
        "privacy_unit": (str,),
        "max_rows_per_unit": (int,),
        "persons": (bool,),
    },
    "sample": {"rows": (int,), "seed": (int,), "format": (str,)},
    "audit": {
        "policy": (str,),
        "seed": (int,),
        "public_epsilon": (int, Decimal),
        "deep": (bool,),
        "shadows": (int,),
    },
    "publish": {"folder": (str,), "name": (str,), "work": (str,), "include_model": (bool,)},
}
_REQUIRED = {("data", "path"): "INPUT", ("fit", "epsilon"): "--epsilon", ("publish", "folder"): "-o FOLDER"}
"""What a release cannot do without, and how the command line says it."""

_PATHS = (
    *(("data", "path"), ("data", "schema"), ("fit", "ledger"), ("fit", "workload")),
    *(("audit", "policy"), ("publish", "folder"), ("publish", "work")),
)

Given = Mapping[tuple[str, str], Any]
"""What the command line says, by section and key of the file. It goes before what the file says."""


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """What to release, from where to where. Without a schema, what the rows show is accepted unseen."""

    data: str
    schema: Path | None
    dialect: Dialect | None
    epsilon: str
    delta: str
    mechanism: str
    public_domain: tuple[str, ...]
    audit_coins: float
    dataset: str | None
    ledger: str | None
    max_cells: int | None
    target: str | None
    workload: Path | None
    allow_synthetic: bool
    privacy_unit: str | None
    max_rows_per_unit: int | None
    persons: bool | None
    rows: int | None
    seed: int | None
    format: str
    policy: Path | None
    audit_seed: int
    public_epsilon: str | None
    shadows: int
    folder: Path
    name: str
    work: Path
    include_model: bool


def load_release_config(path: Path | None, given: Given | None = None) -> ReleaseConfig:
    """Read and check a release file, or none; what is `given` goes first, its paths as they stand.

    Raises `UsageError`, which lists every problem.
    """
    document: Mapping[str, Any] = {}
    if path is not None:
        document = read_toml(path, "the release file", "name one with --config; the README has an example", Decimal)
    base = None if path is None else path.resolve().parent
    merged = _merged(document, base, given or {})
    problems = key_problems(document) + _absences(merged) or _contradictions(merged)
    if problems:
        hint = "see the example in the README" if _says_what_columns_are(merged) else _two_ways(merged["data"])
        raise UsageError(f"{path or 'the release'} has {len(problems)} problem(s)", hint, tuple(problems))
    return _config(merged, base)


def is_about(path: Path, data: str) -> bool:
    """Whether a release file names this table, or none at all."""
    section = read_toml(path, "the release file", "the README has an example", Decimal).get("data")
    named = section.get("path") if isinstance(section, Mapping) else None
    return not isinstance(named, str) or (path.resolve().parent / named).resolve() == Path(data).resolve()


def _merged(document: Mapping[str, Any], base: Path | None, given: Given) -> dict[str, dict[str, Any]]:
    """The file's sections, its paths resolved against its own folder; then the environment; then what is given."""
    merged: dict[str, dict[str, Any]] = {section: {} for section in _KEYS}
    for section, content in document.items():
        for key, value in content.items() if isinstance(content, Mapping) and section in merged else ():
            is_path = (section, key) in _PATHS and isinstance(value, str) and "://" not in value
            merged[section][key] = str((base or Path()) / value) if is_path else value
    for one, other in (("schema", "accept_profile"), ("accept_profile", "schema")):
        if ("data", one) in given:
            merged["data"].pop(other, None)
    if place := os.environ.get("SYNTHCLI_LEDGER"):
        merged["fit"]["ledger"] = place
    for (section, key), value in given.items():
        merged[section][key] = value
    return merged


def _absences(merged: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = [
        f"[{section}] {key}: is required ({option})"
        for (section, key), option in _REQUIRED.items()
        if key not in merged[section]
    ]
    if not _says_what_columns_are(merged):
        found.append("[data] schema: is required, or accept_profile (--schema FILE, or --accept-profile)")
    return found


def _says_what_columns_are(merged: Mapping[str, Mapping[str, Any]]) -> bool:
    return "schema" in merged["data"] or merged["data"].get("accept_profile") is True


def _two_ways(data: Mapping[str, Any]) -> str:
    return (
        f"synthcli profile {data.get('path', 'INPUT')} -o schema.yaml proposes a schema: read it, and give --schema; "
        "or --accept-profile takes what is proposed unseen, which epsilon does not cover"
    )


def _contradictions(merged: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Values of the right type that mean nothing, alone or together."""
    found = _range_problems(merged["fit"], merged["sample"], merged["audit"])
    name = merged["publish"].get("name", "release")
    if name in ("", ".", "..") or Path(name).name != name:
        found.append("[publish] name: is the name of a folder and its files, not a path")
    if merged["data"]["path"] == STANDARD_STREAM:
        found.append("[data] path: is a file, a folder or a glob; a release reads it more than once")
    if merged["data"].get("accept_profile") is True:
        if "schema" in merged["data"]:
            found.append("[data] schema, accept_profile: one of the two; a schema that was read is not accepted unseen")
        if merged["fit"].get("public_domain"):
            found.append("[fit] public_domain: facts that nobody has seen cannot be declared public; read a --schema")
    return found


def key_problems(document: Mapping[str, Any]) -> list[str]:
    """Unknown sections and keys, and values of the wrong type, one line each; what is absent is no problem here."""
    found = []
    for section, content in document.items():
        if section not in _KEYS:
            found.append(f"[{section}]: no such section; there are {', '.join(_KEYS)}")
        elif not isinstance(content, Mapping):
            found.append(f"{section}: is a section, not a value")
        else:
            found += _section_problems(section, content)
    return found


def _range_problems(fit: Mapping[str, Any], sample: Mapping[str, Any], audit: Mapping[str, Any]) -> list[str]:
    """Values of the right type that mean nothing."""
    from synthcli.mechanisms.names import MECHANISMS  # heavy, and defaults of other commands need none of it

    found = []
    mechanism = fit.get("mechanism", FitRequest.mechanism)
    if mechanism not in MECHANISMS:
        found.append(f"[fit] mechanism: is one of {', '.join(MECHANISMS)}{closest(mechanism, MECHANISMS)}")
    if not 0 < fit.get("audit_coins", Decimal("0.1")) < 1:
        found.append("[fit] audit_coins: lies between 0 and 1; a release is gated by its audit, which needs coins")
    if fit.get("max_rows_per_unit", 1) < 1:
        found.append("[fit] max_rows_per_unit: is at least 1")
    if sample.get("format", "parquet") not in ("parquet", "csv"):
        found.append("[sample] format: is parquet or csv")
    if not (audit.get("shadows", 0) == 0 or LEAST_SHADOWS <= audit["shadows"] <= MOST_SHADOWS):
        found.append(f"[audit] shadows: is a whole number from {LEAST_SHADOWS} to {MOST_SHADOWS:,}, or 0 for none")
    if not 1 <= sample.get("rows", 1) <= MOST_ROWS:
        found.append(f"[sample] rows: is at least 1, and at most {MOST_ROWS:,}")
    return found


def _section_problems(section: str, content: Mapping[str, Any]) -> list[str]:
    found = []
    for key, value in content.items():
        allowed = _KEYS[section].get(key)
        if allowed is None:
            found.append(f"[{section}] {key}: no such key; there are {', '.join(_KEYS[section])}")
        elif not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            names = " or ".join(
                {str: "text", int: "a whole number", Decimal: "a number", bool: "true or false", list: "a list"}[t]
                for t in allowed
            )
            found.append(f"[{section}] {key}: must be {names}")
    return found


def _config(merged: Mapping[str, Mapping[str, Any]], base: Path | None) -> ReleaseConfig:
    data, fit, sample, audit, publish = (merged[section] for section in _KEYS)
    folder = Path(publish["folder"]).absolute()
    name = publish.get("name", table_name(data["path"]) or "release")
    public = fit.get("public_domain", [])
    private = (base or folder.parent) / ".synthcli" / name
    return ReleaseConfig(
        data=data["path"],
        schema=Path(data["schema"]) if "schema" in data else None,
        dialect=_dialect(data),
        epsilon=str(fit["epsilon"]),
        delta=str(fit.get("delta", "1e-9")),
        mechanism=fit.get("mechanism", FitRequest.mechanism),
        public_domain=(public,) if isinstance(public, str) else tuple(map(str, public)),
        audit_coins=float(fit.get("audit_coins", 0.1)),
        dataset=fit.get("dataset"),
        ledger=fit.get("ledger"),
        max_cells=fit.get("max_cells"),
        target=fit.get("target"),
        workload=Path(fit["workload"]) if "workload" in fit else None,
        allow_synthetic=fit.get("allow_synthetic", False),
        privacy_unit=fit.get("privacy_unit"),
        max_rows_per_unit=fit.get("max_rows_per_unit"),
        persons=fit.get("persons"),
        rows=sample.get("rows"),
        seed=sample.get("seed"),
        format=sample.get("format", "parquet"),
        policy=Path(audit["policy"]) if "policy" in audit else None,
        audit_seed=audit.get("seed", 0),
        public_epsilon=str(audit["public_epsilon"]) if "public_epsilon" in audit else None,
        shadows=shadow_fits(audit.get("deep", False), audit.get("shadows")),
        folder=folder,
        name=name,
        work=Path(publish["work"]).absolute() if "work" in publish else private,
        include_model=publish.get("include_model", False),
    )


def _dialect(data: Mapping[str, Any]) -> Dialect | None:
    given = {key: data[key] for key in ("delimiter", "encoding", "quote", "header") if key in data}
    return Dialect.of(**given) if given else None
