from __future__ import annotations

import re
from xml.etree import ElementTree

from rumorscope.reporting.drawing import SERIES, canvas, inline_svg, series_style


def drawn(name: str = "a", label: str = "A line", title: str = "") -> str:
    with canvas() as (figure, axes):
        axes.plot([0, 1, 2], [0.1, 0.5, 0.3], marker="o", **series_style(1))
        axes.set(xlabel="x", title=title)
        return inline_svg(figure, name, label)


def test_a_drawing_is_fit_for_a_page_without_style_attributes_or_namespaces() -> None:
    svg = drawn()
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "A line"
    assert not {"style", "metadata", "script", "image", "a"} & {element.tag for element in root.iter()}
    assert all("style" not in element.attrib for element in root.iter())
    assert "http" not in svg
    assert "xmlns" not in svg


def test_ink_follows_the_page_and_series_their_variables() -> None:
    svg = drawn()
    assert "#000000" not in svg
    assert "currentColor" in svg
    assert 'stroke="var(--series-1)"' in svg
    assert not any(color in svg for color in SERIES)


def test_references_stay_within_their_figure() -> None:
    svg = drawn("one")
    ids = set(re.findall(r' id="([^"]+)"', svg))
    used = set(re.findall(r'href="#([^"]+)"', svg)) | set(re.findall(r"url\(#([^)]+)\)", svg))
    assert used <= ids
    assert all(name.startswith("one-") for name in ids)
    assert not ids & set(re.findall(r' id="([^"]+)"', drawn("two")))


def test_the_same_drawing_has_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_what_others_wrote_is_text() -> None:
    hostile = "<script>x</script> $\\frac{1}{2}$ 网传"
    svg = drawn(label=hostile, title=hostile)
    assert "<script" not in svg
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"] == hostile
    assert hostile in [element.text for element in root.iter("text")]


def test_twelve_series_look_different() -> None:
    assert len({str(series_style(index)) for index in range(12)}) == 12
