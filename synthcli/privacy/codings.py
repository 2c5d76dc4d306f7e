"""Public ways to see rows as codes: what a table is counted by."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from synthcli.marginal import Codes, Domain, Merge
from synthcli.marginal.coarsening import coarsened
from synthcli.marginal.gaps import Gaps, two_codes, with_gaps


class Coding(Protocol):
    """A public way to see rows as codes over a finite domain: a codec, or anything that stands in its place."""

    @property
    def domain(self) -> Domain:
        """The attributes, and how many codes each has."""
        ...

    @property
    def joins(self) -> Mapping[str, tuple[str, ...]]:
        """The attributes that are made of several columns, with these."""
        ...

    def encode(self, batch: Any) -> Codes:
        """The codes of the attributes whose columns the batch has."""
        ...


class MergedCoding:
    """A coding whose codes are merged after encoding."""

    def __init__(self, finer: Coding, merges: Mapping[str, Merge]) -> None:
        for attribute, merge in merges.items():
            if merge.fine_size != finer.domain.card(attribute):
                raise ValueError(f"the merge of attribute {attribute!r} does not fit its domain")
        self._finer = finer
        self._merges = dict(merges)
        self.domain = coarsened(finer.domain, merges)

    @property
    def joins(self) -> Mapping[str, tuple[str, ...]]:
        """Those of the finer coding."""
        return self._finer.joins

    def encode(self, batch: Any) -> Codes:
        """The finer codes, merged; in the narrowest type that holds them."""
        codes = dict(self._finer.encode(batch))
        for attribute, merge in self._merges.items():
            if attribute in codes:
                codes[attribute] = merge.coarsen(codes[attribute]).astype(np.min_scalar_type(merge.coarse_size - 1))
        return codes


class GapCoding:
    """A coding with attributes that say of others whether a row has a value."""

    def __init__(self, coding: Coding, gaps: Gaps) -> None:
        self._coding = coding
        self._of = {name: (of, two_codes(coding.domain.card(of), coding.domain.gaps[of])) for name, of in gaps.items()}
        self.domain = with_gaps(coding.domain, gaps)

    @property
    def joins(self) -> Mapping[str, tuple[str, ...]]:
        """Those of the coding."""
        return self._coding.joins

    def encode(self, batch: Any) -> Codes:
        """The codes, and the two codes of each attribute that is looked at."""
        codes = dict(self._coding.encode(batch))
        for name, (of, two) in self._of.items():
            if of in codes:
                codes[name] = two[codes[of]].astype(np.uint8)
        return codes
