"""The workload file: what it means, and how it says what is wrong with it."""

from pathlib import Path

import pytest

from synthcli.errors import UsageError
from synthcli.marginal import Clique, Domain
from synthcli.workflow import workload_file
from synthcli.workflow.workload_file import load_workload

DOMAIN = Domain(("age", "income", "region", "smoker", "height", "weight"), (1,) * 6)


def _load(folder: Path, text: str) -> dict[Clique, int]:
    file = folder / "workload.toml"
    file.write_text(text)
    return dict(load_workload(file, DOMAIN).weights)


def test_marginals_in_the_order_of_the_domain_and_weights(tmp_path: Path) -> None:
    text = '[[marginal]]\ncolumns = ["income", "age"]\nweight = 3\n[[marginal]]\ncolumns = ["region"]\n'
    assert _load(tmp_path, text) == {("age", "income"): 3, ("region",): 1}


def test_a_base_of_all_pairs_where_the_listed_ones_weigh_what_they_say(tmp_path: Path) -> None:
    weights = _load(tmp_path, 'all = 2\n[[marginal]]\ncolumns = ["smoker", "income"]\nweight = 9\n')
    assert len(weights) == 15
    assert weights.pop(("income", "smoker")) == 9
    assert set(weights.values()) == {1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no marginal"),
        ("marginal = []", "there is no marginal"),
        ("all = 0", "all: is 1, 2 or 3"),
        ("all = true", "all: is 1, 2 or 3"),
        ("marginals = []", "marginals: no such key; there are all, marginal; did you mean 'marginal'?"),
        ('marginal = "age"', "is a list of sections"),
        ("[[marginal]]\ncolumns = []", "marginal 1: columns: names 1 to 5 columns, not 0"),
        ('[[marginal]]\ncolumns = ["age", "age"]', "marginal 1: columns: names a column twice"),
        ('[[marginal]]\ncolumns = ["Agee"]', "marginal 1: column 'Agee' is not modelled by the schema; did you mean"),
        ('[[marginal]]\ncolumns = "age"', "marginal 1: columns: is a list of names"),
        ('[[marginal]]\ncolumns = ["age"]\nweight = 0', "marginal 1: weight: is a whole number from 1"),
        ('[[marginal]]\ncolumns = ["age"]\nweight = 1.5', "marginal 1: weight: is a whole number from 1"),
        ('[[marginal]]\ncolumns = ["age"]\nwight = 2', "did you mean 'weight'?"),
        (f"[[marginal]]\ncolumns = {list(DOMAIN.attributes)}", "names 1 to 5 columns, not 6"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, text)
    assert caught.value.hint
    (line,) = caught.value.details
    assert says in line


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = (
        'all = 7\nother = 1\n[[marginal]]\ncolumns = ["ag", "regoin"]\nweight = -1\n'
        '[[marginal]]\ncolumns = ["age", "region"]\n[[marginal]]\ncolumns = ["region", "age"]\n'
    )
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, text)
    assert len(caught.value.details) == 6
    assert caught.value.message.endswith("has 6 problems")
    assert "marginal 3: has the same columns as marginal 2" in caught.value.details


def test_a_workload_has_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_file, "MOST", 20)
    assert len(_load(tmp_path, "all = 3")) == 20
    with pytest.raises(UsageError) as caught:
        _load(tmp_path, 'all = 3\n[[marginal]]\ncolumns = ["age"]\n')
    assert "21 marginals" in caught.value.details[0]


@pytest.mark.parametrize(("content", "says"), [(None, "cannot read"), (b"[[", "not TOML"), (b"\xff", "not UTF-8")])
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "workload.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        load_workload(file, DOMAIN)
