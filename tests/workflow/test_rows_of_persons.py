"""The number of rows follows from what both tables say of a group, as far as noise lets it."""

from dataclasses import replace

import numpy as np
import pytest

from synthcli.marginal import Measurement
from synthcli.mechanisms.interface import Fit
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.synthesizer import PersonModel
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.encoders import CategoryEncoder, GridEncoder
from synthcli.table.schema import Kind
from synthcli.workflow.rows_of_persons import agreeing

SEX = ColumnCodec("sex", CategoryEncoder(values=("f", "m"), type=Kind.STRING, missing=False, other=False))
COUNT = ColumnCodec(
    "rows of one key", GridEncoder(type=Kind.INTEGER, edges=np.arange(1, 12), decimals=None, missing=False)
)


def _persons(stddev: float) -> PersonModel:
    """500 women, 500 men; one to ten rows each, as often, whoever they are."""
    codec = Codec((SEX, COUNT))
    model = MarkovRandomField(codec.domain, {("sex",): np.zeros(2)}, 1000.0)
    measured = Measurement(("sex",), np.array([500, 500]), stddev)
    return PersonModel(key="key", codec=codec, model=model, measurements=(measured,))


def _rows(women: float, stddev: float, total: float = 5500.0) -> tuple[Codec, Fit]:
    codec = Codec((SEX,))
    model = MarkovRandomField(codec.domain, {("sex",): np.log(np.array([women, 1 - women]))}, total)
    measured = Measurement(("sex",), np.array([round(total * women), round(total * (1 - women))]), stddev)
    return codec, Fit(model=model, measurements=(measured,))


def _means(persons: PersonModel) -> np.ndarray:
    joint = persons.model.marginal(("sex", "rows of one key"))
    return (joint @ np.arange(1.0, 11.0)) / joint.sum(axis=1)


def test_who_has_more_of_the_rows_has_more_rows() -> None:
    found = agreeing(_persons(1.0), *_rows(0.6, 1.0), most=10)
    assert _means(found) == pytest.approx([6.6, 4.4], abs=0.02)
    assert found.model.marginal(("sex",)) == pytest.approx([500, 500], abs=1.0)
    assert found.model.marginal(("rows of one key",)) == pytest.approx(np.full(10, 100.0), abs=1.0)
    assert found.mean_rows == pytest.approx(5.5, abs=0.01)


def test_what_noise_may_be_is_no_difference() -> None:
    found = agreeing(_persons(60.0), *_rows(0.53, 400.0), most=10)
    assert _means(found) == pytest.approx([5.5, 5.5])


def test_rows_beyond_the_bound_were_not_counted() -> None:
    """Of at most two rows 1.9 are counted on average: women's mean is 2 × 0.52 × 1.9."""
    found = agreeing(_persons(1.0), *_rows(0.52, 1.0, 1900.0), most=2)
    joint = found.model.marginal(("sex", "rows of one key"))
    bounded = (joint @ np.minimum(np.arange(1.0, 11.0), 2.0)) / joint.sum(axis=1)
    assert bounded == pytest.approx([1.976, 1.824], abs=0.005)


def test_columns_that_the_models_see_otherwise_are_left_alone() -> None:
    codec, fit = _rows(0.6, 1.0)
    other = replace(SEX, encoder=replace(SEX.encoder, values=("m", "f")))  # type: ignore[type-var]
    persons = _persons(1.0)
    assert agreeing(persons, replace(codec, columns=(other,)), fit, most=10) is persons
