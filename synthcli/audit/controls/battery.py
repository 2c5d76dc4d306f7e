"""Controls: files about which it is known whether they leak, made around an honest fit of a known table.

Positives are what others have released or could: copies, near copies, memorisers, fits that spend more than they say,
tell-tale orders. Negatives are what an audit must not accuse. What the audit says of them is its error rates, measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Expected = Literal["caught", "not passed", "not accused", "not promised"]
"""What the audit has to say: an accusation, anything but a pass, no accusation; or whatever it likes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """One honest fit, and what files can be made of.

    `real`: the table, in the order of its rows; `trains`: which of them trained; `honest`: rows drawn from the model;
    `fresh`: rows of the same population that the fit never had, nor the audit.
    """

    real: pa.Table
    trains: NDArray[np.bool_]
    honest: pa.Table
    fresh: pa.Table
    rng: np.random.Generator

    @property
    def training(self) -> pa.Table:
        """The rows that trained."""
        return self.real.filter(pa.array(self.trains))

    def drawn(self, table: pa.Table, rows: int, *, again: bool = False) -> pa.Table:
        """Rows of a table at random; the same ones more than once where `again`."""
        return table.take(pa.array(self.rng.choice(table.num_rows, rows, replace=again)))

    def shuffled(self, table: pa.Table) -> pa.Table:
        """The rows in another order."""
        return self.drawn(table, table.num_rows)


@dataclass(frozen=True, kw_only=True)
class Control:
    """A file to audit. `epsilon` is that of the fit behind it, `claimed` what its statement is made to say."""

    id: str
    title: str
    expected: Expected
    file: Callable[[Bench], pa.Table]
    epsilon: float = 1.0
    claimed: float | None = None


def _spiked(share: float, change: Callable[[Bench, pa.Table], pa.Table]) -> Callable[[Bench], pa.Table]:
    """The model's own rows, among which are training rows (this share of these), changed or not."""

    def file(bench: Bench) -> pa.Table:
        training = bench.training
        copies = max(1, round(share * training.num_rows))
        stolen = change(bench, bench.drawn(training, copies))
        return bench.shuffled(pa.concat_tables([bench.honest.slice(0, bench.honest.num_rows - copies), stolen]))

    return file


def _as_they_are(bench: Bench, rows: pa.Table) -> pa.Table:
    return rows


def _one_cell_changed(bench: Bench, rows: pa.Table) -> pa.Table:
    """Each row with another row's value in one column, the same one for all."""
    name = rows.column_names[int(bench.rng.integers(rows.num_columns))]
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(place), bench.drawn(rows, rows.num_rows).column(name))


def _one_appended(bench: Bench) -> pa.Table:
    """The model's own rows, and behind them a training row that somebody put there by hand."""
    return pa.concat_tables([bench.honest, bench.drawn(bench.training, 1)])


def _ordered(bench: Bench) -> pa.Table:
    """The model's own rows, in the order of the training rows that they are most like."""
    training = bench.training
    rows = bench.honest.slice(0, min(bench.honest.num_rows, training.num_rows))
    alike = np.zeros((rows.num_rows, training.num_rows), dtype=np.int16)
    for name in rows.column_names:
        both = pc.dictionary_encode(pa.chunked_array([*rows[name].chunks, *training[name].chunks]).combine_chunks())
        codes = both.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        alike += codes[: rows.num_rows, None] == codes[None, rows.num_rows :]
    return rows.take(pa.array(np.argsort(alike.argmax(axis=1), kind="stable")))


def _masked_in_order(bench: Bench) -> pa.Table:
    """Every training row at its place, a third of its cells redrawn: what masking row by row gives."""
    training = bench.training
    columns = []
    for name in training.column_names:
        redrawn = pa.array(bench.rng.random(training.num_rows) < 1 / 3)
        columns.append(pc.if_else(redrawn, bench.shuffled(training.select([name])).column(0), training[name]))
    return pa.table(columns, schema=training.schema)


def _columns_apart(bench: Bench) -> pa.Table:
    """Fresh rows whose columns are shuffled against each other: nothing but public shares."""
    columns = [bench.shuffled(bench.fresh.select([name])).column(0) for name in bench.fresh.column_names]
    return pa.table(columns, schema=bench.fresh.schema)


CONTROLS = (
    Control(id="P1", title="the training rows themselves", expected="caught", file=lambda b: b.training),
    Control(id="P2", title="5 % of the training rows, copied", expected="caught", file=_spiked(0.05, _as_they_are)),
    Control(id="P3", title="1 % of the training rows, copied", expected="not passed", file=_spiked(0.01, _as_they_are)),
    Control(id="P4", title="5 % copied, one cell changed", expected="caught", file=_spiked(0.05, _one_cell_changed)),
    Control(
        id="P5",
        title="a bootstrap of the training rows",
        expected="caught",
        file=lambda b: b.drawn(b.training, b.training.num_rows, again=True),
    ),
    Control(
        id="P6",
        title="a fit at epsilon 1000, sold as 1",
        expected="caught",
        file=lambda b: b.honest,
        epsilon=1000.0,
        claimed=1.0,
    ),
    Control(id="P10", title="one training row appended", expected="not promised", file=_one_appended),
    Control(
        id="P11",
        title="a bootstrap of all rows, held-out ones too",
        expected="caught",
        file=lambda b: b.drawn(b.real, b.real.num_rows, again=True),
    ),
    Control(id="P12", title="own rows, ordered like training rows", expected="caught", file=_ordered),
    Control(id="P13", title="masked row by row, in their order", expected="caught", file=_masked_in_order),
    Control(id="N1", title="fresh rows of the population", expected="not accused", file=lambda b: b.fresh),
    Control(id="N2", title="a correct fit at epsilon 1", expected="not accused", file=lambda b: b.honest),
    Control(id="N3", title="fresh rows, columns shuffled apart", expected="not accused", file=_columns_apart),
    Control(id="N4", title="a correct fit at epsilon 3", expected="not accused", file=lambda b: b.honest, epsilon=3.0),
)

FAST = ("P2", "P4", "P11", "N1")
"""What every release audit tries first, on a small simulated table."""

Outcome = Literal["pass", "fail", "inconclusive", "contradicted", "invalid"]


def is_accusation(outcome: Outcome) -> bool:
    """Whether the audit says that something is wrong."""
    return outcome in ("fail", "contradicted", "invalid")


def is_as_expected(control: Control, outcome: Outcome) -> bool:
    """Whether the audit said of a control what it has to say."""
    accused = is_accusation(outcome)
    said = {"caught": accused, "not passed": outcome != "pass", "not accused": not accused, "not promised": True}
    return said[control.expected]
