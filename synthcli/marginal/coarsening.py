"""Domains over merged codes, and how far codes may be merged where zeros tell them apart."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.domain import Domain
from synthcli.marginal.merge import Merge
from synthcli.marginal.zeros import StructuralZeros


def coarsened(domain: Domain, merges: Mapping[str, Merge]) -> Domain:
    """The domain with some attributes' codes merged; `ValueError` for a merge of codes that zeros tell apart."""
    sizes = dict(zip(domain.attributes, domain.shape, strict=True))
    sizes |= {attribute: merge.coarse_size for attribute, merge in merges.items()}
    zeros = tuple(merged(z, merges) for z in domain.zeros)
    return Domain(domain.attributes, tuple(sizes.values()), zeros=zeros, gaps=merged_gaps(domain.gaps, merges))


def merged_gaps(gaps: Mapping[str, int], merges: Mapping[str, Merge]) -> dict[str, int]:
    """The codes of missing values among coarser codes; without those that are merged with others."""
    found = {a: int(merges[a].groups[code]) if a in merges else code for a, code in gaps.items()}
    return {a: c for a, c in found.items() if a not in merges or np.count_nonzero(merges[a].groups == c) == 1}


def merged(zeros: StructuralZeros, merges: Mapping[str, Merge]) -> StructuralZeros:
    """The same zeros over coarser codes; `ValueError` for a merge of codes that they tell apart."""
    table, mass = zeros.possible, zeros.mass
    for axis, attribute in enumerate(zeros.clique):
        if attribute in merges:
            merge, kinds = merges[attribute], zeros.kinds(attribute)
            if not zeros.gradual and np.any(_least(kinds, merge) != -_least(-kinds, merge)):
                raise ValueError("a merge joins codes that a rule tells apart")
            table = merge.aggregate(table.astype(np.int64), axis) > 0
            mass = None if mass is None else merge.aggregate(mass, axis)
    return StructuralZeros(zeros.clique, table, zeros.gradual, mass)


def apart(domain: Domain, attribute: str, groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """Groups of the attribute's codes, split as far as the domain's zeros demand; numbered anew, without gaps.

    Along the scale the pieces are runs of neighbours; what lies on no scale stays apart from what does. Gradual zeros
    need a scale: without one, nothing is merged. Without zeros on the attribute the groups are as they were.
    """
    mine = [zeros for zeros in domain.zeros if attribute in zeros.clique]
    if not mine:
        return groups
    scale = domain.scale(attribute)
    if not scale and any(zeros.gradual for zeros in mine):
        return np.arange(len(groups), dtype=np.intp)
    keys = np.stack([groups, *(zeros.kinds(attribute) for zeros in mine if not zeros.gradual)])
    along, beside = keys[:, :scale], keys[:, scale:]
    runs = np.cumsum(np.any(np.diff(along, axis=1, prepend=along[:, :1]), axis=0))
    rest = np.unique(beside, axis=1, return_inverse=True)[1].reshape(-1)
    return np.concatenate([runs, rest + (int(runs.max()) + 1 if scale else 0)]).astype(np.intp)


def _least(kinds: NDArray[np.intp], merge: Merge) -> NDArray[np.intp]:
    """The least kind of each group."""
    least = np.full(merge.coarse_size, kinds.max(), dtype=np.intp)
    np.minimum.at(least, merge.groups, kinds)
    return least
