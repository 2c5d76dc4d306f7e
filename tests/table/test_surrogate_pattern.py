"""Patterns of made-up identifiers: how many there are, and what nobody can mean."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.table.schema import Surrogate
from synthcli.table.surrogate import SurrogateColumn
from synthcli.table.surrogate_pattern import fault, identifiers, lengthened


@pytest.mark.parametrize("pattern", ["P-[0-9]{6}", "[A-Z]99", r"\d\d\d-A", "99{2}", r"A\w"])
def test_a_regular_expression_is_told(pattern: str) -> None:
    assert "regular expression" in fault(pattern)


@pytest.mark.parametrize("pattern", ["P-", r"\A\a\9", "x", "\\", ".*"])
def test_a_pattern_of_one_identifier_is_told(pattern: str) -> None:
    assert "one and the same identifier" in fault(pattern)
    assert identifiers(Surrogate("pattern", pattern)) == 1


@pytest.mark.parametrize("pattern", ["P-999999", r"\[99\]", "+99 (999) 99.99", r"\\A\9-9", "a$", "Ä9"])
def test_what_may_be_meant_is_taken(pattern: str) -> None:
    assert not fault(pattern)


@given(st.text(alphabet="Aa9\\[]{}-xÄ ", min_size=1, max_size=8), st.integers(0, 2**32))
def test_identifiers_are_of_the_pattern(pattern: str, seed: int) -> None:
    classes = {"A": "[A-Z]", "a": "[a-z]", "9": "[0-9]"}
    marks = re.findall(r"\\.|.", pattern)
    meant = "".join(re.escape(mark[-1]) if len(mark) == 2 else classes.get(mark, re.escape(mark)) for mark in marks)
    for distinct in (False, True):
        column = SurrogateColumn(Surrogate("pattern", pattern), np.random.default_rng(seed), distinct)
        assert all(re.fullmatch(meant, text) for text in column.take(1).to_pylist())
    assert identifiers(Surrogate("uuid")) is None


@given(st.text(alphabet="Aa9\\-x", min_size=1, max_size=8), st.integers(1, 10**12))
def test_a_longer_pattern_has_enough_identifiers(pattern: str, count: int) -> None:
    longer = lengthened(pattern, count)
    assert pattern in longer and len(longer) > len(pattern)
    assert (identifiers(Surrogate("pattern", longer)) or 0) >= count
