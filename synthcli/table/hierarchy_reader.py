"""Hierarchies in schema files: groups written out, or a CSV file beside the schema."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from synthcli.table.hierarchy import Hierarchy
from synthcli.table.rules.table_file import read_columns

_MOST = 100_000
_FORM = "must be groups with lists of values, or a table with levels: [value, group, …]"


def read_hierarchy(document: Any, folder: Path | None) -> Hierarchy:
    """The hierarchy of a field. `ValueError` says what is wrong with it, without a value.

    Two forms: `{group: [value, …], …}`, in which groups may hold groups; `{table: FILE, levels: [COLUMN, …]}`, where
    the columns of a UTF-8 CSV file beside the schema name the value, its group, the group of that …
    """
    if not isinstance(document, Mapping) or not document:
        raise ValueError(_FORM)
    if isinstance(document.get("table"), str):
        levels = document.get("levels")
        if set(document) != {"table", "levels"} or not isinstance(levels, list) or not all(map(_is_text, levels)):
            raise ValueError(_FORM)
        if len(set(levels)) != len(levels) or len(levels) < 2:
            raise ValueError("levels: must name two columns or more, each once")
        paths = read_columns(document["table"], folder, levels)
    else:
        paths = tuple(_paths(document, ()))
    if len(paths) > _MOST:
        raise ValueError(f"has more than {_MOST:,} values")
    return Hierarchy(paths)


def nested(hierarchy: Hierarchy) -> dict[str, Any]:
    """The first form, which `read_hierarchy` reads back; values in groups in the order of their first ones."""
    document: dict[str, Any] = {}
    for value, first, *above in hierarchy.paths:
        place = document
        for group in reversed(above):
            place = place.setdefault(group, {})
        place.setdefault(first, []).append(value)
    return document


def _paths(document: Mapping[Any, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for group, content in document.items():
        if not _is_text(group):
            raise ValueError(_FORM)
        if isinstance(content, Mapping) and content:
            yield from _paths(content, (group, *above))
        elif isinstance(content, list) and content and all(map(_is_text, content)):
            yield from ((value, group, *above) for value in content)
        else:
            raise ValueError(_FORM)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
