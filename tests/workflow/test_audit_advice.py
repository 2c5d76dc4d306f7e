"""How many more candidates an audit could compare, from what it says of its set-up."""

import pytest

from synthcli.gate import Spare
from synthcli.workflow.audit import _spare


@pytest.mark.parametrize(
    ("candidates", "without_coin", "expected"),
    [
        (1_000, 9_000, Spare(9_000)),
        (40_000, 360_000, Spare(20_000, is_most=True)),
        (80_000, 20_000, Spare(0, is_most=True)),
        (10_000, 0, Spare(0)),
    ],
)
def test_neither_the_table_nor_an_audit_has_more(candidates: int, without_coin: int, expected: Spare) -> None:
    setup = {"candidates": candidates, "without_coin": without_coin, "most_candidates": 60_000}
    assert _spare(setup) == expected
