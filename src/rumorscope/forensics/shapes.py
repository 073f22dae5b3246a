"""The outlines of pasted regions: rectangles, ellipses and irregular polygons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

Shape = Literal["rectangle", "ellipse", "polygon"]

_CORNERS = (5, 11)  # of a polygon, from … to less than
_NEAREST_CORNER = 0.45  # of a polygon to its center, as a share of the way to the ellipse around it


@dataclass(frozen=True, slots=True)
class Outline:
    """A shape in a box of width and height 1."""

    shape: Shape
    corners: tuple[tuple[float, float], ...] = ()  # of a polygon, in order around its center

    @property
    def share(self) -> float:
        """How much of its box it covers."""
        if self.shape == "rectangle":
            return 1.0
        if self.shape == "ellipse":
            return math.pi / 4
        following = self.corners[1:] + self.corners[:1]
        doubled = sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(self.corners, following, strict=True))
        return abs(doubled) / 2  # Gauss's area formula


def draw_outline(shape: Shape, generator: np.random.Generator) -> Outline:
    """An outline of that shape; a polygon's corners are drawn around its center, so that it is never torn."""
    if shape != "polygon":
        return Outline(shape)
    count = int(generator.integers(*_CORNERS))
    turns = (np.arange(count) + generator.uniform(0, 0.8, count)) / count  # one in each sector
    reach = 0.5 * generator.uniform(_NEAREST_CORNER, 1, count)
    angles = 2 * math.pi * turns
    corners = np.stack([0.5 + reach * np.cos(angles), 0.5 + reach * np.sin(angles)], axis=1)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return Outline("polygon", tuple(map(tuple, ((corners - low) / (high - low)).tolist())))


def rasterised(outline: Outline, size: tuple[int, int]) -> Image.Image:
    """The outline in a box of that width and height in pixels, as a gray picture: 255 inside, 0 outside."""
    box = Image.new("L", size)
    pen = ImageDraw.Draw(box)
    right, bottom = size[0] - 1, size[1] - 1
    if outline.shape == "polygon":
        pen.polygon([(x * right, y * bottom) for x, y in outline.corners], fill=255)
    elif outline.shape == "ellipse":
        pen.ellipse((0, 0, right, bottom), fill=255)
    else:
        pen.rectangle((0, 0, right, bottom), fill=255)
    return box
