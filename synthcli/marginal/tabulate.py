"""The kernel: codes in, exact integer tables out. Every engine runs it, and sums what it returns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.marginal.domain import Clique, Domain

Codes = Mapping[str, NDArray[np.unsignedinteger[Any]]]
"""One code array per attribute, all of the same length: a block of rows."""

Table = NDArray[Any]
"""A contingency table: one axis per attribute of its clique."""


def tabulate(codes: Codes, domain: Domain, cliques: Sequence[Clique]) -> dict[Clique, NDArray[np.int64]]:
    """Count the rows of a block in every cell of every clique.

    Returns int64 tables with one axis per attribute. Codes must lie inside the domain; `ValueError` otherwise
    (a code outside would silently count as another cell).
    """
    wide: dict[str, NDArray[np.intp]] = {}
    for attribute in sorted({a for clique in cliques for a in clique}):
        column = codes[attribute]
        if len(column) and int(column.max()) >= domain.card(attribute):
            raise ValueError(f"a code of attribute {attribute!r} lies outside its domain")
        wide[attribute] = column.astype(np.intp)
    rows = len(next(iter(codes.values()))) if codes else 0
    return {clique: _count(wide, domain.project(clique), rows) for clique in cliques}


def _count(wide: Mapping[str, NDArray[np.intp]], sub: Domain, rows: int) -> NDArray[np.int64]:
    """One table: mixed-radix cell numbers, then one bincount."""
    cell = np.zeros(rows, dtype=np.intp)
    for attribute, size in zip(sub.attributes, sub.shape, strict=True):
        cell *= size
        cell += wide[attribute]
    return np.bincount(cell, minlength=sub.size()).astype(np.int64).reshape(sub.shape)
