"""Options that belong together, as one parameter of a command: a frozen dataclass whose fields are options."""

from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter
from typing import Any


def spread(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The options that a command has: each bundle's fields in the bundle's place."""
    return [option for parameter in parameters for option in _options(parameter)]


def gather(parameters: Sequence[Parameter], values: dict[str, Any]) -> dict[str, Any]:
    """The values of the parameters: each bundle made of the options' values of its fields."""
    return {parameter.name: _value(parameter, values) for parameter in parameters}


def _bundle(parameter: Parameter) -> Any:
    """The dataclass that a parameter stands for, None if it is an option itself."""
    kind = parameter.annotation
    return kind if isinstance(kind, type) and is_dataclass(kind) else None


def _options(parameter: Parameter) -> list[Parameter]:
    bundle = _bundle(parameter)
    if bundle is None:
        return [parameter.replace(kind=Parameter.KEYWORD_ONLY)]
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=field.type,
        )
        for field in fields(bundle)
    ]


def _value(parameter: Parameter, values: dict[str, Any]) -> Any:
    bundle = _bundle(parameter)
    if bundle is None:
        return values[parameter.name]
    return bundle(**{field.name: values[field.name] for field in fields(bundle)})
