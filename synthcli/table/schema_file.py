"""Schema files: Frictionless Table Schema v2 as YAML or JSON, read and written."""

import json
from pathlib import Path
from typing import Any, Literal

import yaml

from synthcli.errors import InputError, UsageError
from synthcli.table.schema import Schema
from synthcli.table.schema_reader import read_document
from synthcli.table.schema_writer import to_document

_MAX_BYTES = 64 << 20
_HEADER = """\
# A schema: what may be said in public about the columns of a table. Edit it by hand, then fit with it.
#
# This draft was made by looking at the rows, so it is as private as they are. 'synthcli:observed' lists the facts of a
# field that were read off the rows. fit never uses such a fact: it learns it from the privacy budget instead.
# If a fact is public knowledge (a code list, an age from 0 to 120), correct its value, then delete it from the list;
# or name the column in --public-domain. What you declare is free of charge, and the model file records it.
#
# synthcli:accepted, if it is there, says that nobody has read this draft: types, formats and roles were then read off
# the rows, and no budget covers them. Delete the line once you have read the file, and would say as much in public.
# synthcli:encoding, if it is there, says how a CSV file is written: your word, like types and spellings of dates.
# synthcli:role says what happens to a column: model, drop, surrogate (made-up values of the same format), or unit (left
# out; rows that share a value of it belong to one person, whom fit --max-rows-per-unit protects as a whole).
# synthcli:surrogate says how made-up values look: {format: uuid}, {format: sequence}, or {format: pattern, pattern:
# P-999999}, where A stands for a capital letter, a for a small one, 9 for a digit, and everything else for itself.
# synthcli:level: person marks what is the same in all rows of a person; fit then models persons with several rows each.
# synthcli:max-rows of the unit's column bounds the number of these, where a bound is public knowledge.
# synthcli:flags says what a column looks like: key, name, email, phone, national-id, card, free-text ...
"""


class _TextLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
    """Every scalar stays the text that was written (NO is no boolean, 1.10 keeps its zero); no key comes twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping; `ValueError` for a repeated key."""
        keys = [self.construct_object(key) for key, _ in node.value]
        _refuse_repeats(keys, f" (line {node.start_mark.line + 1})")
        return dict(super().construct_mapping(node, deep))


class _PlainDumper(yaml.SafeDumper):
    """Text with control characters or odd line breaks is escaped, so that it reads back as it was."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A scalar, in double quotes where it needs escapes."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


_PlainDumper.add_representer(str, _PlainDumper.represent_text)


def load_schema(path: Path | str) -> Schema:
    """Read a schema file: JSON by the extension `.json`, YAML otherwise.

    Raises `InputError` with every problem of the file as a line of its own.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"cannot read the schema {path}: {reason}", "make one with: synthcli profile") from error
    if len(raw) > _MAX_BYTES:
        raise InputError(f"the schema {path} is larger than {_MAX_BYTES >> 20} MB", "shorten its lists of categories")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the schema {path} is not UTF-8", "save it as UTF-8") from error
    is_json, name = path.suffix.lower() == ".json", path.name.split(".")[0]
    return parse_schema(text, f"the schema {path}", is_json, name, path.parent)


def parse_schema(text: str, place: str, is_json: bool, default_name: str = "", folder: Path | None = None) -> Schema:
    """Read the text of a schema file, with its rules' tables from `folder`. `InputError` speaks of `place`."""
    try:
        document = _parse(text, is_json)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{place} cannot be parsed{_place(error)}", "correct the syntax there") from error
    schema, problems = read_document(document, default_name or "table", folder)
    if schema is None:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise InputError(f"{place} has {count}", "edit the places named below", tuple(problems))
    return schema


def dump_schema(schema: Schema, target: Path | str) -> str:
    """The text of a schema file; `target` is a path or a format (`yaml`, `json`), and nothing is written.

    Raises `UsageError` for an extension that is neither.
    """
    is_json = schema_format(target) == "json"
    document = to_document(schema)
    if is_json:
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    text = yaml.dump(document, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)
    return _HEADER + text


def schema_format(target: Path | str) -> Literal["yaml", "json"]:
    """The format that an extension asks for; `UsageError` for an extension that is neither."""
    extension = str(target).rsplit(".", 1)[-1].lower()
    if extension not in ("yaml", "yml", "json"):
        raise UsageError("a schema file ends in .yaml, .yml or .json", "for example: -o schema.yaml")
    return "json" if extension == "json" else "yaml"


def _parse(text: str, is_json: bool) -> Any:
    if is_json:
        return json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=str,
            object_pairs_hook=_mapping,
        )
    return yaml.load(text, Loader=_TextLoader)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _refuse_repeats([key for key, _ in pairs])
    return dict(pairs)


def _refuse_repeats(keys: list[Any], place: str = "") -> None:
    if len({str(key) for key in keys}) != len(keys):
        raise _RepeatedKey(place)


class _RepeatedKey(ValueError):
    """A mapping names a key twice."""


def _place(error: Exception) -> str:
    """Line and column of a syntax error; its text may quote the file."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f": syntax error in line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}"
    if isinstance(error, json.JSONDecodeError):
        return f": syntax error in line {error.lineno}, column {error.colno}"
    return f": a key is there twice{error}" if isinstance(error, _RepeatedKey) else ""
