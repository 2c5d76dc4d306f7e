"""From the plain document of a schema file to a Schema: all problems at once, each with its place."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthcli.errors import UsageError
from synthcli.table.encoding import check_encoding
from synthcli.table.field_reader import FieldReader
from synthcli.table.rules.check import structural_faults
from synthcli.table.rules.reader import read_rules
from synthcli.table.schema import Column, Role, Schema

VERSION = 1
UNSEEN = "unseen"
"""How a schema was accepted that nobody has read."""
_SCHEMA_KEYS = {
    "$schema",
    "fields",
    "missingValues",
    "name",
    "title",
    "description",
    "fieldsMatch",
    "rules",
    "synthcli:version",
    "synthcli:name",
    "synthcli:encoding",
    "synthcli:accepted",
}


def read_document(document: Any, default_name: str, folder: Path | None = None) -> tuple[Schema | None, list[str]]:
    """The schema, or None and the problems. Scalars of the document are text (or JSON's true, false, null).

    `folder` is where the tables of rules and hierarchies lie.
    """
    if not isinstance(document, Mapping):
        return None, ["the file is not a mapping with the key 'fields'"]
    problems = [f"{key}: no such key" for key in document if key not in _SCHEMA_KEYS]
    problems += _version_problems(document.get("synthcli:version", "1"))
    missing = document.get("missingValues", [""])
    if not isinstance(missing, list) or not all(isinstance(value, str) for value in missing):
        problems.append("missingValues: must be a list of text")
        missing = [""]
    name = document.get("synthcli:name", document.get("name", default_name))
    if not isinstance(name, str) or not name:
        problems.append("synthcli:name: must be text")
    encoding = document.get("synthcli:encoding")
    problems += _encoding_problems(encoding)
    accepted = document.get("synthcli:accepted")
    if accepted not in (None, UNSEEN):
        problems.append(f"synthcli:accepted: must be {UNSEEN}, or left out once somebody has read the schema")
    columns, field_problems = _columns(document.get("fields"), folder)
    problems += field_problems
    if sum(column.role is Role.UNIT for column in columns) > 1:
        problems.append("fields: more than one has the synthcli:role unit; rows belong to one privacy unit")
    if problems:
        return None, problems
    schema = Schema(
        name=name,
        columns=tuple(columns),
        missing_values=tuple(missing),
        encoding=encoding,
        accepted_unseen=accepted is not None,
    )
    rules, problems = read_rules(document.get("rules", []), schema, folder)
    schema = replace(schema, rules=rules)
    problems = problems or structural_faults(schema)
    return (None, problems) if problems else (schema, [])


def _encoding_problems(encoding: Any) -> list[str]:
    if encoding is None:
        return []
    try:
        check_encoding(encoding if isinstance(encoding, str) else "")
    except UsageError:
        return ["synthcli:encoding: there is no such text encoding; for example cp1252, latin-1, utf-16"]
    return []


def _version_problems(version: Any) -> list[str]:
    if not isinstance(version, str) or not version.isdecimal() or not version.isascii() or int(version) < 1:
        return ["synthcli:version: must be 1"]
    if int(version) > VERSION:
        return [f"synthcli:version: the file is of version {int(version)}, this synthcli reads {VERSION}: upgrade it"]
    return []


def _columns(fields: Any, folder: Path | None) -> tuple[list[Column], list[str]]:
    if not isinstance(fields, list) or not fields:
        return [], ["fields: must be a list with at least one field"]
    columns: list[Column] = []
    problems: list[str] = []
    seen: set[str] = set()
    for i, document in enumerate(fields):
        reader = FieldReader(document, i, folder)
        column = reader.read()
        name = reader.name
        if name and name in seen:
            reader.problem("name", "another field has this name")
        seen.add(name)
        problems += reader.problems
        if column is not None:
            columns.append(column)
    return columns, problems
