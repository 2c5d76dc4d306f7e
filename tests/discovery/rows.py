"""A private table in memory, and the domain that is learnt of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from synthcli.discovery.budget import plan_discovery
from synthcli.discovery.discover import discover
from synthcli.discovery.facts import resolve
from synthcli.marginal import Clique, tabulate
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Coding, Curator
from synthcli.table.codec import Codec
from synthcli.table.schema import Column, Schema


class Rows:
    """A private table in memory."""

    def __init__(self, **columns: pa.Array) -> None:
        self.batch = pa.RecordBatch.from_pydict(columns)

    def count(self, codec: Coding, cliques: Sequence[Clique]) -> Mapping[Clique, np.ndarray]:
        return tabulate(codec.encode(self.batch), codec.domain, cliques)

    def keys(self, column: str) -> dict[str, int]:
        return dict(Counter(map(str, self.batch.column(column).drop_null().to_pylist())))


def learn(rows: Rows, *columns: Column, epsilon: float = 5.0, binned: bool = True) -> tuple[Codec, Curator]:
    facts = resolve(Schema(name="t", columns=columns))
    needs = plan_discovery(facts, binned=binned)
    budget = Budget.of(epsilon, 1e-6, 5e-7 if needs.categories else 0.0)
    curator = Curator(rows, budget)
    silent: Callable[[str, float], None] = lambda stage, done: None  # noqa: E731
    return discover(facts, needs, curator, budget.rho, budget.key_delta, silent), curator


def drawn_from(codec: Codec, rows: Rows) -> dict[str, pa.Array]:
    """The table coded and decoded again."""
    batch = codec.decode(codec.encode(rows.batch), np.random.default_rng(1))
    return {name: batch.column(name) for name in batch.schema.names}
