"""One field of a schema file to a Column, collecting every problem on the way."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from synthcli.table.bound_text import parse_bound
from synthcli.table.hierarchy_reader import read_hierarchy
from synthcli.table.schema import Bound, Column, Fact, Kind, Level, Role, Surrogate
from synthcli.table.temporal import TimeFormat

_KEYS = {
    *("name", "type", "format", "title", "description", "example", "rdfType", "constraints", "categories"),
    *("categoriesOrdered", "missingValues", "trueValues", "falseValues"),
    *("synthcli:role", "synthcli:surrogate", "synthcli:decimals", "synthcli:observed", "synthcli:flags"),
    *("synthcli:hierarchy", "synthcli:level", "synthcli:max-rows"),
}
_CONSTRAINTS = {"required", "unique", "minimum", "maximum", "enum"}
_STRING_FORMATS = ("default", "email", "uri", "uuid")


class FieldReader:
    """Reads one field; `problems` are lines like 'fields[3] (age): constraints.minimum: must be an integer'."""

    def __init__(self, document: Any, place: int, folder: Path | None = None) -> None:
        self._folder = folder
        self._field: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        self._is_mapping = isinstance(document, Mapping)
        name = self._field.get("name")
        self.name = name if isinstance(name, str) else ""
        self._place = f"fields[{place}]" + (f" ({self.name})" if self.name else "")
        self.problems: list[str] = []

    def problem(self, key: str, what: str) -> None:
        """Note one problem."""
        self.problems.append(f"{self._place}: {key}: {what}" if key else f"{self._place}: {what}")

    def read(self) -> Column | None:
        """The column, or None where there are problems."""
        if not self._is_mapping:
            self.problem("", "must be a mapping with name and type")
            return None
        constraints = self._constraints()
        if not self.name:
            self.problem("name", "must be text")
        kind = self._choice("type", Kind, None)
        if kind is None:
            return None
        facts = self._facts(kind, constraints)
        if self.problems:
            return None
        try:
            return Column(name=self.name, kind=kind, **facts)
        except ValueError as error:
            self.problem("", str(error).removeprefix(f"column {self.name!r}: "))
            return None

    def _constraints(self) -> Mapping[str, Any]:
        for key in self._field:
            if key not in _KEYS:
                self.problem(str(key), "no such key")
        constraints = self._field.get("constraints", {})
        if not isinstance(constraints, Mapping):
            self.problem("constraints", "must be a mapping")
            return {}
        for key in constraints:
            if key not in _CONSTRAINTS:
                self.problem(f"constraints.{key}", f"no such constraint; there are {', '.join(sorted(_CONSTRAINTS))}")
        return constraints

    def _facts(self, kind: Kind, constraints: Mapping[str, Any]) -> dict[str, Any]:
        spelling = self._format(kind)
        facts: dict[str, Any] = {
            "format": spelling,
            "role": self._choice("synthcli:role", Role, Role.MODEL) or Role.MODEL,
            "level": self._choice("synthcli:level", Level, Level.EVENT) or Level.EVENT,
            "minimum": self._bound("minimum", constraints, kind, spelling),
            "maximum": self._bound("maximum", constraints, kind, spelling),
            "categories": self._categories(kind, constraints),
            "ordered": self._flag("categoriesOrdered", self._field),
            "required": self._flag("required", constraints, "constraints."),
            "unique": self._flag("unique", constraints, "constraints."),
            "decimals": self._decimals(kind),
            "most_rows": self._most_rows(),
            "missing_values": self._texts("missingValues"),
            "surrogate": self._surrogate(),
            "flags": self._texts("synthcli:flags") or (),
            "observed": self._observed(),
        }
        for key, field in (("trueValues", "true_values"), ("falseValues", "false_values")):
            texts = self._texts(key)
            if texts is not None and kind is not Kind.BOOLEAN:
                self.problem(key, "belongs to booleans")
            elif texts is not None:
                facts[field] = texts
        return facts | self._hierarchy(kind, facts)

    def _hierarchy(self, kind: Kind, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The hierarchy, and the categories that it declares in place of observed ones."""
        document = self._field.get("synthcli:hierarchy")
        if document is None:
            return {}
        try:
            hierarchy = read_hierarchy(document, self._folder)
        except ValueError as error:
            self.problem("synthcli:hierarchy", str(error))
            return {}
        self._check_typed("synthcli:hierarchy", kind, list(hierarchy.values))
        seen = {key: None for key in ("minimum", "maximum", "categories") if key in facts["observed"]}
        listed = facts["categories"] if "categories" not in seen else None
        categories = hierarchy.values if listed is None else listed
        return {**seen, "hierarchy": hierarchy, "categories": categories, "observed": facts["observed"] - set(seen)}

    def _choice(self, key: str, choices: type[Any], default: Any) -> Any:
        text = self._field.get(key, default)
        try:
            return choices(text)
        except ValueError:
            self.problem(key, f"must be one of {', '.join(choice.value for choice in choices)}")
            return None

    def _flag(self, key: str, where: Mapping[str, Any], prefix: str = "") -> bool:
        value = where.get(key, False)
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            self.problem(prefix + key, "must be true or false")
        return value is True

    def _texts(self, key: str) -> tuple[str, ...] | None:
        value = self._field.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(key, "must be a list of text")
            return None
        return tuple(value)

    def _format(self, kind: Kind) -> str:
        text = self._field.get("format", "default")
        if not isinstance(text, str):
            self.problem("format", "must be text")
        elif kind.has_format and text != "default":
            try:
                TimeFormat(kind, text)
                return text
            except ValueError as error:
                self.problem("format", str(error))
        elif text not in (_STRING_FORMATS if kind is Kind.STRING else ("default",)):
            self.problem("format", "must be default, or left out")
        else:
            return text
        return "default"

    def _bound(self, key: str, constraints: Mapping[str, Any], kind: Kind, spelling: str) -> Bound | None:
        text = constraints.get(key)
        if text is None:
            return None
        if not kind.has_axis:
            self.problem(f"constraints.{key}", f"a {kind} has no bounds")
            return None
        try:
            return parse_bound(text, kind, spelling)
        except (ValueError, TypeError, OverflowError):
            self.problem(f"constraints.{key}", f"must be {'an' if kind is Kind.INTEGER else 'a'} {kind}")
            return None

    def _categories(self, kind: Kind, constraints: Mapping[str, Any]) -> tuple[str, ...] | None:
        if "enum" in constraints and "categories" in self._field:
            self.problem("categories", "give either categories or constraints.enum")
        key, listed = "constraints.enum", constraints.get("enum")
        if "categories" in self._field:
            key, listed = "categories", self._field["categories"]
        if listed is None:
            return None
        if kind not in (Kind.STRING, Kind.INTEGER, Kind.NUMBER):
            self.problem(key, f"a {kind} has no list of categories")
            return None
        if not isinstance(listed, list):
            self.problem(key, "must be a list")
            return None
        items = [item.get("value") if isinstance(item, Mapping) else item for item in listed]
        values = [item for item in items if isinstance(item, str)]
        if len(values) < len(items):
            self.problem(key, "every category must be text or a number")
            return None
        self._check_typed(key, kind, values)
        return tuple(values)

    def _check_typed(self, key: str, kind: Kind, values: list[str]) -> None:
        if kind is Kind.STRING:
            return
        try:
            if len({parse_bound(value, kind, "default") for value in values}) != len(values):
                self.problem(key, "names a value twice")
        except (ValueError, OverflowError):
            self.problem(key, f"every category must be {'an' if kind is Kind.INTEGER else 'a'} {kind}")

    def _decimals(self, kind: Kind) -> int | None:
        text = self._field.get("synthcli:decimals")
        if text is None:
            return None
        if kind is not Kind.NUMBER:
            self.problem("synthcli:decimals", "belongs to numbers")
        elif not isinstance(text, str) or not re.fullmatch("[0-9]{1,2}", text) or int(text) > 15:
            self.problem("synthcli:decimals", "must be a whole number from 0 to 15")
        else:
            return int(text)
        return None

    def _most_rows(self) -> int | None:
        text = self._field.get("synthcli:max-rows")
        if text is None or (isinstance(text, str) and re.fullmatch("[1-9][0-9]{0,8}", text)):
            return None if text is None else int(text)
        self.problem("synthcli:max-rows", "must be a whole number, 1 or more")
        return None

    def _surrogate(self) -> Surrogate | None:
        document = self._field.get("synthcli:surrogate")
        if document is None:
            return None
        if not isinstance(document, Mapping) or set(document) - {"format", "pattern"}:
            self.problem("synthcli:surrogate", "must be a mapping with format, and pattern if the format is pattern")
            return None
        form, pattern = document.get("format"), document.get("pattern", "")
        if form not in ("uuid", "sequence", "pattern") or not isinstance(pattern, str):
            self.problem("synthcli:surrogate", "its format must be uuid, sequence or pattern")
            return None
        try:
            return Surrogate(form, pattern)
        except ValueError as error:
            self.problem("synthcli:surrogate", str(error))
            return None

    def _observed(self) -> frozenset[Fact]:
        texts = self._texts("synthcli:observed") or ()
        if unknown := [text for text in texts if text not in get_args(Fact)]:
            self.problem("synthcli:observed", f"knows {', '.join(get_args(Fact))}, but not {', '.join(unknown)}")
        return frozenset(text for text in texts if text in get_args(Fact))  # type: ignore[misc]
