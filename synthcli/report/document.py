"""The audit file: all that an audit found, as one JSON object and back. Private like the rows it compares with."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from synthcli.audit.result import AuditResult
from synthcli.errors import InputError
from synthcli.gate import Policy, Verdict
from synthcli.quality.result import Quality

_KIND = "synthcli-audit"
_WARNING = (
    "internal: these figures compare with the real rows and are not covered by epsilon; classify as the source data"
)
_STAMP = {"schema_version": 1, "kind": _KIND, "warning": _WARNING}


@dataclass(frozen=True, kw_only=True)
class AuditDocument:
    """What the audit file holds. `privacy` is the model's privacy statement as a plain object."""

    verdict: Verdict
    policy: Policy
    privacy: Mapping[str, Any]
    audit: AuditResult
    quality: Quality


def to_document(
    result: AuditResult, quality: Quality, verdict: Verdict, policy: Policy, privacy: Mapping[str, Any]
) -> dict[str, Any]:
    """A plain object that `json.dumps` takes, stamped with its version and what it is."""
    document = AuditDocument(verdict=verdict, policy=policy, privacy=privacy, audit=result, quality=quality)
    return {**_STAMP, **as_plain(document)}


def from_document(document: Any) -> AuditDocument:
    """Read what `to_document` wrote; `InputError` for another version and for anything that is not such an object."""
    if not isinstance(document, dict) or document.get("kind") != _KIND:
        raise InputError("this is not an audit file", "give the file that synthcli audit wrote with -o")
    version = document.get("schema_version")
    if type(version) is not int or version != 1:
        raise InputError("the audit file is of another version", "audit again with this version of synthcli")
    body = {key: value for key, value in document.items() if key not in _STAMP}
    try:
        read: AuditDocument = as_typed(AuditDocument, body)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError("the audit file is damaged", "audit again, or fetch the file again") from error
    return read


def as_plain(value: Any) -> Any:
    """Dataclasses to objects, tuples to lists, enumerations to their values."""
    if is_dataclass(value):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [as_plain(item) for item in value]
    return value


def as_typed(kind: Any, value: Any) -> Any:
    """A JSON value as an instance of a type; `ValueError` where it is not one. No value is bent to fit."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _read_fields(kind, value)
    if origin is tuple and isinstance(value, list):
        return tuple(as_typed(arguments[0], item) for item in value)
    if origin is Mapping and isinstance(value, dict):
        return {key: as_typed(arguments[1], item) for key, item in value.items()}
    if origin in (Union, types.UnionType):
        return _read_either(arguments, value)
    if origin is Literal and value in arguments:
        return value
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is float and type(value) in (int, float) and isfinite(value):
        return float(value)
    if kind in (int, str, bool, type(None)) and type(value) is kind:
        return value
    raise ValueError("a value of the wrong type")


def _read_fields(kind: Any, value: Any) -> Any:
    hints = get_type_hints(kind)
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    if not isinstance(value, dict) or not needed <= set(value) <= set(hints):
        raise ValueError("an object with other keys")
    return kind(**{name: as_typed(hints[name], item) for name, item in value.items()})


def _read_either(kinds: tuple[Any, ...], value: Any) -> Any:
    for kind in kinds:
        try:
            return as_typed(kind, value)
        except ValueError:
            continue
    raise ValueError("a value of none of the types")
