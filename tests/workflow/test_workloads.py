"""What a workload file and a target ask of each table, where persons have several rows."""

from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.workflow.fit import _fingerprint
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.requests import FitRequest

SCHEMA = """
name: visits
fields:
- {name: person, type: integer, "synthcli:role": unit}
- {name: sex, type: string, "synthcli:level": person}
- {name: age, type: integer, "synthcli:level": person}
- {name: kind, type: string}
- {name: cost, type: number}
"""
ROWS = "rows of one person"


def _plan(folder: Path, workload: str = "", **more: object) -> FitPlan:
    (folder / "s.yaml").write_text(SCHEMA)
    (folder / "w.toml").write_text(workload)
    settings = {"epsilon": "1", "max_rows_per_unit": 3, "workload": folder / "w.toml" if workload else None} | more
    return plan_fit(FitRequest(data="t.csv", schema=folder / "s.yaml", output=folder / "m.synth", **settings))  # type: ignore[arg-type]


def _both(plan: FitPlan) -> tuple[dict[tuple[str, ...], int], dict[tuple[str, ...], int]]:
    assert plan.persons is not None
    return dict(plan.workload.weights), dict(plan.persons.workload.weights)


def test_marginals_of_either_table_and_what_rows_rest_on(tmp_path: Path) -> None:
    """What a row's marginal needs of persons is their part of it, beside the number of rows."""
    rows, persons = _both(
        _plan(
            tmp_path,
            '[[marginal]]\ncolumns = ["age", "sex"]\nweight = 4\n'
            '[[marginal]]\ncolumns = ["kind", "age"]\nweight = 3\n'
            '[[marginal]]\ncolumns = ["cost", "kind"]\n'
            f'[[marginal]]\ncolumns = ["{ROWS}", "sex"]\nweight = 7\n',
        )
    )
    assert rows == {("sex", "age"): 4, ("age", "kind"): 3, ("kind", "cost"): 1}
    assert persons == {("sex", "age"): 4, ("age", ROWS): 3, (ROWS,): 1, ("sex", ROWS): 7}


def test_all_pairs_are_those_of_each_table(tmp_path: Path) -> None:
    rows, persons = _both(_plan(tmp_path, f'all = 2\n[[marginal]]\ncolumns = ["{ROWS}", "age"]\nweight = 5\n'))
    plain_rows, plain_persons = _both(_plan(tmp_path))
    assert rows == plain_rows and len(rows) == 6
    assert persons == plain_persons | {("age", ROWS): 5, (ROWS,): 1} and len(persons) == 4


def test_columns_alone_where_all_that_is_named_is_of_the_other_table(tmp_path: Path) -> None:
    rows, persons = _both(_plan(tmp_path, f'[[marginal]]\ncolumns = ["{ROWS}"]\n'))
    assert rows == {(name,): 1 for name in ("sex", "age", "kind", "cost")} and persons == {(ROWS,): 1}


@pytest.mark.parametrize(
    ("target", "of_rows", "of_persons"), [("sex", True, True), ("kind", True, False), (ROWS, False, True)]
)
def test_a_target_is_one_of_the_tables_that_have_it(
    target: str, of_rows: bool, of_persons: bool, tmp_path: Path
) -> None:
    plan = _plan(tmp_path, target=target)
    assert plan.persons is not None
    assert (plan.workload.target, plan.persons.workload.target) == (
        target if of_rows else None,
        target if of_persons else None,
    )
    if of_persons:
        assert sum(w for c, w in plan.persons.workload.weights.items() if target in c and len(c) == 2) >= 4


def test_what_no_table_has_together_is_refused(tmp_path: Path) -> None:
    for workload, says in (
        (f'[[marginal]]\ncolumns = ["{ROWS}", "kind"]\n', f"'{ROWS}' goes with person-level columns alone"),
        ('[[marginal]]\ncolumns = ["rows of one persn"]\n', f"did you mean '{ROWS}'?"),
    ):
        with pytest.raises(UsageError) as caught:
            _plan(tmp_path, workload)
        assert says in caught.value.details[0]
    with pytest.raises(UsageError) as caught:
        _plan(tmp_path, f'[[marginal]]\ncolumns = ["{ROWS}", "sex"]\n', persons=False)
    assert "is not modelled" in caught.value.details[0]
    with pytest.raises(UsageError, match="no modelled column"):
        _plan(tmp_path, target=ROWS, persons=False)


def test_another_workload_of_persons_is_another_fit(tmp_path: Path) -> None:
    """Both ask the same of rows."""
    prints = set()
    for columns in (f'"{ROWS}", "sex"', f'"{ROWS}", "age"'):
        plan = _plan(tmp_path, f"[[marginal]]\ncolumns = [{columns}]\n")
        request = FitRequest(data="t", schema=tmp_path / "s.yaml", output=tmp_path / "m", epsilon="1")
        prints.add(_fingerprint(request, plan))
    assert len(prints) == 2
