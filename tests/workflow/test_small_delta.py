"""A delta that is too small to learn categories is told by the plan: before a row is read or anything is spent."""

from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.privacy.curator import Curator
from synthcli.privacy.ledger import open_ledger
from synthcli.workflow.fit import run_fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.requests import FitRequest
from tests.workflow.visits import SCHEMA as VISITS
from tests.workflow.visits import fit_request

TOO_SMALL = "delta is too small to learn categories"


def _asked(folder: Path, columns: int, delta: str) -> FitRequest:
    fields = [f"{{name: c{i}, type: string}}" for i in range(columns)]
    (folder / "s.yaml").write_text(f"name: t\nfields: [{', '.join(fields)}]\n")
    lines = [
        ",".join(f"c{i}" for i in range(columns)),
        *[",".join("ab"[(i + r) % 2] for i in range(columns)) for r in range(300)],
    ]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return FitRequest(
        data=str(folder / "t.csv"),
        schema=folder / "s.yaml",
        output=folder / "m.synth",
        epsilon="1",
        delta=delta,
        mechanism="independent",
        ledger=str(folder / "ledger.sqlite"),
    )


@pytest.mark.parametrize(("columns", "delta"), [(1, "2.2e-16"), (2, "8e-16"), (3, "1e-15")])
def test_nothing_is_spent(tmp_path: Path, columns: int, delta: str) -> None:
    asked = _asked(tmp_path, columns, delta)
    Path(asked.data).unlink()  # reading would fail with another error
    open_ledger(asked.ledger).init("t", "1", "1e-6")
    with pytest.raises(UsageError, match=TOO_SMALL):
        run_fit(asked)
    assert not open_ledger(asked.ledger).history("t")


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_the_smallest_delta_that_the_plan_accepts_is_learnt_with(
    tmp_path: Path, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No plan refuses more than the curator would, nor less: its questions have the deltas that were planned."""
    asked: list[float] = []
    keys = Curator.keys

    def watched(self: Curator, column: str, rho: float, delta: float) -> dict[str, int]:
        asked.append(delta)
        return keys(self, column, rho, delta)

    monkeypatch.setattr(Curator, "keys", watched)
    low, high = 1e-16, 1e-14
    while high / low > 1.0001:
        middle = (low * high) ** 0.5
        try:
            plan_fit(_asked(tmp_path, columns, repr(middle)))
            high = middle
        except UsageError:
            low = middle
    run_fit(_asked(tmp_path, columns, repr(high)))
    assert min(asked) == pytest.approx(2.0**-53, rel=1e-3), "OpenDP certifies no smaller one"


@pytest.mark.parametrize("level", ["person", "row"])
def test_persons_and_their_rows_are_looked_at_apart(tmp_path: Path, level: str) -> None:
    """Either table may be the one with categories to learn."""
    schema = VISITS.split("rules:")[0]
    if level == "row":
        schema = schema.replace("name: group, type: string", "name: group, type: boolean")
        schema = schema.replace("{enum: [birth, ward, out], required: true}", "{required: true}")
    (tmp_path / "s.yaml").write_text(schema)
    with pytest.raises(UsageError, match=TOO_SMALL):
        plan_fit(fit_request(tmp_path, delta="2e-16"))
    plan = plan_fit(fit_request(tmp_path, delta="1e-15"))
    assert plan.persons is not None
    assert (bool(plan.persons.needs.categories), bool(plan.needs.categories)) == (level == "person", level == "row")
