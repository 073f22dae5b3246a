"""What happens to pictures between a camera and a feed: each a function from one RGB picture to another.

None of them is random: posts that share a picture share the altered one too.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

PictureChange = Callable[[Image.Image], Image.Image]

MOST_PIXELS = 6_000_000
"""Larger pictures are scaled down first: framed, and as PNGs, they stay below the reader's limit of bytes."""

_CAPTION = "BREAKING: shared on social media"
_PAPER, _INK, _PALE = (255, 255, 255), (24, 24, 24), (205, 205, 205)


def recompress(quality: int) -> PictureChange:
    """JPEG at that quality, with Pillow's usual halved color resolution."""

    def change(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        return Image.open(file).convert("RGB")

    return change


def resize(factor: float) -> PictureChange:
    """Both sides times the factor; up only as far as `MOST_PIXELS` allows."""

    def change(image: Image.Image) -> Image.Image:
        width, height = image.size
        bound = min(factor, max(1.0, (MOST_PIXELS / (width * height)) ** 0.5))
        size = max(1, round(width * bound)), max(1, round(height * bound))
        return image.resize(size, Image.Resampling.BICUBIC)

    return change


def crop(image: Image.Image) -> Image.Image:
    """Cut a tenth off each side."""
    across, down = image.width // 10, image.height // 10
    return image.crop((across, down, image.width - across, image.height - down))


def screenshot(image: Image.Image) -> Image.Image:
    """The picture as a screenshot of a feed shows it: status bar, author line, borders, caption, buttons."""
    unit = max(8, image.width // 20)  # the height of a line of writing
    border, top, bottom = unit // 2, 4 * unit, 4 * unit
    page = Image.new("RGB", (image.width + 2 * border, image.height + top + bottom), _PAPER)
    draw = ImageDraw.Draw(page)
    _write(draw, (border, unit // 4), "9:41", unit)
    draw.rounded_rectangle(_box(page.width - border - 2 * unit, unit // 3, 2 * unit, unit), unit // 4, _INK)
    draw.ellipse(_box(border, 2 * unit - unit // 2, 2 * unit, 2 * unit), _PALE)
    draw.rectangle(_box(border + 3 * unit, 2 * unit - unit // 4, 6 * unit, unit // 2), _INK)
    draw.rectangle(_box(border + 3 * unit, 2 * unit + unit // 2, 4 * unit, unit // 2), _PALE)
    page.paste(image, (border, top))
    below = top + image.height
    for number in range(3):
        draw.ellipse(_box(border + 2 * unit * number, below + unit // 2, unit, unit), outline=_INK)
    _write(draw, (border, below + 2 * unit), "12,804 likes", unit)
    return page


def caption(image: Image.Image) -> Image.Image:
    """White words on a dark band across the lower edge, and a pale name in the middle as a watermark."""
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    unit = max(8, min(image.height // 8, image.width // 18))
    draw.rectangle(_box(0, image.height - 2 * unit, image.width, 2 * unit), (0, 0, 0, 190))
    _write(draw, (unit // 2, image.height - 3 * unit // 2), _CAPTION, unit, (255, 255, 255, 255))
    _write(draw, (image.width // 4, image.height // 2), "@newsphotos", unit, (255, 255, 255, 170))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def flip(image: Image.Image) -> Image.Image:
    """Left and right exchanged."""
    return ImageOps.mirror(image)


def blur(image: Image.Image) -> Image.Image:
    """Gaussian, its radius one two-hundredth of the longer side."""
    return image.filter(ImageFilter.GaussianBlur(max(1.0, max(image.size) / 200)))


def grayscale(image: Image.Image) -> Image.Image:
    """No color."""
    return ImageOps.grayscale(image).convert("RGB")


def brightness(factor: float) -> PictureChange:
    """Every value times the factor, at the most white."""
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


def bounded(image: Image.Image) -> Image.Image:
    """The picture, scaled down where it has more than `MOST_PIXELS`."""
    if image.width * image.height <= MOST_PIXELS:
        return image
    smaller = resize((MOST_PIXELS / (image.width * image.height)) ** 0.5)
    return smaller(image)


def encoded(image: Image.Image) -> bytes:
    """The picture as a PNG file: nothing is lost, so the change is the perturbation's alone."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _box(left: int, top: int, width: int, height: int) -> tuple[int, int, int, int]:
    return left, top, left + width, top + height


def _write(
    draw: ImageDraw.ImageDraw,
    place: tuple[int, int],
    words: str,
    height: int,
    color: tuple[int, ...] = _INK,
) -> None:
    draw.text(place, words, color, ImageFont.load_default(height))
