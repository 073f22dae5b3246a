"""Evidence drawn into pictures: the regions with their weights, and relevance as a heat map."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from rumorscope.explanation.colors import SCALE_COLORS, Color, stretched, viridis
from rumorscope.post import Region, RelevanceMap

_SEE_THROUGH = 0.55  # how much of the heat map's color covers the picture


def scale_colors(scales: Sequence[int]) -> dict[int, Color]:
    """A color for each scale, the smallest first."""
    return {scale: SCALE_COLORS[index % len(SCALE_COLORS)] for index, scale in enumerate(sorted(set(scales)))}


def draw_regions(image: Image.Image, regions: Sequence[Region]) -> Image.Image:
    """A copy of the picture with each region framed in its scale's color, numbered, and its weight told."""
    drawn = image.convert("RGB")
    pen = ImageDraw.Draw(drawn)
    line = max(2, min(image.size) // 150)
    font = ImageFont.load_default(size=max(10, min(image.size) // 26))
    colors = scale_colors([region.scale for region in regions])
    for number, region in enumerate(regions, start=1):
        left, top, right, bottom = region.box_pixels
        pen.rectangle((left, top, right - 1, bottom - 1), outline=colors[region.scale], width=line)
        _tag(pen, f"{number}  {100 * region.weight:.0f}%", (left, top), colors[region.scale], font)
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
    corner: tuple[int, int],
    color: Color,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    _, top, right, bottom = pen.textbbox(corner, text, font=font)
    margin = (bottom - top) // 3
    pen.rectangle((corner[0], corner[1], right + 2 * margin, bottom + 2 * margin), fill=color)
    pen.text((corner[0] + margin, corner[1] + margin), text, fill=(0, 0, 0), font=font)
