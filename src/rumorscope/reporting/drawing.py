"""Curves as small inline SVG: matplotlib draws, and its output is made fit for a page.

The page forbids style attributes and other files, follows the reader's dark mode, and holds many figures.
So styles become attributes, black becomes the text's color, a series' color becomes the page's variable for
it, and ids get the figure's name in front. Figures are 340 units wide, like a phone, so that letters stay
readable there.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from rumorscope.explanation.colors import hexadecimal
from rumorscope.reporting.table import Table

WIDTH = 340  # of a figure in SVG units, which are CSS pixels on a phone
INK = "#000000"
SERIES = tuple(map(hexadecimal, (
    (0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233),
)))  # fmt: skip  # Okabe and Ito's set without yellow, which white paper swallows
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)))  # a color that comes again comes in another line

_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "rumorscope", "text.parse_math": False, "font.size": 10,
    "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "grid.color": INK, "grid.alpha": 0.15, "grid.linewidth": 0.7,
    "lines.linewidth": 1.8, "lines.markersize": 4.5, "axes.labelsize": 10, "axes.titlesize": 10,
    "path.simplify": True, "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
}  # fmt: skip
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_KEPT_STYLES = frozenset((
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
    "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "opacity", "text-anchor", "font-size",
))  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A drawing, what it shows in words, and its numbers."""

    name: str  # unique in the page
    title: str
    label: str  # a sentence for those who cannot see it
    svg: str
    table: Table | None = None


def series_style(index: int) -> dict[str, Any]:
    """Color and line of the series of that number, the same in every figure."""
    return {"color": SERIES[index % len(SERIES)], "linestyle": DASHES[index // len(SERIES) % len(DASHES)]}


@contextmanager
def canvas(height: int = 300, *, width: int = WIDTH) -> Iterator[tuple[Canvas, Axes]]:
    """A blank figure with one pair of axes, in the report's style while it is drawn and saved."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the browser has the letters that matplotlib's font lacks
        figure = Canvas(figsize=(width / 72, height / 72), layout="constrained")
        yield figure, figure.subplots()


def inline_svg(figure: Canvas, name: str, label: str) -> str:
    """The figure as an element for a page; `name` makes its ids unique, `label` says what it shows."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(file.getvalue())  # noqa: S314  # what matplotlib wrote a line above
    _drop(root, {"metadata", "style"})
    for element in root.iter():
        _clean(element, name)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "role": "img", "aria-label": label, "fill": "currentColor",
                    "stroke-linejoin": "round", "class": "figure"}  # fmt: skip
    return ElementTree.tostring(root, encoding="unicode")


def _drop(root: ElementTree.Element, names: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if _bare(child.tag) in names:
                parent.remove(child)


def _clean(element: ElementTree.Element, name: str) -> None:
    element.tag = _bare(element.tag)
    element.text = element.text if element.tag == "text" else None
    element.tail = None
    attributes = {_bare(key): value for key, value in element.attrib.items()}
    styles = (item.split(":", 1) for item in attributes.pop("style", "").split(";") if ":" in item)
    attributes |= {key.strip(): value.strip() for key, value in styles if key.strip() in _KEPT_STYLES}
    if element.tag == "g":
        attributes.pop("id", None)  # names of artists, which nothing refers to
    element.attrib.clear()
    element.attrib |= {key: _value(key, value, name) for key, value in attributes.items()}


def _value(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if value.startswith("#") and key == "href":
        return f"#{name}-{value[1:]}"
    if value.startswith("url(#"):
        return f"url(#{name}-{value[5:]}"
    if value.startswith("#"):
        return _color(value)
    return _NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)


def _color(value: str) -> str:
    if value == INK:
        return "currentColor"
    return f"var(--series-{SERIES.index(value)})" if value in SERIES else value


def _bare(name: str) -> str:
    return name.rsplit("}", 1)[-1]
