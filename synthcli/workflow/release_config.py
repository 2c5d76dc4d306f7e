"""The release file: one TOML for the whole chain. All its problems are reported at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from synthcli.errors import UsageError, closest
from synthcli.files import read_toml
from synthcli.table.dialect import Dialect
from synthcli.table.table_name import table_name
from synthcli.workflow.requests import FitRequest

_KEYS: dict[str, dict[str, tuple[type, ...]]] = {
    "data": {
        "path": (str,),
        "schema": (str,),
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
    },
    "sample": {"rows": (int,), "seed": (int,), "format": (str,)},
    "audit": {"policy": (str,), "seed": (int,), "public_epsilon": (int, Decimal)},
    "publish": {"folder": (str,), "name": (str,), "work": (str,), "include_model": (bool,)},
}
_REQUIRED = (("data", "path"), ("data", "schema"), ("fit", "epsilon"), ("publish", "folder"))


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """What to release, from where to where. Paths are resolved against the file's own folder."""

    data: str
    schema: Path
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
    rows: int | None
    seed: int | None
    format: str
    policy: Path | None
    audit_seed: int
    public_epsilon: str | None
    folder: Path
    name: str
    work: Path
    include_model: bool


def load_release_config(path: Path) -> ReleaseConfig:
    """Read and check a release file; `UsageError` lists every problem."""
    document = read_toml(path, "the release file", "name one with --config; the README has an example", Decimal)
    problems = _problems(document)
    if problems:
        raise UsageError(f"{path} has {len(problems)} problem(s)", "see the example in the README", tuple(problems))
    return _config(document, path.resolve().parent)


def _problems(document: Mapping[str, Any]) -> list[str]:
    found = key_problems(document)
    sections = {name: content for name, content in document.items() if isinstance(content, Mapping)}
    for section, key in _REQUIRED:
        if key not in sections.get(section, {}):
            found.append(f"[{section}] {key}: is required")
    return found or _range_problems(sections.get("fit", {}), sections.get("sample", {}))


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


def _range_problems(fit: Mapping[str, Any], sample: Mapping[str, Any]) -> list[str]:
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
    if sample.get("rows", 1) < 1:
        found.append("[sample] rows: is at least 1")
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


def _config(document: Mapping[str, Any], base: Path) -> ReleaseConfig:
    data, fit, publish = document["data"], document["fit"], document["publish"]
    sample, audit = document.get("sample", {}), document.get("audit", {})
    folder = base / publish["folder"]
    public = fit.get("public_domain", [])
    return ReleaseConfig(
        data=str(base / data["path"]),
        schema=base / data["schema"],
        dialect=_dialect(data),
        epsilon=str(fit["epsilon"]),
        delta=str(fit.get("delta", "1e-9")),
        mechanism=fit.get("mechanism", FitRequest.mechanism),
        public_domain=(public,) if isinstance(public, str) else tuple(map(str, public)),
        audit_coins=float(fit.get("audit_coins", 0.1)),
        dataset=fit.get("dataset"),
        ledger=os.environ.get("SYNTHCLI_LEDGER") or _ledger(fit.get("ledger"), base),
        max_cells=fit.get("max_cells"),
        target=fit.get("target"),
        workload=base / fit["workload"] if "workload" in fit else None,
        allow_synthetic=fit.get("allow_synthetic", False),
        privacy_unit=fit.get("privacy_unit"),
        max_rows_per_unit=fit.get("max_rows_per_unit"),
        rows=sample.get("rows"),
        seed=sample.get("seed"),
        format=sample.get("format", "parquet"),
        policy=base / audit["policy"] if "policy" in audit else None,
        audit_seed=audit.get("seed", 0),
        public_epsilon=str(audit["public_epsilon"]) if "public_epsilon" in audit else None,
        folder=folder,
        name=publish.get("name", table_name(data["path"]) or "release"),
        work=base / publish.get("work", ".synthcli"),
        include_model=publish.get("include_model", False),
    )


def _ledger(place: str | None, base: Path) -> str | None:
    return place if place is None or "://" in place else str(base / place)


def _dialect(data: Mapping[str, Any]) -> Dialect | None:
    given = {key: data[key] for key in ("delimiter", "encoding", "quote", "header") if key in data}
    return Dialect.of(**given) if given else None
