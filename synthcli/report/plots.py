"""The plots of a page. Colours stay apart for colour-blind eyes and in grey print; shapes tell the series, too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, MaxNLocator, PercentFormatter
from scipy import stats

from synthcli.audit.result import Curve, Histogram
from synthcli.report.svg import draw
from synthcli.report.text import legible, percent, shorten

REAL, SYNTHETIC, CEILING = "#b8c4d0", "#d55e00", "#333333"
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8c6d00")
"""After Okabe and Ito (2008); yellow is darkened, since lines on white must be seen."""
_STYLES = ("-", "--", "-.", ":")
_MOST_BARS = 9
_MISSING = "(missing)"
_NAMES = 1.5
"""Inches beside a heat map for the columns' names."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """A column's shares over labels: of the model or the synthetic rows, and of the real rows where they are shown."""

    name: str
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    real: tuple[float, ...] | None = None
    ordered: bool = False


def column_plot(name: str, series: Series) -> str:
    """Ordered values as a histogram, others as their most frequent bars."""
    paint = _steps if series.ordered and len(series.labels) > _MOST_BARS else _bars
    return draw(name, _column_in_words(series), (3.3, 1.9), lambda figure: paint(figure, series))


def _column_in_words(series: Series) -> str:
    what = "Model's" if series.real is None else "Synthetic against real"
    top = int(np.argmax(series.shares))
    text = f"{what} shares of {len(series.labels)} values of {series.name}"
    text += f"; most frequent: {shorten(series.labels[top], 40)}, {percent(series.shares[top])}"
    if series.real is not None:
        gaps = np.abs(np.subtract(series.shares, series.real))
        worst = int(np.argmax(gaps))
        text += f"; largest difference: {shorten(series.labels[worst], 40)}, {percent(float(gaps[worst]))}"
    return text


def _steps(figure: Figure, series: Series) -> None:
    """A bar for each value, without gaps; missing values stand apart, since they are no neighbours of the last."""
    axes = figure.add_axes((0.14, 0.2, 0.83, 0.74))
    apart = series.labels[-1] == _MISSING
    values = len(series.labels) - apart
    places = np.arange(len(series.labels), dtype=np.float64)
    places[values:] += np.ceil(0.2 * values)
    if series.real is None:
        axes.bar(places, series.shares, width=0.92, color=LINES[0], linewidth=0)
    else:
        axes.bar(places, series.real, width=1.0, color=REAL, linewidth=0)
        for start, stop in ((0, values), (values, len(places)))[: 1 + apart]:
            edges = np.append(places[start:stop], places[stop - 1] + 1) - 0.5
            axes.stairs(series.shares[start:stop], edges, color=SYNTHETIC, linewidth=1.2)
    ticks = [(places[0], _ends(series.labels[0])[0], "left")]
    if apart:
        ticks += [(places[values - 1], _ends(series.labels[values - 1])[1], "right"), (places[-1], "missing", "right")]
    else:
        middle = values // 2
        ticks += [(places[middle], _ends(series.labels[middle])[0], "center")]
        ticks += [(places[-1], _ends(series.labels[-1])[1], "right")]
    axes.set_xticks([place for place, _, _ in ticks], [shorten(label, 18) for _, label, _ in ticks])
    for text, (_, _, side) in zip(axes.get_xticklabels(), ticks, strict=True):
        text.set(horizontalalignment=side)
    axes.set_xlim(-0.6, places[-1] + 0.6)
    _shares_on(axes, "y")


def _ends(label: str) -> tuple[str, str]:
    """The first and the last value of a range such as `17 to 19`; twice the label where it is none."""
    values = re.split(" to | … ", label)
    return values[0], values[-1]


def _bars(figure: Figure, series: Series) -> None:
    axes = figure.add_axes((0.36, 0.14, 0.58, 0.83))
    labels, shares, real = _most_frequent(series)
    places = np.arange(len(labels))[::-1]
    if real is not None:
        axes.barh(places, real, height=0.8, color=REAL, linewidth=0)
        axes.hlines(places, 0, shares, color=SYNTHETIC, linewidth=0.8)
        axes.plot(shares, places, "o", color=SYNTHETIC, markersize=3.5, clip_on=False)
    else:
        axes.barh(places, shares, height=0.75, color=LINES[0], linewidth=0)
    axes.set_yticks(places, [shorten(label, 20) for label in labels])
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    axes.set_ylim(-0.7, max(len(places) - 0.3, 3.3))
    _shares_on(axes, "x")


def _most_frequent(series: Series) -> tuple[list[str], list[float], list[float] | None]:
    """The values with the largest shares in their order, the rest in one bar."""
    if len(series.labels) <= _MOST_BARS:
        return list(series.labels), list(series.shares), None if series.real is None else list(series.real)
    weight = np.add(series.shares, series.shares if series.real is None else series.real)
    kept = np.sort(np.argsort(-weight, kind="stable")[: _MOST_BARS - 1])
    rest = np.setdiff1d(np.arange(len(weight)), kept)

    def gathered(shares: Sequence[float]) -> list[float]:
        return [*(shares[i] for i in kept), float(np.sum([shares[i] for i in rest]))]

    labels = [*(series.labels[i] for i in kept), f"({len(rest)} more)"]
    return labels, gathered(series.shares), None if series.real is None else gathered(series.real)


def _shares_on(axes: Axes, side: str) -> None:
    axis = axes.yaxis if side == "y" else axes.xaxis
    axis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=" %"))
    axis.set_major_locator(MaxNLocator(3))
    axis.grid(True, color="#e4e4e4", linewidth=0.5)
    axes.set_axisbelow(True)
    (axes.set_ylim if side == "y" else axes.set_xlim)(0)


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A symmetric table of figures by attributes, shown from 0 to `top`; `marked` pairs carry a dot."""

    title: str
    attributes: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    top: float
    marked: frozenset[tuple[str, str]] = frozenset()
    colours: str = "Blues"


def heat_map(name: str, matrix: Matrix, alternative: str) -> str:
    """A square for each pair; figures inside where there are few, labels small enough for many."""
    side = min(6.8, 1.2 + 0.24 * len(matrix.attributes))
    size = (side + _NAMES + 0.75, side + _NAMES + 0.1)
    return draw(name, alternative, size, lambda figure: _squares(figure, matrix, side))


def _squares(figure: Figure, matrix: Matrix, side: float) -> None:
    count, width, height = len(matrix.attributes), figure.get_figwidth(), figure.get_figheight()
    axes = figure.add_axes((_NAMES / width, _NAMES / height, side / width, side / height))
    values = np.asarray(matrix.values)
    image = axes.imshow(values, cmap=matrix.colours, vmin=0, vmax=matrix.top, interpolation="none")
    letters = min(8.0, 72 * side / count * 0.8)
    names = [shorten(attribute, int(max(16, 180 / letters))) for attribute in matrix.attributes]
    axes.set_xticks(range(count), names, rotation=90, fontsize=letters)
    axes.set_yticks(range(count), names, fontsize=letters)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if count <= 14:
        for i, j in np.ndindex(values.shape):
            ink = "white" if values[i, j] > 0.6 * matrix.top else "#222222"
            axes.text(j, i, f"{values[i, j]:.2f}", ha="center", va="center", fontsize=6.5, color=ink)
    _mark(axes, matrix)
    bar = figure.colorbar(
        image, cax=figure.add_axes(((_NAMES + side + 0.12) / width, _NAMES / height, 0.14 / width, side / height))
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.set_label(matrix.title, fontsize=7.5)


def _mark(axes: Axes, matrix: Matrix) -> None:
    place = {attribute: i for i, attribute in enumerate(matrix.attributes)}
    pairs = [(place[a], place[b]) for a, b in sorted(matrix.marked)]
    both = pairs + [(b, a) for a, b in pairs]
    shift = 0.36 if len(matrix.attributes) <= 14 else 0.0
    size = 3.0 if len(matrix.attributes) <= 14 else 1.4
    axes.plot([j + shift for _, j in both], [i - shift for i, _ in both], "o", color=SYNTHETIC, markersize=size, lw=0)


def roc_plot(name: str, curves: Sequence[Curve], mu: float, alternative: str) -> str:
    """Rates on plain axes, and on logarithmic ones where few false positives are; the ceiling is mu-Gaussian DP."""
    return draw(name, alternative, (7.6, 4.2), lambda figure: _roc(figure, curves, mu))


def _roc(figure: Figure, curves: Sequence[Curve], mu: float) -> None:
    grid = np.concatenate([np.geomspace(1e-3, 0.05, 40), np.linspace(0.06, 1, 95)])
    bound = stats.norm.cdf(stats.norm.ppf(grid) + mu)
    for left, scale in ((0.07, "linear"), (0.58, "log")):
        axes = figure.add_axes((left, 0.33, 0.41, 0.64))
        axes.plot(grid, bound, color=CEILING, linewidth=1.6, dashes=(5, 2), label="ceiling of the claim (ε, δ)")
        axes.plot(grid, grid, color="#999999", linewidth=0.8, label="guessing")
        for i, curve in enumerate(curves):
            style = _STYLES[i // len(LINES) % len(_STYLES)] if len(curves) > len(LINES) else "-"
            x, y = (np.clip(axis, 1e-3 if scale == "log" else 0, 1) for axis in (curve.x, curve.y))
            axes.step(x, y, where="post", color=LINES[i % len(LINES)], ls=style, lw=1.1, label=shorten(curve.title, 60))
        axes.set_xscale(scale)
        axes.set_yscale(scale)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FormatStrFormatter("%g"))
        axes.set_xlim(1e-3 if scale == "log" else 0, 1)
        axes.set_ylim(1e-3 if scale == "log" else 0, 1.005)
        axes.set_xlabel("false-positive rate")
        axes.set_ylabel("true-positive rate")
        axes.grid(True, color="#e8e8e8", linewidth=0.5)
        handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, frameon=False, fontsize=7.5)


def histogram_plot(name: str, histogram: Histogram) -> str:
    """Outlines over common bins."""
    largest = {label: percent(max(shares, default=0.0)) for label, shares in histogram.series.items()}
    alternative = f"{histogram.title}: distributions of " + ", ".join(f"{k} (peak {v})" for k, v in largest.items())
    return draw(name, alternative, (3.5, 2.2), lambda figure: _outlines(figure, histogram))


def _outlines(figure: Figure, histogram: Histogram) -> None:
    axes = figure.add_axes((0.14, 0.2, 0.83, 0.74))
    for i, (label, shares) in enumerate(histogram.series.items()):
        if i == 0:
            axes.stairs(shares, histogram.edges, fill=True, color=REAL, label=shorten(label, 30))
        else:
            colour = SYNTHETIC if i == 1 else LINES[(i + 1) % len(LINES)]
            axes.stairs(shares, histogram.edges, color=colour, linewidth=1.2, label=shorten(label, 30))
    axes.set_xlim(histogram.edges[0], histogram.edges[-1])
    axes.set_xlabel(legible(shorten(histogram.title, 60)))
    _shares_on(axes, "y")
    axes.legend(frameon=False, fontsize=7.5)
