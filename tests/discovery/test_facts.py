"""Observed facts are private until somebody says otherwise."""

from dataclasses import replace

import pytest

from synthcli.discovery.budget import plan_discovery
from synthcli.discovery.facts import resolve
from synthcli.errors import InputError, UsageError
from synthcli.table.schema import Column, Kind, Role, Schema, Surrogate

AGE = Column(name="age", kind=Kind.INTEGER, minimum=17, maximum=90, observed=frozenset({"minimum", "maximum"}))
SEX = Column(name="sex", kind=Kind.STRING, categories=("f", "m"), required=True)
TOWN = Column(
    name="town",
    kind=Kind.STRING,
    categories=("Lagash", "Ur"),
    required=True,
    observed=frozenset({"categories", "required"}),
    flags=("free-text",),
)
PRICE = Column(name="price", kind=Kind.NUMBER, minimum=0.0, maximum=9.5, decimals=2, observed=frozenset({"decimals"}))


def _schema(*columns: Column) -> Schema:
    return Schema(name="t", columns=columns)


def test_observed_facts_are_stripped_and_declared_ones_stay() -> None:
    facts = resolve(_schema(AGE, SEX, TOWN, PRICE))
    age, sex, town, price = facts.schema.columns
    assert (age.minimum, age.maximum) == (None, None)
    assert sex == SEX
    assert (town.categories, town.required, town.flags) == (None, False, ())
    assert (price.minimum, price.maximum, price.decimals) == (0.0, 9.5, None)
    assert facts.to_learn == {"age": ("minimum", "maximum"), "town": ("categories",), "price": ("decimals",)}
    assert facts.declared == {"sex": ("categories", "required"), "price": ("minimum", "maximum")}
    assert facts.public_by_steward == {}


def test_public_domain_keeps_observed_facts_and_records_them() -> None:
    facts = resolve(_schema(AGE, SEX, TOWN), public=["age"])
    assert (facts.schema["age"].minimum, facts.schema["age"].maximum) == (17, 90)
    assert facts.schema["town"].categories is None
    assert facts.public_by_steward == {"age": ("minimum", "maximum")}
    everything = resolve(_schema(AGE, SEX, TOWN), public=["all"])
    assert everything.schema["town"].categories == ("Lagash", "Ur")
    assert set(everything.public_by_steward) == {"age", "town"}
    assert everything.to_learn == {}


def test_no_private_fact_survives_in_the_public_schema() -> None:
    published = repr(resolve(_schema(AGE, TOWN)).schema)
    for secret in ("17", "90", "Lagash", "Ur", "free-text"):
        assert secret not in published


def test_unknown_public_columns_are_refused() -> None:
    with pytest.raises(UsageError, match="does not have: wage"):
        resolve(_schema(AGE), public=["wage"])


def test_an_observed_surrogate_pattern_cannot_be_learnt() -> None:
    key = Column(
        name="id",
        kind=Kind.STRING,
        role=Role.SURROGATE,
        surrogate=Surrogate("pattern", "AA-9999"),
        observed=frozenset({"surrogate"}),
    )
    with pytest.raises(InputError) as caught:
        resolve(_schema(AGE, key))
    assert caught.value.details == ("column 'id': synthcli:surrogate is only observed",)
    assert resolve(_schema(AGE, replace(key, observed=frozenset()))).schema["id"].surrogate is not None


@pytest.mark.parametrize("role", [Role.SURROGATE, Role.UNIT])
def test_a_pattern_that_nobody_can_mean_is_refused(role: Role) -> None:
    key = Column(name="id", kind=Kind.STRING, role=role, surrogate=Surrogate("pattern", "P-[0-9]{6}"))
    with pytest.raises(InputError, match="nobody can mean") as caught:
        resolve(_schema(AGE, key))
    assert caught.value.details == (
        "column 'id': its pattern is written as a regular expression, which it is not ([]{})",
    )
    assert "9 for a digit" in caught.value.hint
    resolve(_schema(AGE, replace(key, surrogate=Surrogate("pattern", "P-999999"))))
    resolve(_schema(AGE, replace(key, role=Role.DROP)))


def test_a_schema_without_modelled_columns_is_refused() -> None:
    with pytest.raises(InputError, match="models no column"):
        resolve(_schema(replace(SEX, role=Role.DROP)))


def test_the_last_integer_alone_has_no_cell() -> None:
    last = Column(name="key", kind=Kind.INTEGER, minimum=2**63 - 1, maximum=2**63 - 1)
    with pytest.raises(InputError, match=r"'key'.*last 64-bit integer"):
        resolve(_schema(SEX, last))


def test_the_budget_pays_for_open_facts_alone() -> None:
    assert plan_discovery(resolve(_schema(SEX))).share == 0
    narrow = replace(AGE, observed=frozenset())
    assert plan_discovery(resolve(_schema(narrow))).grids == ()
    wide = replace(narrow, maximum=100_000)
    assert plan_discovery(resolve(_schema(wide))).grids == ("age",)
    needs = plan_discovery(resolve(_schema(AGE, TOWN, PRICE)))
    assert needs.categories == ("town",)
    assert needs.grids == ("age", "price")
    assert needs.decimals == ("price",)
    assert needs.share == pytest.approx(0.21)
    assert plan_discovery(resolve(_schema(AGE, TOWN, PRICE)), binned=False).share == pytest.approx(0.14)


def test_of_a_time_of_day_the_bounds_are_no_secret() -> None:
    facts = resolve(Schema(name="t", columns=(Column(name="at", kind=Kind.TIME), Column(name="on", kind=Kind.DATE))))
    assert facts.to_learn == {"on": ("minimum", "maximum")}
