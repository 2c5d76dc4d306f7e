import warnings
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthcli.audit.result import Curve, Histogram
from synthcli.report.plots import Matrix, Series, column_plot, heat_map, histogram_plot, roc_plot

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    return ["".join(text.itertext()).strip() for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@settings(max_examples=25, deadline=None)
@given(
    labels=st.lists(st.text(max_size=30), min_size=1, max_size=14),
    ordered=st.booleans(),
    real=st.booleans(),
)
def test_any_labels_give_a_well_formed_plot(labels: list[str], ordered: bool, real: bool) -> None:
    shares = tuple(float(1 / len(labels)) for _ in labels)
    series = Series(name="n", labels=tuple(labels), shares=shares, real=shares if real else None, ordered=ordered)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        root = ElementTree.fromstring(column_plot("one", series))
    assert root.get("role") == "img" and root.get("aria-label")


def test_rare_values_share_a_bar_and_nothing_is_lost() -> None:
    shares = (0.02, 0.5, *(0.04,) * 12)
    svg = column_plot("p", Series(name="n", labels=tuple(f"v{i}" for i in range(14)), shares=shares))
    assert "(6 more)" in words(svg) and "v1" in words(svg) and "v0" not in words(svg)


def test_missing_values_stand_apart_from_an_axis() -> None:
    labels = (*(f"{i} to {i + 1}" for i in range(0, 40, 2)), "(missing)")
    svg = column_plot("p", Series(name="n", labels=labels, shares=(1 / 21,) * 21, ordered=True))
    assert {"0", "39", "missing"} <= set(words(svg))


def test_a_dollar_starts_no_formula() -> None:
    svg = column_plot("p", Series(name="n", labels=("$x^2$ $", "\\frac"), shares=(0.5, 0.5)))
    assert {"$x^2$ $", "\\frac"} <= set(words(svg))


def test_settings_of_the_library_are_left_as_they_were() -> None:
    before = dict(matplotlib.rcParams)
    column_plot("p", Series(name="n", labels=("a",), shares=(1.0,)))
    assert dict(matplotlib.rcParams) == before


def test_two_plots_share_no_identifier_and_each_is_the_same_every_time() -> None:
    series = Series(name="n", labels=("a", "b"), shares=(0.5, 0.5))
    one, two = (ElementTree.fromstring(column_plot(name, series)) for name in ("one", "two"))
    found = [{e.get("id") for e in root.iter()} - {None} for root in (one, two)]
    assert found[0] and not found[0] & found[1]
    assert column_plot("one", series) == column_plot("one", series)


@pytest.mark.parametrize("count", [1, 2, 12, 60, 100])
def test_a_heat_map_names_every_column(count: int) -> None:
    rng = np.random.default_rng(1)
    names = tuple(f"column {i}" for i in range(count))
    values = tuple(tuple(map(float, row)) for row in rng.uniform(0, 1, (count, count)))
    marked = frozenset({(names[0], names[-1])}) if count > 1 else frozenset()
    svg = heat_map("h", Matrix(title="t", attributes=names, values=values, top=1.0, marked=marked), "words")
    shown = words(svg)
    assert all(shown.count(name) == 2 for name in names)
    assert (f"{values[0][0]:.2f}" in shown) == (count <= 14)


def test_a_roc_plot_shows_all_curves_and_the_ceiling() -> None:
    curves = tuple(Curve(id=f"c{i}", title=f"attack {i}", x=(0.0, 0.5, 1.0), y=(0.0, 0.7, 1.0)) for i in range(8))
    svg = roc_plot("roc", curves, 0.2, "words")
    assert {f"attack {i}" for i in range(8)} | {"ceiling of the claim (ε, δ)", "guessing", "0.001"} <= set(words(svg))


def test_a_histogram_says_its_series() -> None:
    series = {"members": (0.5, 0.5), "non-members": (0.25, 0.75)}
    svg = histogram_plot("h", Histogram(id="dcr", title="DCR", edges=(0.0, 1.0, 2.0), series=series))
    assert {"members", "non-members", "DCR"} <= set(words(svg))
    assert "peak 75 %" in ElementTree.fromstring(svg).get("aria-label", "")
