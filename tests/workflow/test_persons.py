"""Persons with several rows each, from the table to the written files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from synthcli.artifact import load, save
from synthcli.audit.coins_file import load_coins
from synthcli.errors import InputError, InvalidAudit, UsageError
from synthcli.persons import Persons
from synthcli.synthesizer import Synthesizer
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.plan import plan_fit
from synthcli.workflow.report import run_report
from synthcli.workflow.requests import AuditRequest, ReportRequest, SampleRequest
from synthcli.workflow.sample import run_sample
from tests.workflow.visits import MOST, SCHEMA, fit_request, fitted, sampled, table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("persons"))


def test_what_is_said_of_a_person_is_the_same_in_all_rows(folder: Path) -> None:
    rows = sampled(folder, "rows.csv")
    assert list(rows.columns) == ["person", "sex", "age", "group", "kind", "visit", "cost", "stay"]
    assert (rows.groupby("person")[["sex", "age", "group"]].nunique() == 1).all(axis=None)
    assert rows.person.is_monotonic_increasing and rows.person.iloc[0] == 1
    assert rows.visit.is_unique
    assert set(zip(rows.sex, rows.group, strict=True)) == {("f", "women"), ("m", "men")}


def test_rules_between_persons_and_their_rows_hold(folder: Path) -> None:
    rows = sampled(folder, "rows.csv")
    births = rows[rows.kind == "birth"]
    assert len(births) > 500 and set(births.sex) == {"f"} and births.age.min() >= 15


def test_the_number_of_rows_is_learnt_and_goes_with_the_person(folder: Path) -> None:
    """Noise is below 1 % of the persons in a cell, and so is the rounding; total variation 0.06 is far outside both."""
    real, drawn = (
        t.groupby("person").agg(n=("sex", "size"), sex=("sex", "first")) for t in (table(), sampled(folder, "rows.csv"))
    )
    assert abs(len(drawn) / len(real) - 1) < 0.05
    assert drawn.n.max() <= MOST
    for sex in "fm":
        one, other = (np.bincount(t.n[t.sex == sex], minlength=MOST + 1) / (t.sex == sex).sum() for t in (real, drawn))
        assert 0.5 * np.abs(one - other).sum() < 0.12
    assert drawn.n.sum() == pytest.approx(real.n.sum(), rel=0.08)


def test_persons_and_events_apart_are_the_same_rows_linked_by_the_key(folder: Path) -> None:
    whole = sampled(folder, "rows.csv")
    events = sampled(folder, "events.csv", persons=str(folder / "persons.csv"))
    persons = pd.read_csv(folder / "persons.csv")
    assert list(persons.columns) == ["person", "sex", "age", "group"] and persons.person.is_unique
    assert list(events.columns) == ["person", "kind", "visit", "cost", "stay"]
    assert events.visit.is_unique
    names = [name for name in whole.columns if name != "visit"]  # made up anew
    assert events.merge(persons, on="person", validate="many_to_one")[names].equals(whole[names])


def test_so_many_persons_as_are_asked_for(folder: Path) -> None:
    result = run_sample(SampleRequest(model=folder / "m.synth", output=str(folder / "few.parquet"), rows=7, seed=1))
    rows = pd.read_parquet(folder / "few.parquet")
    assert (result.persons, result.rows) == (7, len(rows)) and rows.person.nunique() == 7
    run_sample(SampleRequest(model=folder / "m.synth", output=str(folder / "r.csv"), rows=3, replicates=2))
    assert {pd.read_csv(folder / f"r-{i}.csv").person.nunique() for i in (1, 2)} == {3}


def test_rows_follow_the_model_given_the_person(folder: Path) -> None:
    """Kinds of rows given sex and age: chi-square over ten strata of drawn persons, false alarm 1e-6."""
    synthesizer = load(folder / "m.synth")
    drawn = pa.Table.from_batches([d.rows for d in Persons(synthesizer).sample(20_000, np.random.default_rng(5))])
    codec, model = synthesizer.codec, synthesizer.drawn_model
    codes = {c.name: c.encode(drawn.column(c.column).combine_chunks()) for c in codec.columns}
    joint = model.marginal(("sex", "age", "kind"))
    given = joint / joint.sum(axis=2, keepdims=True)
    cells = given[codes["sex"].astype(int), codes["age"].astype(int)]
    statistic, freedom = 0.0, 0
    for stratum in np.array_split(np.argsort(cells[:, 0], kind="stable"), 10):
        expected = cells[stratum].sum(axis=0)
        counts = np.bincount(codes["kind"][stratum], minlength=3)
        some = expected > 0
        assert not counts[~some].any()
        statistic += ((counts - expected)[some] ** 2 / expected[some]).sum()
        freedom += some.sum() - 1
    assert statistic < stats.chi2.isf(1e-6, freedom)


def test_a_model_file_keeps_the_persons(folder: Path) -> None:
    synthesizer = load(folder / "m.synth")
    assert synthesizer.persons is not None
    save(synthesizer, folder / "again.synth")
    assert (folder / "again.synth").read_bytes() == (folder / "m.synth").read_bytes()
    assert synthesizer.persons.key == "person" and synthesizer.persons.mean_rows == pytest.approx(3.75, abs=0.3)


def test_budget_is_split_and_used(folder: Path) -> None:
    plan = plan_fit(fit_request(folder))
    assert sum(plan.stages.values()) == pytest.approx(plan.budget.rho)
    spends = load(folder / "m.synth").statement.spends
    assert plan.persons is not None
    persons = sum(spend.rho for spend in spends if spend.stage.startswith("persons"))
    assert 0.9 * plan.persons.share < persons / plan.budget.rho <= plan.persons.share
    assert 0.99 < sum(spend.rho for spend in spends) / plan.budget.rho <= 1.0
    assert "rows of one person" not in plan.learnt, "how many there are at most is declared"


def test_the_page_says_what_persons_are_and_what_is_not_modelled(folder: Path) -> None:
    run_report(
        ReportRequest(model=folder / "m.synth", audit=None, output=folder / "page.html", public=True, force=True)
    )
    page = (folder / "page.html").read_text()
    assert "made up: a key, one a person" in page and page.count("the same in all rows of a person") == 2
    assert "Persons (noisy)" in page and "drawn independently" in page
    assert "stands for the counted rows" not in page
    assert "those of the counted rows, 4 of a person at most" in page


def test_the_audit_takes_persons_as_they_are_written(folder: Path, tmp_path: Path) -> None:
    """An honest file is no leak; one that holds the training rows is.

    Few of the records could tell a copy as the model sees them, so that all matches count, of half the persons by
    chance: what is asked of these is the exact test, which errs in 0.17 % of honest files. As they are spelt nearly
    all could tell.
    """
    (tmp_path / "t.csv").symlink_to(folder / "t.csv")
    (tmp_path / "s.yaml").write_text(SCHEMA)
    (tmp_path / "p.toml").write_text("min_nonmembers = 100\n")
    fitted = run_fit(
        fit_request(tmp_path, audit_coins=0.5, mechanism="independent", policy=tmp_path / "p.toml", epsilon="2")
    )
    sampled(tmp_path, "rows.csv", rows=9_000)  # of so many a tenth or fewer could tell
    audit = AuditRequest(
        data=str(folder / "t.csv"),
        synthetic=str(tmp_path / "rows.csv"),
        model=tmp_path / "m.synth",
        policy=tmp_path / "p.toml",
        ledger=str(tmp_path / "ledger.sqlite"),
    )
    assert fitted.coins is not None
    outcome = run_audit(audit)
    found = {m.id: m for m in outcome.result.endpoints}
    assert found["copies.exact.excess"].low_strict <= 0 and "all matches count" in found["copies.exact.excess"].note
    assert found["copies.raw.excess"].value < 0.05 and 0.4 < found["membership.density.auc"].value < 0.6
    sampled(tmp_path, "events.csv", persons=str(tmp_path / "persons.csv"))
    for half in ("persons", "events"):
        with pytest.raises(InvalidAudit, match=f"holds {half} alone"):
            run_audit(replace(audit, synthetic=str(tmp_path / f"{half}.csv")))
    coins, real = load_coins(fitted.coins), pd.read_csv(folder / "t.csv")
    trained = coins.keep(0, len(real))
    for rows, same in ((real[real.person.isin(real.person[trained])], True), (real[trained], False)):
        apart = abs((rows.sex == "f").mean() - (pd.read_csv(tmp_path / "rows.csv").sex == "f").mean())
        place = outcome.quality.attributes.index("sex")
        assert (outcome.quality.pair_tvd[place][place] == pytest.approx(apart)) == same, "all rows of who trains"
    real[trained].to_csv(tmp_path / "rows.csv", index=False)
    found = {m.id: m for m in run_audit(audit).result.endpoints}
    assert found["copies.raw.excess"].low > 0.3


def test_persons_need_a_place_of_their_own(folder: Path) -> None:
    """However the place is spelt: of two files in one place, the second would replace the first."""
    rows = str(folder / "x.csv")
    (folder / "link.csv").symlink_to(rows)
    for persons, replicates in (
        ("-", None),
        (rows, None),
        (f"{folder}/../{folder.name}/x.csv", None),
        (str(folder / "link.csv"), None),
        (str(folder / "x-{}.csv"), 2),
    ):
        request = SampleRequest(
            model=folder / "m.synth", output=rows, persons=persons, replicates=replicates, force=True
        )
        with pytest.raises(UsageError, match="a file of their own"):
            run_sample(request)


Edit = Callable[[str], str]


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (
            lambda s: (
                s.replace(
                    '"synthcli:role": unit, ', '"synthcli:role": surrogate, "synthcli:surrogate": {format: uuid}, '
                )
                + "- unique: [person, visit]\n"
            ),
            "the key 'person' comes once for each row",
        ),
        (
            lambda s: s.replace('name: sex, type: string, "synthcli:level": person', "name: sex, type: string"),
            "follows from",
        ),
    ],
    ids=["unique", "computed"],
)
def test_schemas_that_give_no_persons(edit: Edit, what: str, folder: Path) -> None:
    (folder / "other.yaml").write_text(edit(SCHEMA))
    with pytest.raises(InputError) as refused:
        plan_fit(fit_request(folder, "other.yaml", privacy_unit="person"))
    assert any(what in line for line in refused.value.details), refused.value.details
    assert plan_fit(fit_request(folder, "other.yaml", privacy_unit="person", persons=False)).persons is None


def test_nobody_says_whose_rows_they_are(folder: Path) -> None:
    (folder / "nobody.yaml").write_text(
        SCHEMA.replace('"synthcli:role": unit, "synthcli:max-rows": 12', '"synthcli:role": drop')
    )
    with pytest.raises(UsageError, match="person-level columns mean nothing without a privacy unit"):
        plan_fit(fit_request(folder, "nobody.yaml", max_rows_per_unit=None))
    with pytest.raises(UsageError, match="--persons means nothing"):
        plan_fit(fit_request(folder, "nobody.yaml", max_rows_per_unit=None, persons=True))


def test_a_table_without_person_level_columns_still_has_persons(folder: Path) -> None:
    plain = (
        SCHEMA.split("rules:")[0].replace('"synthcli:level": person, ', "").replace(', "synthcli:level": person', "")
    )
    (folder / "plain.yaml").write_text(plain)
    assert plan_fit(fit_request(folder, "plain.yaml")).persons is None
    plan = plan_fit(fit_request(folder, "plain.yaml", persons=True, epsilon="2"))
    assert plan.persons is not None
    assert [column.name for column in plan.persons.facts.schema.columns] == ["rows of one person"]


def test_a_synthesizer_with_other_persons_is_refused(folder: Path) -> None:
    whole = load(folder / "m.synth")
    with pytest.raises(ValueError, match="different columns"):
        replace(
            whole, schema=replace(whole.schema, columns=tuple(replace(c, level="event") for c in whole.schema.columns))
        )  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no model of persons"):
        Persons(replace(whole, persons=None))
    assert isinstance(whole, Synthesizer)
