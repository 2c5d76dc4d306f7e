"""Random small domains, cliques and potentials, and brute force over the whole joint."""

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from synthcli.marginal import Clique, Domain


@st.composite
def domains(draw: st.DrawFn, most: int = 5) -> Domain:
    size = draw(st.integers(1, most))
    return Domain(tuple("abcdefgh"[:size]), tuple(draw(st.integers(1, 4)) for _ in range(size)))


@st.composite
def graphs(draw: st.DrawFn, most: int = 5) -> tuple[Domain, tuple[Clique, ...]]:
    domain = draw(domains(most))
    possible = [c for size in (1, 2, 3) for c in combinations(domain.attributes, size)]
    return domain, tuple(draw(st.lists(st.sampled_from(possible), max_size=6, unique=True)))


@st.composite
def potentials(draw: st.DrawFn, most: int = 5) -> tuple[Domain, dict[Clique, np.ndarray]]:
    domain, cliques = draw(graphs(most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = draw(st.sampled_from([0.1, 3.0, 100.0, 1000.0]))
    tables = {c: rng.normal(size=domain.project(c).shape) * scale for c in cliques}
    if draw(st.booleans()):
        for table in tables.values():
            table[rng.random(table.shape) < 0.2] = -np.inf
    return domain, tables


def log_joint(domain: Domain, tables: dict[Clique, np.ndarray]) -> np.ndarray:
    """The unnormalised log joint, cell by cell."""
    joint = np.zeros(domain.shape)
    for clique, table in tables.items():
        joint = joint + table.reshape([domain.card(a) if a in clique else 1 for a in domain.attributes])
    return joint


def summed(domain: Domain, joint: np.ndarray, clique: Clique) -> np.ndarray:
    return joint.sum(axis=tuple(i for i, a in enumerate(domain.attributes) if a not in clique))
