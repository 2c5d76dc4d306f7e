"""Copies and guesses by stratum. Seeds are fixed: what is asserted holds or does not."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from synthcli.audit.attack import Levels
from synthcli.audit.audited_table import look_at_table
from synthcli.audit.block import Block, concatenate
from synthcli.audit.copies import copy_tests
from synthcli.audit.experiment import Experiment
from synthcli.audit.matches import Matches
from synthcli.audit.rates import excess_bound
from synthcli.audit.release import FALSE_ALARM, FAMILY, FAMILY_OF_GROUP, run_audit
from synthcli.audit.result import AuditResult
from synthcli.audit.strata import KINDS, Stratum, copies_by_stratum, strata_of
from synthcli.default_policy import covered_endpoints
from synthcli.gate import Outcome, judge, load_policy
from synthcli.metric import Metric
from tests.audit.simulation import PAIRS, SHAPE, Population, chunked, fit, measure, synthesise, toss

ROWS = 6_000
FEW, MOST, NONE = GROUPS = ("j == 1", "j != 1", "j > 5.5")


def block(codes: np.ndarray) -> Block:
    """One row in six belongs to the first subgroup, the others to the second, and next to nobody to the third."""
    few = codes[:, 9] == 1
    return Block(codes, codes.astype(np.uint64), marks=np.stack([few, ~few, np.arange(len(codes)) < 60], axis=1))


@pytest.fixture(scope="module")
def result() -> AuditResult:
    """The model's own rows, and the rows of a tenth of the training rows of the first subgroup."""
    rng = np.random.default_rng(61)
    codes, coins = Population().draw(ROWS, rng), toss(ROWS, 0.5, rng)
    codes[:, 9] = rng.integers(0, 6, ROWS)
    rows = block(codes)
    training = rows[coins.keep(0, ROWS)]
    measured = measure(training.codes, PAIRS, 12.0, rng)
    model = fit(measured)
    victims = np.flatnonzero(training.marks[:, 0])[::10]
    honest = Block(*(getattr(synthesise(model, len(training), rng), name) for name in ("codes", "spelled")))
    file = concatenate([replace(training[victims], marks=None), honest])
    return run_audit(
        Experiment(
            coins=coins,
            real=chunked(rows),
            synthetic=chunked(file),
            model=model,
            measurements=measured,
            spans=(0,) * len(SHAPE),
            epsilon=1.0,
            delta=1e-9,
            subgroups=GROUPS,
        )
    )


def found(result: AuditResult) -> dict[str, Metric]:
    return {metric.id: metric for metric in result.endpoints}


def test_a_leak_of_one_subgroup_shows_there(result: AuditResult) -> None:
    few, most = (found(result)[f"copies.exact.excess.{group}"] for group in (FEW, MOST))
    assert few.value == pytest.approx(0.1, abs=0.02) and few.low_strict is not None and few.low_strict > 0
    assert most.low <= 0 and most.high < 0.01
    every = found(result)["copies.exact.excess"]
    assert every.value < 0.03 and few.n + most.n == every.n
    assert "training rows" in few.note and few.title.endswith(f", where {FEW}")


def test_strata_have_endpoints_where_enough_rows_are_of_them(result: AuditResult) -> None:
    metrics, kinds = found(result), ("copies.exact.excess", "copies.near.excess", "copies.raw.excess")
    guesses = tuple(f"{attack}.advantage_at_100pct" for attack in ("attribute", "linkability", "singling_out"))
    for stratum, there in ((FEW, True), (MOST, True), ("top10", True), ("top1", False), (NONE, False)):
        assert {f"{kind}.{stratum}" in metrics for kind in kinds} == {there}
    for stratum in (FEW, MOST, "top10"):
        assert {f"{kind}.{stratum}" in metrics for kind in guesses} == {True}
        assert all(f"{kind}.{stratum}" in result.detection_limits for kind in (*kinds, *guesses))
    assert metrics["copies.exact.excess.top10"].n < 0.15 * ROWS
    assert metrics[f"attribute.advantage_at_100pct.{FEW}"].n < 0.3 * metrics["attribute.advantage_at_100pct"].n


def test_no_coin_decides_who_is_most_exposed_where_rows_are_equal() -> None:
    rng = np.random.default_rng(62)
    codes = Population().draw(2_000, rng)
    rows, coins = block(np.concatenate([codes, *[codes[:500]] * 3])), toss(3_500, 0.9, rng)
    measured = measure(rows.codes, PAIRS, 12.0, rng)

    def most_exposed() -> list[np.ndarray]:
        experiment = Experiment(
            coins=replace(coins, heads=rng.random(len(coins.candidates)) < 0.5),
            real=chunked(rows),
            synthetic=chunked(rows),
            model=fit(measured),
            measurements=measured,
            spans=(0,) * len(SHAPE),
            epsilon=1.0,
            delta=1e-9,
        )
        table = look_at_table(experiment, 200, np.random.default_rng(1))
        assert table.arms.shared > 500, "many rows are equal"
        return [stratum.rows for stratum in strata_of(table, {})]

    once, anew = most_exposed(), most_exposed()
    assert len(once) == 2 and all(mask.any() for mask in once)
    assert all(np.array_equal(*pair) for pair in zip(once, anew, strict=True))


def test_a_stratum_of_which_no_row_could_tell_does_not_pass_by_looking_at_none() -> None:
    """All its rows come back, and no held-out one; of all rows half could tell."""
    trains, inside = np.arange(400) % 2 == 0, np.arange(400) < 200
    found = trains & inside
    matches = Matches(found, found.astype(float), ~inside, np.where(np.arange(400) % 5, np.nan, ~inside))
    arms = SimpleNamespace(chosen=SimpleNamespace(trains=trains), what="rows")
    strata = [Stratum("crowd", ", where crowd", inside), Stratum("others", ", where others", ~inside)]
    part = copies_by_stratum(strata, arms, {copy_tests(5)[0]: matches}, Levels(0.95, 0.999))  # type: ignore[arg-type]
    crowd, others = part.endpoints
    assert matches.telling == 0.5 and not matches.counted.any()
    assert (crowd.value, others.value) == (1.0, 0.0)
    assert "0% of the rows could tell, so all matches count" in crowd.note and "100% of the rows" in others.note
    nobody = matches.among(np.arange(400) == 1)
    assert nobody.telling == 0 and np.array_equal(nobody.counted, nobody.found)


def test_strata_are_judged_by_policies_that_name_them(result: AuditResult, tmp_path: Path) -> None:
    stratum = f"copies.raw.excess.{FEW}"
    assert not any(
        check.metric and check.metric.id == stratum for check in judge(result.endpoints, load_policy(None)).checks
    )
    (tmp_path / "p.toml").write_text(f'[tolerances]\n"{stratum}" = {{ pass = 0.05, fail = 0 }}\n"*" = 1\n')
    checks = judge(result.endpoints, load_policy(tmp_path / "p.toml")).checks
    assert [check.outcome for check in checks if check.limit.metric == stratum] == [Outcome.FAIL]


def test_all_strata_share_the_level_of_one_endpoint(result: AuditResult) -> None:
    level = FALSE_ALARM / 2 / (FAMILY + FAMILY_OF_GROUP * len(GROUPS)) / (KINDS * (2 + len(GROUPS)))
    apart = [m.id for m in (*result.endpoints, *result.claims) if m.id.endswith(FEW) and m.id.startswith("membership")]
    assert len(apart) == FAMILY_OF_GROUP, "those that share no level count one by one, claims among them"
    metric = found(result)[f"copies.exact.excess.{FEW}"]
    four = tuple(int(number.replace(",", "")) for number in re.findall(r"\b[\d,]*\d\b", metric.note)[:4])
    assert metric.low_strict == pytest.approx(excess_bound(*four, 1 - level)) and level < 1e-5
    assert metric.low_strict < metric.low == pytest.approx(excess_bound(*four, 0.95))


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("copies.exact.excess.top10", ["copies.exact.excess.top10"]),
        ("copies.*.excess.age >= 6.5", [f"copies.{test}.excess" for test in ("exact", "near", "raw")]),
        ("attribute.advantage_at_100pct.age >= 6.5", ["attribute.advantage_at_100pct"]),
        ("linkability.advantage_at_10pct.age >= 65", []),
        ("membership.ratio.auc.ward == st. mary", ["membership.ratio.auc"]),
        ("order.excess.age >= 65", []),
    ],
)
def test_what_a_policy_may_name(name: str, covered: list[str]) -> None:
    assert covered_endpoints(name) == covered
