"""A verdict with its evidence as one HTML page that needs nothing else: no network, no script, no file."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from rumorscope import __version__
from rumorscope.data.images import read_image
from rumorscope.errors import InputError
from rumorscope.explanation import words
from rumorscope.explanation.colors import hexadecimal, stretched, viridis
from rumorscope.explanation.overlay import scale_colors, tag_corners
from rumorscope.post import Evidence, ImageSource, Post, Region, RelevanceMap, Verdict

_LONGEST_SIDE = 1400  # pixels of a picture in the page


def explanation_page(post: Post, verdict: Verdict) -> str:
    """The page of a post that was judged with its evidence.

    All that stems from the post is escaped, its pictures are encoded anew, and the page's own policy forbids
    scripts and anything from elsewhere. Raises InputError where the verdict is an error.
    """
    if verdict.error is not None:
        raise InputError(f"there is nothing to explain: {verdict.error}")
    style = files("rumorscope.explanation").joinpath("templates/page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    evidence = verdict.evidence or Evidence()
    return _templates().get_template("page.html").render(
        post=post,
        verdict=verdict,
        judgment=words.judgment(verdict),
        language=words.language(post),
        reasons=list(words.reasons(post, verdict)),
        absences=words.absences(post, verdict),
        pictures=[_picture(index, source, evidence) for index, source in enumerate(post.images)],
        faithfulness=words.faithfulness(verdict),
        caveats=words.CAVEATS,
        version=__version__,
        style=Markup(style),  # noqa: S704  # the package's own file, not the post's text
        style_hash=digest,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Box:
    """A region as the page draws it, in pixels of the original picture."""

    number: int
    region: Region
    place: str
    color: str
    tag_x: float
    tag_y: float

    @property
    def width(self) -> int:
        return self.region.box_pixels[2] - self.region.box_pixels[0]

    @property
    def height(self) -> int:
        return self.region.box_pixels[3] - self.region.box_pixels[1]

    @property
    def area(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class _Cell:
    """One value of a heat map, in pixels of the original picture."""

    x: float
    y: float
    width: float
    height: float
    color: str
    value: float


@dataclass(frozen=True, slots=True)
class _Heat:
    scale: int
    low: float
    high: float
    cells: list[_Cell]


def _picture(index: int, source: ImageSource, evidence: Evidence) -> dict[str, Any]:
    image = read_image(source)
    numbered = [(n, region) for n, region in enumerate(evidence.regions, start=1) if region.image == index]
    return {
        "index": index,
        "width": image.width,
        "height": image.height,
        "tag": max(image.size) / 30,  # height of a region's tag, in the picture's pixels
        "data": _data_url(image),
        "boxes": list(_boxes(numbered, image.size, max(image.size) / 30)),
        "heats": [_heat(found, image.size) for found in evidence.relevance if found.image == index],
    }


def _boxes(numbered: list[tuple[int, Region]], size: tuple[int, int], tag: float) -> Iterator[_Box]:
    colors = scale_colors([region.scale for _, region in numbered])
    corners = tag_corners(colors)
    for number, region in numbered:
        left, top, right, bottom = region.box_pixels
        across, down = corners[region.scale]
        x = left + across * (right - left - 1.4 * tag)
        y = top + down * (bottom - top - 1.2 * tag)
        yield _Box(number, region, words.place(region, size), hexadecimal(colors[region.scale]), x, y)


def _heat(relevance: RelevanceMap, size: tuple[int, int]) -> _Heat:
    rows, shares = relevance.values, stretched(relevance.values)
    width, height = size[0] / len(rows[0]), size[1] / len(rows)
    cells = [
        _Cell(column * width, row * height, width, height, hexadecimal(viridis(shares[row][column])), value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
    ]
    return _Heat(relevance.scale, min(map(min, rows)), max(map(max, rows)), cells)


def _data_url(image: Image.Image) -> str:
    """The picture encoded anew: none of the file's own bytes, nor its metadata, reach the page."""
    shown = image.copy()
    shown.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("rumorscope.explanation"),
        autoescape=True,  # the post is untrusted text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": words.percent, "points": words.points, "signed": words.signed}
    environment.globals["viridis_stops"] = [
        (share / 4, hexadecimal(viridis(share / 4))) for share in range(5)
    ]
    return environment
