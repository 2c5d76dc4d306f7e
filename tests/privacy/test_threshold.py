"""Learnt keys: what delta promises about the keys that one row can add.

A key that only one of two neighbouring tables has must stay hidden but for a chance of delta: the chance that noise
lifts its count, at most the rows of a unit, over the threshold.
"""

from collections.abc import Callable
from math import exp

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.privacy import noise
from synthcli.privacy.exact import ExactCounts
from synthcli.privacy.transformations import keyed
from tests.privacy.private_rows import Rows


def _release(words: list[str], scale: float, threshold: int) -> Callable[[], dict[str, int]]:
    measurement = noise.keyed_counts(keyed("word"), scale, threshold)
    table = ExactCounts(Rows([], words))
    return lambda: dict(measurement(table))


def _tail(scale: float, above: int) -> float:
    """P(N > above) of the discrete Gaussian, summed from its far end."""
    far = above + 2 + int(40 * scale)
    weights = [exp(-k * k / (2 * scale * scale)) for k in range(far, -1, -1)]
    return sum(weights[: far - above]) / (2 * sum(weights) - 1)


def test_a_count_on_the_threshold_stays_hidden() -> None:
    """At a scale of 1e-9 there is no noise: its chance is below exp(-1e17)."""
    words = ["under"] * 4 + ["on"] * 5 + ["over"] * 6
    assert _release(words, 1e-9, 5)() == {b"over".hex(): 6}


@settings(max_examples=200, deadline=None)
@given(scale=st.floats(0.2, 60.0), units=st.integers(1, 6), far=st.floats(0.0, 8.0))
def test_delta_is_no_smaller_than_the_chance_that_new_keys_show(scale: float, units: int, far: float) -> None:
    """Worst cases of `units` rows: all on one new key, or one on each of as many."""
    threshold = units + int(far * scale)
    delta = noise.keyed_counts(keyed("word"), scale, threshold).map(units)[1]
    together = _tail(scale, threshold - units)
    apart = 1 - (1 - _tail(scale, threshold - 1)) ** units
    assert max(together, apart) <= delta * (1 + 1e-9)


def test_new_keys_show_no_more_often_than_delta_says() -> None:
    """3,000 tables of one row at scale 1, threshold 3: delta 0.0228, true rate 0.0044; false alarm below 1e-20.

    Counts on the threshold, if they were let out, would make it 0.0586: more than delta, missed with less than 1e-15.
    """
    release = _release(["new"], 1.0, 3)
    delta = noise.keyed_counts(keyed("word"), 1.0, 3).map(1)[1]
    shown = np.sum([len(release()) for _ in range(3000)])
    assert shown <= 3000 * delta
