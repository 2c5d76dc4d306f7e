import numpy as np
import pytest

from synthcli.marginal import Measurement, Merge

MERGE = Merge(np.array([0, 1, 1, 1]), np.zeros(4))


def test_merging_sums_cells_and_their_variances() -> None:
    fine = Measurement(("a", "b"), np.arange(8).reshape(4, 2), 3.0)
    coarse = fine.merged({"a": MERGE, "other": MERGE})
    assert coarse.values.tolist() == [[0, 1], [12, 15]]
    assert coarse.variance.tolist() == [[9, 9], [27, 27]]
    assert coarse.merged({}) is coarse
    both = fine.merged({"b": Merge(np.array([0, 0]), np.zeros(2))}).merged({"a": MERGE})
    assert both.variance.tolist() == [[18], [54]]


@pytest.mark.parametrize("parts", [np.array([1]), np.array([0, 1])])
def test_parts_fit_the_table(parts: np.ndarray) -> None:
    with pytest.raises(ValueError, match="sums of at least one"):
        Measurement(("a",), np.array([1, 2]), 1.0, parts)
