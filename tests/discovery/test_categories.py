"""Categories learnt in two looks: columns of few values leave their budget to those of many."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from synthcli.discovery.categories import SHARES, Presence, learn_categories
from synthcli.marginal import Clique, tabulate
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Coding, Curator
from synthcli.privacy.noise import keys_scales_for

RHO, DELTA, ROWS = 1.7e-4, 5e-7, 240_000


class Table:
    """Columns in memory; remembers whose keys were asked for."""

    def __init__(self, **columns: Sequence[str | None]) -> None:
        self._batch = pa.RecordBatch.from_pydict({n: pa.array(v, pa.string()) for n, v in columns.items()})
        self.asked: list[str] = []

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, np.ndarray]:
        return tabulate(codec.encode(self._batch), codec.domain, cliques)

    def keys(self, column: str) -> dict[str, int]:
        self.asked.append(column)
        counted = self._batch.column(column).drop_null().value_counts().to_pylist()
        return {each["values"]: each["counts"] for each in counted}


def _learn(table: Table, names: Sequence[str]) -> tuple[dict[str, dict[str, int]], Curator]:
    curator = Curator(table, Budget(epsilon=1.0, delta=2 * DELTA, rho=RHO, key_delta=DELTA))
    return learn_categories(names, curator, RHO, DELTA, lambda done: None), curator


def _few(kinds: int) -> list[str | None]:
    return [f"v{row % kinds}" for row in range(ROWS)]


def test_columns_of_few_values_leave_their_budget_to_those_of_many() -> None:
    few = {f"few{i}": _few(2) for i in range(19)}
    each = ROWS // 360
    equal_scale, equal_bar = keys_scales_for(RHO / 20, DELTA / 20, 1)
    scale, bar = keys_scales_for(SHARES[2] * RHO, DELTA / 2, 1)
    assert bar + 4 * scale < each < equal_bar - 2.5 * equal_scale, "of these an equal split finds two or three"
    table = Table(**few, many=_few(360))
    found, curator = _learn(table, [*few, "many"])
    assert len(found["many"]) >= 358  # one in 30,000 is missed
    assert all(list(found[name]) == ["v0", "v1"] for name in few)
    assert sum(found["many"].values()) == pytest.approx(ROWS, rel=0.1)
    assert 0 < curator.spent[0] <= RHO
    assert 0 < curator.spent[1] <= DELTA


def test_missing_values_are_no_reason_to_look_again() -> None:
    half = [f"v{row % 3}" if row % 2 else None for row in range(ROWS)]
    table = Table(a=_few(2), b=half)
    found, curator = _learn(table, ["a", "b"])
    assert list(found["b"]) == ["v0", "v1", "v2"]
    assert curator.spent[0] < 0.4 * RHO, "what no column needs is left"


def test_a_single_column_gets_all_of_the_budget() -> None:
    table = Table(only=_few(4))
    found, curator = _learn(table, ["only"])
    assert list(found["only"]) == ["v0", "v1", "v2", "v3"]
    assert 0.99 * RHO < curator.spent[0] <= RHO
    assert _learn(table, [])[0] == {}


def test_presence_tells_missing_values() -> None:
    assert Presence().encode(pa.array([1.0, None, float("nan")])).tolist() == [0, 1, 1]
