import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthcli.audit.ceilings import (
    advantage_ceiling,
    auc_ceiling,
    delta_of,
    detectable_auc,
    detectable_excess,
    detectable_hits,
    gaussian_mu,
)


@pytest.mark.parametrize(
    ("epsilon", "mu", "auc", "rate"),
    [
        (0.5, 0.142, 0.540, 0.014),
        (1, 0.268, 0.575, 0.020),
        (2, 0.502, 0.639, 0.034),
        (3, 0.719, 0.694, 0.054),
        (5, 1.12, 0.786, 0.114),
        (8, 1.67, 0.881, 0.255),
        (10, 2.00, 0.921, 0.372),
    ],
)
def test_ceilings_at_delta_1e_5(epsilon: float, mu: float, auc: float, rate: float) -> None:
    found = gaussian_mu(epsilon, 1e-5)
    assert found == pytest.approx(mu, abs=6e-3)
    assert auc_ceiling(found) == pytest.approx(auc, abs=6e-4)
    assert advantage_ceiling(found, 0.01) + 0.01 == pytest.approx(rate, abs=6e-4)


@given(st.floats(0.05, 20), st.floats(1e-12, 1e-2))
def test_mu_and_delta_are_inverse(epsilon: float, delta: float) -> None:
    assert delta_of(epsilon, gaussian_mu(epsilon, delta)) == pytest.approx(delta, rel=1e-4)


def test_detectable_auc() -> None:
    assert detectable_auc(1000, 1000) == pytest.approx(0.538, abs=5e-4)


def test_detectable_excess_shrinks_with_rows_and_grows_with_chance_matches() -> None:
    few, many = detectable_excess(8000, 400, 0.0, 0.999), detectable_excess(8000, 4000, 0.0, 0.999)
    assert many < few < 0.04
    assert detectable_excess(8000, 400, 0.1, 0.999) > few


def test_one_percent_of_copies_needs_about_a_thousand_held_out_rows() -> None:
    """Nothing matches by chance: 18 training rows and no held-out one have p 0.7^18 where 3 of 10 are held out."""
    assert detectable_hits(2_100, 900, 0.0, 1 - 0.0017) == pytest.approx(0.0114, abs=0.0005)
    assert detectable_hits(2_450, 1_050, 0.0, 1 - 0.0017) == pytest.approx(0.0098, abs=0.0005)
    assert detectable_hits(14_000, 740, 0.0, 1 - 0.0017) == pytest.approx(0.0100, abs=0.0005)
