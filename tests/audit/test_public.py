"""Public counts: one row moves one arm by at most one each; bounds hold through the noise; copies show."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.attack import Levels
from synthcli.audit.block import Block, as_codes, concatenate
from synthcli.audit.experiment import Experiment
from synthcli.audit.membership import likelihood
from synthcli.audit.public import SENSITIVITY, Arm, ArmCounts, Lift, count_arms, public_endpoints
from synthcli.privacy.noise import laplace_margin, laplace_scale, noisy_counts
from tests.audit.simulation import (
    DOMAIN,
    PAIRS,
    SHAPE,
    Population,
    Table,
    block,
    chunked,
    fit,
    measure,
    synthesise,
    toss,
)

ROWS = 3_000
LEVELS = Levels(0.95, 0.999)


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(31)
    return Table(block(Population().draw(ROWS, rng), rng), toss(ROWS, 0.6, rng))


@pytest.fixture(scope="module")
def experiment(table: Table) -> Experiment:
    rng = np.random.default_rng(32)
    measured = measure(table.training.codes, PAIRS, 12.0, rng)
    model = fit(measured)
    return Experiment(
        coins=table.coins,
        real=chunked(table.rows, 700),
        synthetic=chunked(synthesise(model, ROWS, rng), 700),
        model=model,
        measurements=measured,
        spans=tuple(0 for _ in SHAPE),
        epsilon=1.0,
        delta=1e-9,
    )


def grown(experiment: Experiment, table: Table, row: np.ndarray, role: str, at: int) -> Experiment:
    """The neighbour with one row more, at any place of the file; the model and the rows of the release stay."""
    one = Block(row[None, :], row[None, :].astype(np.uint64))
    coins, moved = table.coins, table.coins.candidates + (table.coins.candidates >= at)
    candidates, heads = moved, coins.heads
    if role != "other":
        place = int(np.searchsorted(moved, at))
        candidates, heads = np.insert(moved, place, at), np.insert(heads, place, role == "head")
    rows = concatenate([table.rows[:at], one, table.rows[at:]])
    return replace(
        experiment,
        coins=replace(coins, rows=coins.rows + 1, candidates=candidates, heads=heads),
        real=chunked(rows, 700),
    )


def moved(before: ArmCounts, after: ArmCounts) -> list[int]:
    return [b - a for a, b in zip(before.values(), after.values(), strict=True)]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_one_row_more_moves_its_own_arm_alone(experiment: Experiment, table: Table, data: st.DataObject) -> None:
    """Rows that are there already, rows of the release, and any others; heads, tails, and who tossed no coin."""
    written = next(iter(experiment.synthetic()))
    kinds = (table.rows.codes[data.draw(st.integers(0, ROWS - 1))], written.codes[data.draw(st.integers(0, 600))])
    row = data.draw(st.sampled_from(kinds))
    if data.draw(st.booleans()):
        row = np.array([data.draw(st.integers(0, size - 1)) for size in SHAPE], dtype=np.uint32)
    role, at = data.draw(st.sampled_from(["head", "tail", "other"])), data.draw(st.integers(0, ROWS))
    difference = moved(count_arms(experiment, 5), count_arms(grown(experiment, table, row, role, at), 5))
    own, foreign = (difference[:3], difference[3:]) if role == "head" else (difference[3:], difference[:3])
    assert foreign == [0, 0, 0]
    assert own[0] == (role != "other")
    assert all(0 <= change <= own[0] for change in own)
    assert sum(map(abs, difference)) <= SENSITIVITY


def test_the_sensitivity_is_reached(experiment: Experiment, table: Table) -> None:
    """A row of the release that the model finds likely as a combination, and seldom draws, moves all three."""
    written = concatenate(experiment.synthetic())
    scores = Lift(experiment.model).scores(as_codes(written, DOMAIN.attributes))
    most = max(
        sum(moved(count_arms(experiment, 5), count_arms(grown(experiment, table, written.codes[i], "head", 9), 5)))
        for i in np.argsort(-scores)[:20]
    )
    assert most == SENSITIVITY


def test_scores_against_other_rows_would_not_do(experiment: Experiment, table: Table) -> None:
    """Why the internal attacks are left out: one row more changes the scores of others."""
    codes = as_codes(table.rows, DOMAIN.attributes)
    more = {name: np.append(values, values[0]) for name, values in codes.items()}
    changed = likelihood(codes, experiment.model) != likelihood(more, experiment.model)[:-1]
    assert changed.sum() > SENSITIVITY


def noisy(counts: ArmCounts, scale: float) -> ArmCounts:
    return ArmCounts.of(noisy_counts(counts.values(), scale))


@pytest.mark.parametrize("scale", [0.7, 6.0, 40.0])
def test_the_margin_is_that_of_the_noise(scale: float) -> None:
    """P(|X| > m) of the discrete Laplace is 2 exp(-(m + 1) / s) / (1 + exp(-1 / s)): at most the error, m the least."""
    for error in (0.3, 0.01, 1e-5):
        margin = laplace_margin(scale, error)
        tail = [2 * np.exp(-(m + 1) / scale) / (1 + np.exp(-1 / scale)) for m in (margin, margin - 2)]
        assert tail[0] <= error < tail[1]


def test_the_noise_costs_what_is_charged() -> None:
    import opendp.prelude as dp

    for epsilon in (0.1, 0.5, 3.0):
        scale = laplace_scale(epsilon, SENSITIVITY)
        space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
        assert 0.999 * epsilon < dp.m.make_laplace(*space, scale=scale).map(SENSITIVITY) <= epsilon
    drawn = np.array([noisy_counts([0] * 500, 6.0) for _ in range(8)])
    assert np.abs(drawn).mean() == pytest.approx(6.0, rel=0.06)


def test_bounds_hold_through_noise_and_chance() -> None:
    """At a level of 90 %, an excess of 2 % lies outside in at most 10 % of 300 draws on either side."""
    rng, scale = np.random.default_rng(8), laplace_scale(0.5, SENSITIVITY)
    below = above = 0
    for _ in range(300):
        drawn = Arm(rows=1000, copied=int(rng.binomial(1000, 0.05)), likely=int(rng.binomial(1000, 0.02)))
        control = Arm(rows=1040, copied=int(rng.binomial(1040, 0.03)), likely=int(rng.binomial(1040, 0.02)))
        counts = noisy(ArmCounts(members=drawn, non_members=control), scale)
        copies, _ = public_endpoints(counts, Levels(0.9, 0.999), lambda error: laplace_margin(scale, error))
        below, above = below + (copies.high < 0.02), above + (copies.low > 0.02)
    assert max(below, above) <= 30


def test_copied_rows_show_and_honest_ones_do_not(experiment: Experiment, table: Table) -> None:
    scale = laplace_scale(1.0, SENSITIVITY)
    honest = public_endpoints(noisy(count_arms(experiment, 5), scale), LEVELS, lambda e: laplace_margin(scale, e))
    assert all(metric.low <= 0.01 for metric in honest)
    stolen = table.training[np.random.default_rng(3).choice(len(table.training), 600, replace=False)]
    mixed = concatenate([*list(experiment.synthetic())[1:], stolen])
    spoilt = replace(experiment, synthetic=chunked(mixed, 700))
    copies, _ = public_endpoints(noisy(count_arms(spoilt, 5), scale), LEVELS, lambda e: laplace_margin(scale, e))
    assert copies.low_strict is not None and copies.low_strict > 0.05


@given(st.lists(st.integers(-50, 60), min_size=6, max_size=6))
def test_whatever_the_noise_does_the_metrics_are_sound(values: list[int]) -> None:
    for metric in public_endpoints(ArmCounts.of(values), LEVELS, lambda e: laplace_margin(6.0, e)):
        assert -1 <= metric.low <= metric.value <= metric.high <= 1
