"""Densities of rows without some of their cells, against sums over the whole joint."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from synthcli.marginal import Domain
from synthcli.pgm import left_out
from synthcli.pgm.left_out import log_density_without
from synthcli.pgm.markov_random_field import MarkovRandomField
from tests.pgm.graphs import log_joint, potentials


@given(potentials(), st.data())
@settings(max_examples=150)
def test_every_choice_equals_brute_force(model, data) -> None:
    domain, tables = model
    joint = log_joint(domain, tables)
    assume(np.any(joint > -np.inf))
    missing = domain.clique(data.draw(st.sets(st.sampled_from(domain.attributes), min_size=1)))
    axes = tuple(axis for axis, a in enumerate(domain.attributes) if a in missing)
    cells = np.indices(domain.shape).reshape(len(domain), -1).astype(np.uint8)
    with np.errstate(divide="ignore"):
        summed = logsumexp(joint, axis=axes, keepdims=True) - logsumexp(joint)
    expected = np.broadcast_to(summed, domain.shape).ravel()
    codes = dict(zip(domain.attributes, cells, strict=True))
    found = log_density_without(MarkovRandomField(domain, tables, 3.0), codes, missing)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-7)


def test_pieces_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    domain = Domain(("a", "b", "c", "d"), (3, 4, 5, 2))
    tables = {pair: rng.normal(size=domain.shape_of(pair)) for pair in (("a", "b"), ("b", "c"), ("c", "d"))}
    model = MarkovRandomField(domain, tables, 1.0)
    codes = {a: rng.integers(0, domain.card(a), 97) for a in domain.attributes}
    whole = log_density_without(model, codes, ("b", "c"))
    monkeypatch.setattr(left_out, "_CELLS", 60)
    assert np.array_equal(log_density_without(model, codes, ("b", "c")), whole)
