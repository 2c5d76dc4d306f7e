"""Rows given some of their attributes, against brute force over the whole joint."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from synthcli.marginal import Clique, Domain
from synthcli.pgm import given_attributes
from synthcli.pgm.given_attributes import GivenAttributes
from synthcli.pgm.markov_random_field import MarkovRandomField
from tests.pgm.graphs import log_joint, potentials


def _every_row(domain: Domain) -> dict[str, np.ndarray]:
    codes = np.unravel_index(np.arange(domain.size()), domain.shape)
    return {a: c.astype(np.uint8) for a, c in zip(domain.attributes, codes, strict=True)}


def _log_mass(joint: np.ndarray, domain: Domain, observed: Clique) -> np.ndarray:
    """The logarithm of the observed codes' unnormalised mass, in every cell of the joint."""
    free = tuple(i for i, a in enumerate(domain.attributes) if a not in observed)
    with np.errstate(divide="ignore"):
        return np.broadcast_to(special.logsumexp(joint, axis=free, keepdims=True), joint.shape)


@given(potentials(most=5), st.integers(0, 2**32))
@settings(max_examples=150)
def test_evidence_is_the_mass_of_the_observed_codes(model: tuple[Domain, dict[Clique, np.ndarray]], seed: int) -> None:
    domain, tables = model
    rng = np.random.default_rng(seed)
    observed = domain.clique(a for a in domain.attributes[1:] if rng.random() < 0.6)
    found = GivenAttributes(MarkovRandomField(domain, tables, 7.0), observed)
    rows = _every_row(domain)
    shown = {a: rows[a] for a in observed}
    wanted = _log_mass(log_joint(domain, tables), domain, observed).ravel()
    assert np.allclose(found.log_evidence(shown, len(wanted)), wanted, rtol=1e-9, atol=1e-9)


@given(potentials(most=5), st.integers(0, 2**32))
@settings(max_examples=100)
def test_no_row_is_drawn_that_cannot_be(model: tuple[Domain, dict[Clique, np.ndarray]], seed: int) -> None:
    domain, tables = model
    joint = log_joint(domain, tables)
    rng = np.random.default_rng(seed)
    observed = domain.clique(a for a in domain.attributes[1:] if rng.random() < 0.6)
    found = GivenAttributes(MarkovRandomField(domain, tables, 7.0), observed)
    rows = _every_row(domain)
    possible = np.isfinite(_log_mass(joint, domain, observed)).ravel()
    kept = {a: rows[a][possible] for a in observed}
    drawn = found.draw(kept, int(possible.sum()), rng)
    assert set(drawn) == set(found.free)
    every = {**kept, **drawn}
    assert np.all(np.isfinite(joint[tuple(every[a] for a in domain.attributes)]))


@pytest.mark.parametrize("most", [1 << 22, 200], ids=["in one block", "in many blocks"])
def test_rows_follow_the_conditional_distribution(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of four attributes with two tails, two of them observed; chi-square, false alarm 1e-6 for each of two."""
    monkeypatch.setattr(given_attributes, "_MOST_CELLS", most)
    domain = Domain(tuple("abcdef"), (3, 2, 3, 2, 3, 2))
    rng = np.random.default_rng(5)
    cliques = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("d", "e"), ("a", "f"), ("e",)]
    tables = {c: rng.normal(size=domain.shape_of(c)) for c in cliques}
    tables["b", "c"][1, 2] = -np.inf
    observed, per_row = ("b", "e"), 6_000
    some = np.tile(np.arange(6), per_row)
    shown = {"b": (some % 2).astype(np.uint8), "e": (some // 2).astype(np.uint8)}
    drawn = GivenAttributes(MarkovRandomField(domain, tables, 1.0), observed).draw(shown, len(some), rng)
    joint = log_joint(domain, tables)
    shares = np.exp(joint - _log_mass(joint, domain, observed))
    every = {**shown, **drawn}
    counts = np.zeros(domain.shape)
    np.add.at(counts, tuple(every[a] for a in domain.attributes), 1)
    expected, counts = shares.ravel() * per_row, counts.ravel()
    assert not counts[expected == 0].any()
    large = expected > 5
    rest = counts[~large].sum() - expected[~large].sum()
    statistic = ((counts[large] - expected[large]) ** 2 / expected[large]).sum()
    assert statistic < stats.chi2.isf(1e-6, df=large.sum())
    assert abs(rest) < 6 * np.sqrt(expected[~large].sum() + 9)


def test_rows_of_one_combination_are_independent() -> None:
    """Of pairs that could have been dealt out one each, half are alike (false alarm 1e-8: six standard deviations)."""
    model = MarkovRandomField(Domain(("a", "b"), (20_000, 2)), {("a", "b"): np.zeros((20_000, 2))}, 1.0)
    person = np.repeat(np.arange(20_000), 2)
    drawn = GivenAttributes(model, ("a",)).draw({"a": person}, len(person), np.random.default_rng(1))["b"]
    alike = np.mean(drawn[::2] == drawn[1::2])
    assert abs(alike - 0.5) < 6 * 0.5 / np.sqrt(20_000)


def test_the_same_state_gives_the_same_rows() -> None:
    model = MarkovRandomField(Domain(("a", "b"), (4, 5)), {("a", "b"): np.random.default_rng(0).normal(size=(4, 5))}, 1)
    shown = {"a": np.arange(4, dtype=np.uint8)}
    one, two = (GivenAttributes(model, ("a",)).draw(shown, 4, np.random.default_rng(3))["b"] for _ in range(2))
    assert np.array_equal(one, two)


def test_many_observed_attributes_are_told_apart() -> None:
    """More combinations than 64 bits can number: the drawn attribute still follows each row's own."""
    names = tuple(f"x{i:02d}" for i in range(40))
    domain = Domain((*names, "y"), (*(7,) * 40, 2))
    sharp = np.where(np.arange(7)[:, None] % 2 == np.arange(2), 0.0, -np.inf)
    tables = {(name, "y"): np.zeros((7, 2)) for name in names} | {(names[-1], "y"): sharp}
    rng = np.random.default_rng(2)
    shown = {name: rng.integers(0, 7, 500).astype(np.uint8) for name in names}
    drawn = GivenAttributes(MarkovRandomField(domain, tables, 1.0), names).draw(shown, 500, rng)["y"]
    assert np.array_equal(drawn, shown[names[-1]] % 2)


def test_something_is_left_to_be_drawn() -> None:
    with pytest.raises(ValueError, match="no attribute is left"):
        GivenAttributes(MarkovRandomField(Domain(("a",), (2,)), {}, 1.0), ("a",))
