"""A matplotlib figure as inline SVG: the same bytes each time, an alternative text, no identifier that clashes."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from synthcli.report.text import legible

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.linewidth": 0.6,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}
"""Text stays text (the reader's own sans-serif letters), and a dollar in a column's name starts no formula."""


def draw(name: str, alternative: str, size: tuple[float, float], paint: Callable[[Figure], None]) -> str:
    """Paint a figure of that size (inches) and return its SVG element, described by `alternative` for screen readers.

    `name` is unique on the page: it keeps the identifiers of one figure apart from another's.
    """
    with _settings(name):
        figure = Figure(figsize=size)
        figure.patch.set_alpha(0.0)
        paint(figure)
        page = StringIO()
        FigureCanvasSVG(figure).print_svg(page, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _inline(page.getvalue(), name, alternative)


@contextmanager
def _settings(name: str) -> Iterator[None]:
    """matplotlib's settings for one figure; letters that its own fonts lack are the reader's fonts' business."""
    with warnings.catch_warnings(), matplotlib.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _inline(document: str, name: str, alternative: str) -> str:
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    _rename(root, name)
    root.set("role", "img")
    root.set("aria-label", legible(alternative))
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.set("style", f"max-width: {float(root.get('viewBox', '0 0 0 0').split()[2]):.0f}pt")
    title = ElementTree.Element(f"{{{_SVG}}}title")
    title.text = legible(alternative)
    root.insert(0, title)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _rename(root: ElementTree.Element, name: str) -> None:
    """Keep only the identifiers that something points to, and put the figure's name before them."""
    pointed = set(re.findall(r"#([\w-]+)", " ".join(value for e in root.iter() for value in e.attrib.values())))
    for element in root.iter():
        if element.get("id") not in pointed:
            element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif value.startswith("#") and value[1:] in pointed:
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))
