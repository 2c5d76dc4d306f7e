"""Persons under a condition, or balanced, with all of their rows: from a fitted model to the written file."""

from pathlib import Path

import pandas as pd
import pytest

from synthcli.artifact import load
from synthcli.errors import UsageError
from synthcli.workflow.requests import SampleRequest
from synthcli.workflow.sample import run_sample
from tests.workflow.visits import fitted, sampled, table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("persons"))


def test_persons_are_picked_with_all_of_their_rows(folder: Path) -> None:
    """The probability is that of the condition among persons; a computed column follows, and so does the rows' own."""
    model = load(folder / "m.synth").persons
    assert model is not None
    place = folder / "women.csv"
    result = run_sample(
        SampleRequest(
            model=folder / "m.synth",
            output=str(place),
            rows=900,
            seed=4,
            where="sex == 'f' and age >= 15 and 3 <= `rows of one person` < 6",
        )
    )
    rows = pd.read_csv(place)
    sizes = rows.groupby("person").size()
    assert (result.persons, result.rows, len(sizes)) == (900, len(rows), 900) and set(sizes) == {3, 4, 5}
    assert set(rows.group) == {"women"} and rows.age.min() >= 15 and not result.is_population
    assert 0.1 < (rows.kind == "birth").mean() < 0.7
    real = table().groupby("person").agg(n=("sex", "size"), sex=("sex", "first"), age=("age", "first"))
    share = ((real.sex == "f") & (real.age >= 15) & real.n.between(3, 5)).mean()
    assert result.probability == pytest.approx(share, abs=0.05)


def test_a_balance_is_one_of_persons(folder: Path) -> None:
    rows = sampled(folder, "balanced.csv", rows=400, balance="sex:f=1,m=3", where="age < 15")
    persons = rows.groupby("person").agg(sex=("sex", "first"), age=("age", "first"))
    assert dict(persons.sex.value_counts()) == {"f": 100, "m": 300} and persons.age.max() < 15
    assert rows.person.is_monotonic_increasing and not persons.sex.is_monotonic_increasing, "in random order"


@pytest.mark.parametrize(
    ("option", "value", "what", "hint"),
    [
        ("where", "kind == 'birth'", "'kind' is event-level: it may differ", "--no-persons"),
        ("where", "sex == 'f' or cost > 3", "'cost' is event-level", "'age', 'rows of one person'"),
        ("balance", "kind", "the balance, at character 1: column 'kind' is event-level", "--no-persons"),
        ("where", "group == 'men'", "'group' is worked out from others", "the model holds"),
        ("where", "person == 3", "'person' is made up", "the model holds"),
        ("where", "age > 120", "no person of the model satisfies", "'age' never holds that"),
        ("where", "sexx == 'f'", "no column 'sexx'", "'sex'"),
    ],
)
def test_what_is_not_said_of_persons_picks_none(option: str, value: str, what: str, hint: str, folder: Path) -> None:
    request = SampleRequest(model=folder / "m.synth", output=str(folder / "x.csv"), **{option: value})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=what) as refused:
        run_sample(request)
    assert hint in refused.value.hint
    assert not (folder / "x.csv").exists()
