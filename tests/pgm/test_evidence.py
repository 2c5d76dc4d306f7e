"""Evidence on single attributes against brute force over the whole joint."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.marginal import Clique, Domain
from synthcli.pgm.evidence import condition
from synthcli.pgm.markov_random_field import MarkovRandomField
from tests.pgm.graphs import log_joint, potentials, summed


@given(potentials(most=4), st.integers(0, 2**32))
@settings(max_examples=150)
def test_probability_and_marginals_are_those_of_the_reweighted_joint(
    model: tuple[Domain, dict[Clique, np.ndarray]], seed: int
) -> None:
    domain, tables = model
    joint = log_joint(domain, tables)
    if joint.max() == -np.inf:
        return
    rng = np.random.default_rng(seed)
    named = [a for a in domain.attributes if rng.random() < 0.6]
    evidence = {a: rng.random(domain.card(a)) * (rng.random(domain.card(a)) < 0.6) for a in named}
    before = np.exp(joint - joint.max())
    after = before.copy()
    for a, weights in evidence.items():
        after = after * weights.reshape([-1 if b == a else 1 for b in domain.attributes])
    found = condition(MarkovRandomField(domain, tables, 7.0), {(a,): w for a, w in evidence.items()})
    wanted = after.sum() / before.sum()
    if found is None:
        assert wanted < 1e-290
        return
    given_evidence, probability = found
    assert probability == pytest.approx(wanted, rel=1e-7, abs=1e-290)
    if wanted < 1e-200:
        return
    for a in domain.attributes:
        expected = 7.0 * summed(domain, after, (a,)) / after.sum()
        assert np.allclose(given_evidence.marginal((a,)), expected, rtol=1e-6, atol=1e-9)


def test_evidence_is_a_weight_for_each_code() -> None:
    model = MarkovRandomField(Domain(("a",), (2,)), {}, 1.0)
    for wrong in (np.ones(3), np.array([-0.5, 1.0]), np.array([1.0, 2.0]), np.array([np.nan, 1.0])):
        with pytest.raises(ValueError, match="a weight between 0 and 1"):
            condition(model, {("a",): wrong})
    assert condition(model, {("a",): np.zeros(2)}) is None
    found = condition(model, {("a",): np.array([0.0, 0.5])})
    assert found is not None
    assert found[1] == pytest.approx(0.25)


def test_evidence_on_several_attributes_together() -> None:
    rng = np.random.default_rng(1)
    domain = Domain(("a", "b", "c"), (2, 3, 4))
    tables = {("a", "c"): rng.normal(size=(2, 4)), ("b", "c"): rng.normal(size=(3, 4))}
    weights = rng.random((2, 3)) * np.array([[1, 0, 1], [1, 1, 0]])
    before = np.exp(log_joint(domain, tables))
    after = before * weights[:, :, None]
    found = condition(MarkovRandomField(domain, tables, 7.0), {("a", "b"): weights})
    assert found is not None and found[1] == pytest.approx(after.sum() / before.sum())
    assert np.allclose(found[0].marginal(("b", "c")), 7.0 * after.sum(axis=0) / after.sum())
