"""The whole attack on releases of a small table: honest ones, and one whose leak nobody thought of. Fixed seeds."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from synthcli.audit.arms import choose
from synthcli.audit.coins import Coins
from synthcli.audit.release import run_audit
from synthcli.audit.result import AuditResult
from synthcli.audit.roc import auc
from synthcli.audit.shadow.attack import Verdicts
from synthcli.conclusion import with_breakdowns
from synthcli.engine.interface import RowMask
from synthcli.errors import BudgetRefused, InputError, SynthError, UsageError
from synthcli.gate import Outcome, judge, load_policy
from synthcli.synthesizer import Synthesizer
from tests.audit.shadow.laboratory import Laboratory, attacked, tossed, tossed_by_units
from tests.audit.simulation import flipped

SHADOWS = 10
ROWS = 580


def said(laboratory: Laboratory, real: Coins, known: Coins) -> dict[str, Verdicts]:
    """What is said of the candidates of a release that was fitted by the `real` coins, if the attacker is given these
    `known` ones."""
    _, attack = attacked(laboratory, known, laboratory.fit(real.keep), ROWS, SHADOWS)
    chosen = choose(known, np.random.default_rng(0))
    return dict(attack.run(chosen, ROWS, np.random.default_rng(3), lambda stage, done: None))


def audited(laboratory: Laboratory, shadows: int = SHADOWS) -> AuditResult:
    coins = tossed(1)
    experiment, attack = attacked(laboratory, coins, laboratory.fit(coins.keep), ROWS, SHADOWS)
    return run_audit(experiment, attack if shadows else None, min_nonmembers=150)


def value(result: AuditResult, name: str) -> float:
    return next(m.value for m in (*result.endpoints, *result.diagnostics) if m.id == name)


def test_the_scores_do_not_depend_on_how_the_real_coins_fell() -> None:
    coins = tossed(1)
    flipped = replace(coins, heads=~coins.heads)
    one, other = (said(Laboratory(3.0, np.random.default_rng(5)), coins, known) for known in (coins, flipped))
    for name, verdicts in one.items():
        assert np.array_equal(verdicts.score, other[name].score)
        assert np.array_equal(verdicts.detectability, other[name].detectability)


def test_of_units_all_rows_tell_and_no_coin_is_looked_at() -> None:
    """Units of one to five unlike rows, of which three count; an attack on one row of each of the 140 reaches 0.83."""
    coins = tossed_by_units(2)
    known = coins, flipped(coins)
    one, other = (said(Laboratory(1.5, np.random.default_rng(5)), coins, each) for each in known)
    for name, verdicts in one.items():
        assert np.array_equal(verdicts.score, other[name].score)
    found = auc(one["shadow"].score[coins.heads], one["shadow"].score[~coins.heads])
    assert found.value > 0.95


def test_a_leak_that_no_other_attack_sees_is_learnt() -> None:
    """Of every second batch those train who should not, so that over all rows members look like strangers."""
    result = audited(Laboratory(1.0, np.random.default_rng(5), mixes_up=True))
    assert value(result, "membership.shadow.auc") > 0.85
    assert value(result, "membership.shadow_file.auc") > 0.8
    others = [f"membership.{name}.auc" for name in ("ratio", "density", "likelihood", "shift", "informed")]
    assert all(value(result, name) < 0.6 for name in others)
    verdict = judge(result.endpoints, load_policy(None), shadows=SHADOWS)
    failed = {check.limit.metric for check in verdict.checks if check.outcome is Outcome.FAIL}
    assert verdict.outcome is Outcome.FAIL and "membership.shadow.auc" in failed
    assert all(name.startswith("membership.shadow") for name in failed)


def refusing(error: SynthError) -> Laboratory:
    """Its third fit, the second shadow, ends in this error."""
    fits = count()

    class Refusing(Laboratory):
        def fit(self, trains: RowMask) -> Synthesizer:
            if next(fits) == 2:
                raise error
            return super().fit(trains)

    return Refusing(3.0, np.random.default_rng(5))


@pytest.mark.parametrize("error", [BudgetRefused("spent", "spend less"), UsageError("no", "yes")])
def test_a_shadow_fit_that_is_refused_ends_its_own_attack_alone(error: SynthError, tmp_path: Path) -> None:
    result = audited(refusing(error))
    (breakdown,) = result.breakdowns
    assert breakdown.attack == "shadow" and breakdown.error.startswith(f"{type(error).__name__} at audit/shadow/")
    ids = {metric.id for metric in (*result.endpoints, *result.claims)}
    assert "membership.shift.auc" in ids and not any("shadow" in name for name in ids)
    (tmp_path / "easy.toml").write_text('[tolerances]\n"*" = 1\n')
    judged = judge(result.endpoints, load_policy(tmp_path / "easy.toml"), SHADOWS)
    assert judged.outcome is Outcome.PASS, "the pattern is content with what was measured"
    assert with_breakdowns(judged, result.breakdowns).outcome is Outcome.INCONCLUSIVE


def test_a_table_that_goes_away_between_shadow_fits_is_told_as_ever() -> None:
    with pytest.raises(InputError, match="gone"):
        audited(refusing(InputError("gone", "bring it back")))


def test_little_noise_is_found_out() -> None:
    result = audited(Laboratory(0.5, np.random.default_rng(5)))
    assert value(result, "membership.shadow.auc") > 0.95
    assert value(result, "membership.shadow_file.auc") > value(result, "membership.ratio.auc") + 0.05
    (bound,) = (m for m in result.claims if m.id == "claim.shadow.epsilon")
    assert bound.low > 1.0


def test_an_honest_release_is_not_accused() -> None:
    """The noise of about epsilon 0.5: 430 coins, so that an AUC has a standard error of 0.028."""
    result = audited(Laboratory(60.0, np.random.default_rng(5)))
    assert (result.setup["shadow_fits"], result.setup["false_alarm"]) == (SHADOWS, pytest.approx(0.01))
    for name in ("membership.shadow.auc", "membership.shadow_file.auc"):
        assert abs(value(result, name) - 0.5) < 0.09
    assert judge(result.endpoints, load_policy(None), shadows=SHADOWS).outcome is not Outcome.FAIL


def test_scores_of_a_release_that_other_coins_were_tossed_for_tell_nothing() -> None:
    """However much it leaks. 40 tosses of the coins of one release: the AUC is at most four standard errors off."""
    coins = tossed(1)
    found = said(Laboratory(0.5, np.random.default_rng(5)), coins, coins)["shadow"].score
    ranks = found.argsort().argsort() / (len(found) - 1)
    rng = np.random.default_rng(6)
    areas = []
    for _ in range(40):
        heads = rng.random(len(found)) < 0.5
        areas.append(0.5 + ranks[heads].mean() - ranks[~heads].mean())
    assert np.abs(np.array(areas) - 0.5).max() < 4 * 2 / np.sqrt(12 * len(found))
    assert ranks[coins.heads].mean() - ranks[~coins.heads].mean() > 0.4  # the same scores, the real coins


def test_a_shadow_that_breaks_down_takes_nothing_else_with_it() -> None:
    class Broken(Laboratory):
        def fit(self, trains):
            if getattr(self, "fitted", False):
                raise ArithmeticError("of a cell's value")
            object.__setattr__(self, "fitted", True)
            return super().fit(trains)

    result = audited(Broken(3.0, np.random.default_rng(5)))
    assert [b.attack for b in result.breakdowns] == ["shadow"]
    assert "cell" not in result.breakdowns[0].error
    assert judge(result.endpoints, load_policy(None), shadows=SHADOWS).outcome is not Outcome.PASS
    assert value(result, "membership.ratio.auc") > 0


def test_without_shadow_fits_nothing_is_said_of_them() -> None:
    result = audited(Laboratory(60.0, np.random.default_rng(5)), shadows=0)
    assert result.setup["shadow_fits"] == 0
    assert not any("shadow" in m.id for m in (*result.endpoints, *result.claims))
    assert judge(result.endpoints, load_policy(None)).outcome is not Outcome.FAIL
