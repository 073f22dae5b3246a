"""A verdict with its evidence as one HTML page that needs nothing else: no network, no script, no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rumorscope.data.images import read_image
from rumorscope.errors import InputError
from rumorscope.explanation import words
from rumorscope.explanation.colors import hexadecimal, stretched
from rumorscope.explanation.embedding import Cell, colored_cells, data_url
from rumorscope.explanation.overlay import scale_colors, tag_corners
from rumorscope.explanation.rendering import render
from rumorscope.explanation.traces import traces_of_post
from rumorscope.post import Evidence, ImageSource, Post, Region, RelevanceMap, Verdict


def explanation_page(post: Post, verdict: Verdict) -> str:
    """The page of a post that was judged with its evidence.

    All that stems from the post is escaped, its pictures are encoded anew, and the page's own policy forbids
    scripts and anything from elsewhere. Raises InputError where the verdict is an error.
    """
    if verdict.error is not None:
        raise InputError(f"there is nothing to explain: {verdict.error}")
    evidence = verdict.evidence or Evidence()
    values = {
        "post": post,
        "verdict": verdict,
        "judgment": words.judgment(verdict),
        "language": words.language(post),
        "reasons": list(words.reasons(post, verdict)),
        "absences": words.absences(post, verdict),
        "claims": [
            {
                "said": words.sentence(claim.triple),
                "known": words.sentence(claim.known) if claim.known else None,
                "how": words.deviation(claim),
                "deviation": claim.deviation,
                "weight": claim.weight,
            }
            for claim in evidence.claims
        ],
        "failure_modes": words.failure_modes(verdict),
        "rests_on": words.rests_on(verdict),
        "pictures": [_picture(index, source, evidence) for index, source in enumerate(post.images)],
        "traces": traces_of_post(post, evidence),
        "faithfulness": words.faithfulness(verdict),
        "caveats": words.caveats(verdict),
    }
    return render("page.html", values)


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
class _Heat:
    scale: int
    low: float
    high: float
    cells: list[Cell]


def _picture(index: int, source: ImageSource, evidence: Evidence) -> dict[str, Any]:
    image = read_image(source)
    numbered = [(n, region) for n, region in enumerate(evidence.regions, start=1) if region.image == index]
    return {
        "index": index,
        "width": image.width,
        "height": image.height,
        "tag": max(image.size) / 30,  # height of a region's tag, in the picture's pixels
        "data": data_url(image),
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
    rows = relevance.values
    cells = colored_cells(rows, stretched(rows), size)
    return _Heat(relevance.scale, min(map(min, rows)), max(map(max, rows)), cells)
