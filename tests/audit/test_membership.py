import numpy as np
import pytest
from scipy import stats

from synthcli.audit.membership import informed, likelihood, ratio, shift
from synthcli.audit.roc import auc
from synthcli.marginal import Domain, Measurement, tabulate
from synthcli.pgm.estimation import estimate

DOMAIN = Domain(("a", "b", "c"), (3, 4, 2))
CLIQUES = (("a", "b"), ("b", "c"), ("c",))


def draw(rows: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = rng.choice(3, rows, p=[0.6, 0.3, 0.1])
    b = (a + rng.choice(4, rows, p=[0.5, 0.2, 0.2, 0.1])) % 4
    return {
        "a": a.astype(np.uint8),
        "b": b.astype(np.uint8),
        "c": ((b > 1) ^ (rng.random(rows) < 0.2)).astype(np.uint8),
    }


def measurements(codes, sigma: float, seed: int = 0) -> list[Measurement]:
    rng = np.random.default_rng(seed)
    return [
        Measurement(c, t + rng.normal(0, sigma, t.shape), sigma) for c, t in tabulate(codes, DOMAIN, CLIQUES).items()
    ]


def others(codes, clique, row: int) -> int:
    """Rows other than this one in its cell, counted one by one."""
    rows = len(codes["a"])
    return sum(all(codes[x][i] == codes[x][row] for x in clique) for i in range(rows) if i != row)


def test_ratio_is_its_definition() -> None:
    codes, file = draw(40, 1), tabulate(draw(90, 2), DOMAIN, CLIQUES)
    found = ratio(codes, DOMAIN, file)
    for row in range(40):
        terms = []
        for clique in CLIQUES:
            size = DOMAIN.size(clique)
            in_file = file[clique][tuple(codes[x][row] for x in clique)] + 0.5
            reference = (others(codes, clique, row) + 0.5) / (39 + size / 2)
            terms.append(in_file / (90 + size / 2) / reference)
        assert found[row] == pytest.approx(np.mean(terms))


def test_rows_of_one_owner_are_no_reference_to_each_other() -> None:
    codes, file = draw(40, 1), tabulate(draw(90, 2), DOMAIN, CLIQUES)
    owner = np.random.default_rng(3).permutation(np.repeat(np.arange(10), [1, 2, 3, 4, 5, 5, 5, 5, 5, 5]))
    found = ratio(codes, DOMAIN, file, owner)
    for row in range(40):
        terms, rest = [], np.flatnonzero(owner != owner[row])
        for clique in CLIQUES:
            size, cell = DOMAIN.size(clique), tuple(codes[x][row] for x in clique)
            same = sum(all(codes[x][i] == codes[x][row] for x in clique) for i in rest)
            terms.append((file[clique][cell] + 0.5) / (90 + size / 2) / ((same + 0.5) / (len(rest) + size / 2)))
        assert found[row] == pytest.approx(np.mean(terms))


def test_likelihood_is_the_model_s_density_over_the_reference_s() -> None:
    codes = draw(40, 1)
    model = estimate(DOMAIN, measurements(draw(500, 3), 1.0))
    found = likelihood(codes, model)
    density = model.log_density(codes)
    for row in range(40):
        log = 0.0
        for clique, sign in ((("a", "b"), 1), (("b", "c"), 1), (("b",), -1)):
            log += sign * np.log((others(codes, clique, row) + 0.5) / (39 + DOMAIN.size(clique) / 2))
        assert found[row] == pytest.approx(density[row] - log, abs=1e-6)


def test_shift_is_its_definition() -> None:
    codes, measured = draw(40, 1), measurements(draw(500, 3), 2.0)
    found = shift(codes, DOMAIN, measured, 500.0)
    for row in range(40):
        statistic = information = 0.0
        for m in measured:
            p = (others(codes, m.clique, row) + 0.5) / 40
            variance = 4.0 + 500 * p * (1 - p) * (1 + 500 / 39)
            y = m.values[tuple(codes[x][row] for x in m.clique)]
            statistic += (1 - p) * (y - 500 * p) / variance
            information += (1 - p) ** 2 / variance
        assert found.detectability[row] ** 2 == pytest.approx(information)
        assert found.score[row] == pytest.approx(statistic - information / 2)


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_who_knows_every_other_row_reaches_the_optimum(sigma: float) -> None:
    """Rows in cells of their own, so that their noise is independent: AUC = Phi(mu / sqrt 2), mu = 1 / sigma.

    4,000 candidates: standard error 0.009; the bound is five of them.
    """
    rng = np.random.default_rng(5)
    domain = Domain(("x",), (4000,))
    codes = {"x": np.arange(4000, dtype=np.uint16)}
    member = rng.random(4000) < 0.5
    background = rng.integers(0, 50, 4000)
    noisy = Measurement(("x",), background + member + rng.normal(0, sigma, 4000), sigma)
    found = informed(codes, domain, [noisy], {("x",): background}, rng)
    area = auc(found.score[member], found.score[~member])
    assert area.value == pytest.approx(stats.norm.cdf(1 / sigma / 2**0.5), abs=5 * area.standard_error)
    assert np.allclose(found.detectability, 1 / sigma)


def test_the_rows_of_one_candidate_come_together() -> None:
    """Three rows in one cell move it by three; three rows in three cells are as good as three measurements."""
    codes = {"x": np.array([0, 0, 0, 1, 2, 3, 4], dtype=np.uint8)}
    owner = np.array([0, 0, 0, 1, 1, 1, 2])
    noisy, known = Measurement(("x",), np.array([3.0, 0, 0, 0, 1]), 2.0), {("x",): np.zeros(5, int)}
    found = informed(codes, Domain(("x",), (5,)), [noisy], known, np.random.default_rng(0), owner)
    assert found.detectability == pytest.approx(np.array([3, 3**0.5, 1]) / 2)
    ratios = stats.norm.logpdf([3.0, 0, 1], [3, 1, 1], 2) - stats.norm.logpdf([3.0, 0, 1], 0, 2)
    assert found.score == pytest.approx(ratios * [1, 3, 1])


def test_candidates_in_one_cell_hide_each_other() -> None:
    """Sixteen in each cell: d' falls to 1 / sqrt(sigma² + 15 / 4)."""
    codes = {"x": np.repeat(np.arange(10), 16).astype(np.uint8)}
    noisy, known = [Measurement(("x",), np.zeros(10), 1.0)], {("x",): np.zeros(10, int)}
    found = informed(codes, Domain(("x",), (10,)), noisy, known, np.random.default_rng(0))
    assert np.allclose(found.detectability, (1 + 15 / 4) ** -0.5)
