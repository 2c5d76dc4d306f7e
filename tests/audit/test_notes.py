"""What the notes claim of an audit's power."""

import numpy as np
import pytest

from synthcli.audit.arms import choose, gather
from synthcli.audit.coins import flip
from synthcli.audit.notes import write_notes
from tests.audit.simulation import Population, block


@pytest.mark.parametrize(
    ("least", "said"),
    [(0.004, "0.520 or more, or 0.4% of the rows copied ("), (1.0, "0.520 or more ("), (None, "0.520 or more (")],
)
def test_copies_of_all_rows_are_not_claimed_to_be_found_where_none_would_be(least: float | None, said: str) -> None:
    rng, coins = np.random.default_rng(0), flip(200, 0.5)
    arms = gather([block(Population().draw(200, rng), rng)], coins, choose(coins, rng))
    assert any(said in note for note in write_notes(coins, arms, 0.52, least))
