"""A release whose every value can be listed, and its exact distribution over values, worked out with plain loops."""

from datetime import date, timedelta
from functools import cache

import numpy as np

from synthcli.marginal import Domain, Merge
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import PrivacyStatement, Spend, Synthesizer
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Column, Kind, Schema

DAY = date(2024, 2, 27)
EDGES = {"age": [0, 1, 5, 10, 20], "price": [0.0, 0.95, 2.0, 3.0], "day": [19780, 19782, 19785]}
SIZES = ("small", "medium", "large")
COLUMNS = ("town", "size", "age", "price", "day", "flag")
CODES = {"town": 4, "size": 3, "age": 4, "price": 3, "day": 2, "flag": 2}

AGE_WEIGHTS = [2.0, 1.0, 3.0, 1.0, 1.0]
TOWN_WEIGHTS = [1.0, 1.0, 4.0, 2.0, 1.0]
OTHER_WEIGHTS = [1.0, 3.0, 0.0]


@cache
def release() -> Synthesizer:
    """Categories with `other`, a scale, a merged grid, a grid of decimals, dates, and truth values."""
    schema = Schema(
        name="t",
        columns=(
            Column(name="town", kind=Kind.STRING),
            Column(name="size", kind=Kind.STRING, categories=SIZES, ordered=True, required=True),
            Column(name="age", kind=Kind.INTEGER),
            Column(name="price", kind=Kind.NUMBER, decimals=1, required=True),
            Column(name="day", kind=Kind.DATE, required=True),
            Column(name="flag", kind=Kind.BOOLEAN, required=True),
        ),
    )
    town = CategoryEncoder(
        values=("NO", "Ur", "X"), type=Kind.STRING, missing=True, other=True, weights=tuple(OTHER_WEIGHTS)
    )
    age = GridEncoder(type=Kind.INTEGER, edges=np.array(EDGES["age"]), decimals=None, missing=True)
    columns = (
        ColumnCodec("town", town, Merge(np.array([0, 1, 2, 2, 3]), np.array(TOWN_WEIGHTS))),
        ColumnCodec("size", CategoryEncoder(values=SIZES, type=Kind.STRING, missing=False, other=False)),
        ColumnCodec("age", age, Merge(np.array([0, 1, 1, 2, 3]), np.array(AGE_WEIGHTS))),
        ColumnCodec("price", GridEncoder(type=Kind.NUMBER, edges=np.array(EDGES["price"]), decimals=1, missing=False)),
        ColumnCodec("day", GridEncoder(type=Kind.DATE, edges=np.array(EDGES["day"]), decimals=None, missing=False)),
        ColumnCodec("flag", CategoryEncoder(values=("false", "true"), type=Kind.BOOLEAN, missing=False, other=False)),
    )
    domain = Domain(COLUMNS, tuple(CODES.values()))
    rng = np.random.default_rng(5)
    cliques = (("town", "size"), ("size", "age"), ("age", "price", "flag"), ("day",))
    potentials = {c: rng.normal(size=domain.project(c).shape) for c in cliques}
    potentials["size", "age"][2, 1] = -np.inf
    statement = PrivacyStatement(
        dataset="t",
        epsilon=1.0,
        delta=1e-9,
        rho=0.01,
        key_delta=0.0,
        mechanism="mst",
        spends=(Spend(stage="mst", rho=0.01),),
        created="2026-01-31",
    )
    model = MarkovRandomField(domain, potentials, 100.0)
    return Synthesizer(schema=schema, codec=Codec(columns), model=model, measurements=(), statement=statement)


@cache
def values() -> dict[str, list[object]]:
    """All values of each column; None is missing."""
    days = [DAY + timedelta(days=i) for i in range(5)]
    return {
        "town": ["NO", "Ur", "X", None],
        "size": list(SIZES),
        "age": [*range(20), None],
        "price": [k / 10 for k in range(31)],
        "day": days,
        "flag": [False, True],
    }


def _decoding() -> dict[str, np.ndarray]:
    """P(value | code) of each column."""
    other = np.array(OTHER_WEIGHTS) / sum(OTHER_WEIGHTS)
    third = (TOWN_WEIGHTS[2] * np.eye(3)[2] + TOWN_WEIGHTS[3] * other) / (TOWN_WEIGHTS[2] + TOWN_WEIGHTS[3])
    age = np.zeros((4, 21))
    age[0, 0], age[2, 10:20], age[3, 20] = 1.0, 0.1, 1.0
    age[1, 1:5], age[1, 5:10] = 0.25 / 4, 0.75 / 5
    price = np.zeros((3, 31))
    price[0, :10], price[1, 10:20], price[2, 20:] = 1 / 10, 1 / 10, 1 / 11
    day = np.zeros((2, 5))
    day[0, :2], day[1, 2:] = 1 / 2, 1 / 3
    town = np.zeros((4, 4))
    town[0, 0], town[1, 1], town[2, :3], town[3, 3] = 1.0, 1.0, third, 1.0
    return {"town": town, "size": np.eye(3), "age": age, "price": price, "day": day, "flag": np.eye(2)}


@cache
def joint() -> np.ndarray:
    """P(values), one axis for each column."""
    model = release().model
    log = np.zeros(model.domain.shape)
    for clique, table in model.potentials.items():
        log = log + table.reshape([model.domain.card(a) if a in clique else 1 for a in COLUMNS])
    table = np.exp(log)
    table /= table.sum()
    for axis, column in enumerate(COLUMNS):
        table = np.moveaxis(np.tensordot(table, _decoding()[column], axes=(axis, 0)), -1, axis)
    return table
