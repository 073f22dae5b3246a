"""Evidence drawn into pictures: the regions with their weights, and relevance as a heat map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw, ImageFont

from rumorscope.explanation.colors import SCALE_COLORS, Color, stretched, viridis
from rumorscope.post import Region, RelevanceMap

_CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
_SEE_THROUGH = 0.55  # how much of the heat map's color covers the picture


def scale_colors(scales: Iterable[int]) -> dict[int, Color]:
    """A color for each scale, the smallest first."""
    return {scale: SCALE_COLORS[index % len(SCALE_COLORS)] for index, scale in enumerate(sorted(set(scales)))}


def tag_corners(scales: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Where in its box each scale's number stands, across and down, 0 or 1.

    Each scale has a corner of its own, since boxes of several scales often share one.
    """
    return {scale: _CORNERS[index % len(_CORNERS)] for index, scale in enumerate(sorted(set(scales)))}


def draw_regions(image: Image.Image, regions: Sequence[Region]) -> Image.Image:
    """A copy of the picture with each region framed in its scale's color, numbered, and its weight told."""
    drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    line = max(2, min(image.size) // 150)
    font = ImageFont.load_default(size=max(10, min(image.size) // 26))
    scales = [region.scale for region in regions]
    colors, corners = scale_colors(scales), tag_corners(scales)
    numbered = sorted(enumerate(regions, start=1), key=lambda pair: -pair[1].scale)  # small ones on top
    for _, region in numbered:
        left, top, right, bottom = region.box_pixels
        pen.rectangle((left, top, right - 1, bottom - 1), outline=colors[region.scale], width=line)
    for number, region in numbered:
        text = f"{number}  {100 * region.weight:.0f}%"
        _tag(pen, text, region.box_pixels, corners[region.scale], colors[region.scale], font)
    return drawn


def heat_map(image: Image.Image, relevance: RelevanceMap) -> Image.Image:
    """A copy of the picture under its relevance: yellow where the text fits it best, violet where least."""
    rows = stretched(relevance.values)
    colors = Image.new("RGB", (len(rows[0]), len(rows)))
    colors.putdata([viridis(value) for row in rows for value in row])
    covered = colors.resize(image.size, Image.Resampling.NEAREST)
    return Image.blend(image.convert("RGB"), covered, _SEE_THROUGH)


def _tag(
    pen: ImageDraw.ImageDraw,
    text: str,
    box: tuple[int, int, int, int],
    corner: tuple[int, int],
    color: Color,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    _, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    margin = int(bottom - top) // 3
    width, height = int(right) + 2 * margin, int(bottom) + 2 * margin
    x = box[0] + corner[0] * (box[2] - box[0] - width)
    y = box[1] + corner[1] * (box[3] - box[1] - height)
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=color)
    pen.text((x + margin, y + margin), text, fill=(0, 0, 0), font=font)
