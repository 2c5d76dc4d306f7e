"""What one release says of every candidate: the scores of the other attacks, and of the attacker who knows every row.

The real release and every shadow go through this one function, each by its own codec, model and measurements.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.audit.experiment import spans_of, viewed_of
from synthcli.audit.membership import density, informed, likelihood, ratio, shift
from synthcli.audit.roc import Scores
from synthcli.audit.views import VIEWS, Occurrences, draw_views
from synthcli.engine.interface import RowMask
from synthcli.marginal import Clique, Tally
from synthcli.synthesizer import Synthesizer
from synthcli.table.codec import Codec

KINDS = ("ratio", "density", "likelihood", "shift", "informed")


class Laboratory(Protocol):
    """Fits the release's algorithm to other rows of its table, and counts rows."""

    def fit(self, trains: RowMask) -> Synthesizer:
        """A model of these rows, with noise of its own."""
        ...

    def count(self, rows: RowMask, codec: Codec, cliques: Sequence[Clique]) -> Mapping[Clique, NDArray[np.int64]]:
        """The exact tables of these rows."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What the attacker knows: `rows` (canonical), of whom those marked `candidate` are attacked; the rows `at_stake`
    that train where these show heads, and their `owner` (an index of the attacked); the other training rows, which are
    counted; and candidates beyond the attacked ones, of whom he takes each to be half there."""

    rows: pa.RecordBatch
    candidate: NDArray[np.bool_]
    at_stake: pa.RecordBatch
    owner: NDArray[np.intp]
    laboratory: Laboratory
    always: RowMask
    unattacked: RowMask | None = None
    views: int = VIEWS
    seed: int = 0

    def background(self, codec: Codec, cliques: Sequence[Clique]) -> dict[Clique, NDArray[np.float64]]:
        """Expected counts of the training rows other than the attacked candidates."""
        found = {c: t.astype(np.float64) for c, t in self.laboratory.count(self.always, codec, cliques).items()}
        if self.unattacked is not None:
            for clique, table in self.laboratory.count(self.unattacked, codec, cliques).items():
                found[clique] += 0.5 * table
        return found


def evidence(release: Synthesizer, file: Iterable[pa.RecordBatch], known: Known) -> NDArray[np.float64]:
    """Attacked candidates × `KINDS`: higher for likelier members."""
    codec, model, domain = release.codec, release.model, release.model.domain
    rng = np.random.default_rng(known.seed)  # the same views of every release, as far as their columns are the same
    coded = codec.encode(known.rows)
    every = _stacked(coded, domain.attributes)
    mine = {attribute: coded[attribute][known.candidate] for attribute in domain.attributes}
    at_stake = codec.encode(known.at_stake)
    stakes = {attribute: at_stake[attribute] for attribute in domain.attributes}
    cliques = tuple(dict.fromkeys(m.clique for m in release.measurements))
    views = draw_views(spans_of(release), rng, known.views, viewed_of(codec))
    real, drawn, tally, rows = Occurrences(every, views), Occurrences(every, views), Tally(domain, cliques), 0
    real.add_own()
    for batch in file:
        codes = codec.encode(batch)
        tally.add(codes)
        drawn.add(_stacked(codes, domain.attributes))
        rows += batch.num_rows
    alike = [seen.table()[:, known.candidate] for seen in (real, drawn)]
    scores: dict[str, Scores] = {
        "ratio": np.log(ratio(mine, domain, tally.tables())),
        "density": density(alike[0], alike[1], len(every) - 1, rows),
        "likelihood": likelihood(mine, model),
        "shift": shift(mine, domain, release.measurements, model.total).score,
        "informed": informed(
            stakes, domain, release.measurements, known.background(codec, cliques), rng, known.owner
        ).score,
    }
    return np.stack([scores[kind] for kind in KINDS], axis=1)


def _stacked(codes: Mapping[str, NDArray[np.unsignedinteger]], attributes: Sequence[str]) -> NDArray[np.uint32]:
    return np.stack([codes[attribute].astype(np.uint32) for attribute in attributes], axis=1)
