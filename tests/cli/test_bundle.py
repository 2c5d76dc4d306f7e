"""Bundles of options: spread for the command line, and gathered again for the command."""

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from synthcli.cli.bundle import gather, spread
from synthcli.cli.csv_options import CsvOptions
from synthcli.cli.fit_options import FitOptions
from synthcli.errors import UsageError
from synthcli.table.dialect import Dialect
from synthcli.workflow.requests import FitRequest


@dataclass(frozen=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option("--width")]
    height: Annotated[int, typer.Option("--height")] = 2


def draw(name: str, *, size: Size, colour: str = "red") -> None: ...


PARAMETERS = list(inspect.signature(draw).parameters.values())


def test_a_bundle_is_spread_where_it_stands() -> None:
    options = spread(PARAMETERS)
    assert [option.name for option in options] == ["name", "width", "height", "colour"]
    assert [option.default for option in options[1:]] == [inspect.Parameter.empty, 2, "red"]
    assert options[1].annotation == Size.__annotations__["width"]


def test_values_are_gathered_into_the_bundle() -> None:
    values = {"name": "box", "width": 3, "height": 4, "colour": "blue", "quiet": True}
    assert gather(PARAMETERS, values) == {"name": "box", "size": Size(width=3, height=4), "colour": "blue"}


def test_what_is_said_of_a_fit_are_fields_of_its_request() -> None:
    said = FitOptions(public_domain=["a,b", "c"], max_cells=5, persons=False, allow_synthetic=True).said()
    assert said == {"public_domain": ("a", "b", "c"), "max_cells": 5, "persons": False, "allow_synthetic": True}
    assert FitOptions().said() == {}
    assert set(FitOptions.__dataclass_fields__) <= set(FitRequest.__dataclass_fields__)


def test_a_dialect_is_what_the_options_say_of_it() -> None:
    assert CsvOptions().dialect() is None
    assert CsvOptions(header=False).dialect() == Dialect(header=False)
    with pytest.raises(UsageError):
        CsvOptions(delimiter="ab").dialect()
