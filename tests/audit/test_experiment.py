"""From record batches to a verdict, and the set-ups that cannot give one."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from synthcli.audit.coins import flip
from synthcli.audit.experiment import prepare
from synthcli.audit.focus import Focus
from synthcli.audit.inference import Knowledge
from synthcli.audit.release import run_audit
from synthcli.errors import InvalidAudit
from synthcli.marginal import Measurement, tabulate
from synthcli.pgm.estimation import estimate
from synthcli.synthesizer import CoinStatement, PrivacyStatement, Synthesizer
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.grid_encoder import GridEncoder
from synthcli.table.schema import Column, Kind, Schema

ROWS = 4000
TOWNS = tuple("abcdefgh")
CODEC = Codec(
    (
        ColumnCodec("town", CategoryEncoder(values=TOWNS, type=Kind.STRING, missing=True, other=False)),
        ColumnCodec("age", GridEncoder(type=Kind.INTEGER, edges=np.arange(0, 101, 5), decimals=None, missing=False)),
        ColumnCodec("income", GridEncoder(type=Kind.NUMBER, edges=np.linspace(0, 9e5, 31), decimals=2, missing=True)),
    )
)
SCHEMA = Schema(
    name="people",
    columns=(
        Column(name="town", kind=Kind.STRING),
        Column(name="age", kind=Kind.INTEGER),
        Column(name="income", kind=Kind.NUMBER),
    ),
)


def people(rows: int, seed: int) -> list[pa.RecordBatch]:
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 100, rows)
    income = np.round(np.clip(rng.lognormal(9 + age / 40, 0.7), 0, 9e5), 2)
    town = rng.choice(np.array([*TOWNS, None], dtype=object), rows)
    table = pa.RecordBatch.from_arrays(
        [pa.array(town, pa.string()), pa.array(age), pa.array(income, mask=rng.random(rows) < 0.1)],
        names=["town", "age", "income"],
    )
    return [table.slice(start, 1500) for start in range(0, rows, 1500)]


@pytest.fixture(scope="module")
def release():
    """Real rows, their coins and a model; coins are tossed in earnest, so nothing below rests on one outcome."""
    coins, real = flip(ROWS, 0.4), people(ROWS, 1)
    whole = pa.Table.from_batches(real).combine_chunks().to_batches()[0]
    codes = CODEC.encode(whole.filter(pa.array(coins.keep(0, ROWS))))
    rng = np.random.default_rng(2)
    tables = tabulate(codes, CODEC.domain, [("town", "age"), ("age", "income")])
    measured = tuple(Measurement(c, t + rng.normal(0, 10, t.shape), 10.0) for c, t in tables.items())
    statement = PrivacyStatement(
        dataset="people",
        epsilon=1.0,
        delta=1e-9,
        rho=0.01,
        key_delta=0.0,
        mechanism="fixed",
        spends=(),
        created="2026-01-01",
        coins=CoinStatement(share=0.4, commitment=coins.commitment()),
    )
    model = estimate(CODEC.domain, measured)
    synthesizer = Synthesizer(schema=SCHEMA, codec=CODEC, model=model, measurements=measured, statement=statement)
    return synthesizer, coins, real


def test_the_rows_of_the_model_itself(release) -> None:
    """The strict bounds are at one in 3,700, so the assertion fails by chance in fewer than one in 10^6 runs: the
    estimates would have to lie more than five standard errors above their tolerances."""
    synthesizer, coins, real = release
    synthetic = list(synthesizer.sample(ROWS, np.random.default_rng(3)))
    experiment = prepare(synthesizer, coins, lambda: real, lambda: synthetic)
    assert experiment.spans == (0, 19, 30)
    result = run_audit(experiment)
    assert len({metric.id.split(".")[0] for metric in result.endpoints}) == 6
    bound = {"excess": 0.05, "auc": 0.62, "top10": 0.75}
    for metric in result.endpoints:
        assert metric.low_strict is not None and metric.low_strict < bound.get(metric.id.rsplit(".", 1)[-1], 0.05)


def test_copies_by_spelling_alone(release) -> None:
    """Two hundred stolen rows among fresh ones, cell by cell as they were: expected excess near 6 %."""
    synthesizer, coins, real = release
    whole = pa.Table.from_batches(real).combine_chunks().to_batches()[0]
    stolen = whole.filter(pa.array(coins.keep(0, ROWS))).slice(0, 200)
    experiment = prepare(synthesizer, coins, lambda: real, lambda: [*people(3000, 9), stolen])
    metric = next(m for m in run_audit(experiment).endpoints if m.id == "copies.raw.excess")
    assert metric.low_strict is not None and metric.low_strict > 0


def test_what_says_of_a_gap_is_known_and_guessed_with_its_column(release) -> None:
    synthesizer, coins, real = release
    codec = CODEC.with_gaps({"no town": "town", "no income": "income"})
    measured = tuple(Measurement((a,), np.ones(codec.domain.card(a)), 1.0) for a in codec.domain.attributes)
    gapped = replace(synthesizer, codec=codec, model=estimate(codec.domain, measured), measurements=measured)
    focus = Focus(secrets=("town",), link=(("town",), ("age", "income")))
    experiment = prepare(gapped, coins, lambda: real, lambda: real, focus)
    town, age, income = (0, 3), (1,), (2, 4)
    assert experiment.knowledge == Knowledge((town, age, income), (town,), ((town,), (age, income)))
    assert next(iter(experiment.real())).places == (town, age, income)
    assert experiment.viewed == (0, 1, 2), "a column's own code says whether there is a value"


def test_a_model_without_coins_is_refused(release) -> None:
    synthesizer, coins, real = release
    bare = replace(synthesizer, statement=replace(synthesizer.statement, coins=None))
    with pytest.raises(InvalidAudit, match="without audit coins"):
        prepare(bare, coins, lambda: real, lambda: real)


def test_other_coins_are_refused(release) -> None:
    synthesizer, _, real = release
    with pytest.raises(InvalidAudit, match="not the ones"):
        prepare(synthesizer, flip(ROWS, 0.4), lambda: real, lambda: real)


def test_rows_of_another_schema_are_refused(release) -> None:
    synthesizer, coins, real = release
    narrow = [batch.select(["town", "age"]) for batch in real]
    with pytest.raises(InvalidAudit, match="lack columns of the model: income"):
        run_audit(prepare(synthesizer, coins, lambda: real, lambda: narrow))
