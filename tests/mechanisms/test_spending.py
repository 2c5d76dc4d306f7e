"""What mechanisms spend, by OpenDP's own odometer: never more than the budget, and nearly all of it.

The noise is OpenDP's and cannot be seeded; nothing here depends on it, so that there are no false alarms.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synthcli.marginal import Domain
from synthcli.mechanisms.interface import Fit
from synthcli.mechanisms.names import MECHANISMS, mechanism_named
from synthcli.mechanisms.workload import Workload
from synthcli.privacy.budget import Budget
from synthcli.privacy.curator import Curator
from tests.privacy.random_tables import AsCoded, Table, domains, row_of

USED = 0.99


def _run(name: str, table: Table, budget: Budget, keys: bool, rows_per_unit: int) -> tuple[Fit, Curator]:
    """As a fit does it: a first stage, perhaps, and the mechanism with the rest."""
    curator = Curator(table, budget, rows_per_unit)
    if keys:
        curator.keys("word", 0.1 * budget.rho, budget.key_delta)
    workload = Workload.all(table.domain, 2)
    mechanism = mechanism_named(name)
    fit = mechanism.run(curator.on(AsCoded(table.domain)), workload, curator.remaining_rho, lambda stage, done: None)
    return fit, curator


def _check(name: str, table: Table, budget: Budget, keys: bool = False, rows_per_unit: int = 1) -> Fit:
    fit, curator = _run(name, table, budget, keys, rows_per_unit)
    rho, delta = curator.spent
    assert rho <= budget.rho and delta <= budget.key_delta
    assert rho >= USED * budget.rho
    assert fit.model.total >= 1
    assert all(np.isfinite(fit.model.marginal((a,))).all() for a in fit.model.domain.attributes)
    return fit


DELTAS = st.floats(-12, -2).map(lambda exponent: 10.0**exponent)
EPSILONS = st.floats(-3, 2).map(lambda exponent: 10.0**exponent)


@pytest.mark.parametrize("name", MECHANISMS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(epsilon=EPSILONS, delta=DELTAS, keys=st.booleans(), rows_per_unit=st.integers(1, 9), data=st.data())
def test_the_odometer_stays_within_the_budget_and_reads_most_of_it(
    name: str, epsilon: float, delta: float, keys: bool, rows_per_unit: int, data: Any
) -> None:
    domain = data.draw(domains(most=3))
    rows = data.draw(st.lists(row_of(domain), max_size=30))
    budget = Budget.of(epsilon, delta, delta / 2 if keys else 0.0)
    _check(name, Table(domain, tuple(rows)), budget, keys, rows_per_unit)


EDGES = {
    "no rows": Table(Domain(("a", "b"), (3, 2)), ()),
    "one row": Table(Domain(("a", "b"), (3, 2)), (((2, 1), "a"),)),
    "constant columns": Table(Domain(("a", "b", "c"), (1, 4, 1)), tuple(((0, 2, 0), "a") for _ in range(50))),
    "one column of one code": Table(Domain(("a",), (1,)), (((0,), "a"),) * 5),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("name", MECHANISMS)
def test_tables_at_the_edge_are_paid_for_like_others(name: str, edge: str) -> None:
    _check(name, EDGES[edge], Budget.of(1.0, 1e-6))


@pytest.mark.parametrize("name", MECHANISMS)
def test_columns_that_are_missing_together_are_paid_for_like_others(name: str) -> None:
    """They are 2,000 rows from independent, of which 1,000 are enough for the sieve to look at them; and tables of all
    three columns would be too noisy to be measured without a look."""
    domain = Domain(("a", "b", "c"), (4, 3, 2), gaps={"a": 3, "b": 2})
    rows = tuple(((3, 2, i % 2) if i % 4 < 2 else (i % 3, i // 4 % 2, i % 2), "a") for i in range(2_000))
    fit = _check(name, Table(domain, rows), Budget.of(0.45, 1e-6))
    assert set(fit.gaps.values()) == ({"a", "b"} if name == "sieve" else set())
