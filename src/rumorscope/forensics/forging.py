"""Makes forgeries of which everything is known: a region pasted within its picture, or out of another.

KECL compares news pictures with such copy-moves of them (its transfer consistency), and what finds
manipulation is tested on them. A region is drawn, scaled, turned, blended in at its edge, and the whole is
saved as JPEG, each by how much the recipe allows. The same generator state gives the same forgery.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps
from pydantic import Field, model_validator

from rumorscope.config import Settings
from rumorscope.errors import InputError
from rumorscope.forensics.recompression import recompressed
from rumorscope.forensics.shapes import Outline, Shape, draw_outline, rasterised

Kind = Literal["copy_move", "splice"]

_AFFINE = Image.Transform.AFFINE
_LONGEST_BOX = 2.0  # width over height of a region before it is turned, or the reverse

Share = Annotated[float, Field(gt=0, le=0.9)]
Scale = Annotated[float, Field(ge=0.1, le=10)]
Degrees = Annotated[float, Field(ge=-180, le=180)]
Pixels = Annotated[float, Field(ge=0, le=50)]
Quality = Annotated[int, Field(ge=1, le=100)]


class Recipe(Settings):
    """What a forgery may look like: each pair is the least and the most, drawn evenly between."""

    shapes: tuple[Shape, ...] = Field(default=("rectangle", "ellipse", "polygon"), min_length=1)
    area: tuple[Share, Share] = Field(
        default=(0.02, 0.2), description="of the region, as a share of the picture"
    )
    scale: tuple[Scale, Scale] = Field(
        default=(0.7, 1.4), description="1 leaves the region as large as it was"
    )
    rotation_degrees: tuple[Degrees, Degrees] = (-30, 30)
    feather_pixels: tuple[Pixels, Pixels] = Field(default=(0, 2), description="how far it fades at its edge")
    jpeg_quality: tuple[Quality, Quality] | None = Field(
        default=(70, 95), description="None saves nothing as JPEG"
    )

    @model_validator(mode="after")
    def _least_first(self) -> Self:
        for name in ("area", "scale", "rotation_degrees", "feather_pixels", "jpeg_quality"):
            pair = getattr(self, name)
            if pair is not None and pair[0] > pair[1]:
                raise ValueError(f"{name} = {pair}: the least comes first")
        return self


USUAL = Recipe()


@dataclass(frozen=True)
class Forgery:
    """A picture, and where it was altered."""

    picture: Image.Image  # RGB
    mask: NDArray[np.bool_]  # (height, width) exactly where something was pasted
    kind: Kind | None  # None where nothing was


def copy_move(picture: Image.Image, generator: np.random.Generator, recipe: Recipe = USUAL) -> Forgery:
    """Paste a region of the picture elsewhere in it.

    Raises InputError for a picture of a single pixel, in which there is no elsewhere.
    """
    picture = picture.convert("RGB")
    if picture.size == (1, 1):
        raise InputError("a picture of 1 x 1 pixel has no second place to paste a region; use a larger one")
    return _forged(picture, picture, generator, recipe, "copy_move")


def splice(
    picture: Image.Image, donor: Image.Image, generator: np.random.Generator, recipe: Recipe = USUAL
) -> Forgery:
    """Paste a region of the donor into the picture. A donor that is too small gives a smaller region."""
    return _forged(picture.convert("RGB"), donor.convert("RGB"), generator, recipe, "splice")


def untouched(picture: Image.Image, generator: np.random.Generator, recipe: Recipe = USUAL) -> Forgery:
    """The picture with nothing pasted, but saved as forgeries are.

    What learns to tell forgeries from pictures that were saved otherwise learns how they were saved.
    """
    mask = np.zeros((picture.height, picture.width), dtype=np.bool_)
    return Forgery(_saved(picture.convert("RGB"), generator, recipe), mask, None)


@dataclass(frozen=True, slots=True)
class _Region:
    """Where in a donor a region lies, and how it changes on the way."""

    box: tuple[int, int, int, int]  # left, top, width, height in the donor's pixels
    outline: Outline
    scale: float
    radians: float  # counterclockwise


@dataclass(frozen=True, slots=True)
class _Paste:
    """A region as it is to be pasted."""

    pixels: Image.Image  # RGB
    shape: Image.Image  # gray, 255 inside and 0 outside, of the same size


def _forged(
    picture: Image.Image, donor: Image.Image, generator: np.random.Generator, recipe: Recipe, kind: Kind
) -> Forgery:
    region = _drawn(picture.size, donor.size, generator, recipe, kind)
    paste = _taken(donor, region, picture.size)
    avoid = region.box[:2] if kind == "copy_move" else None
    left, top = _corner(picture.size, paste.shape.size, generator, avoid)
    alpha = _faded(paste.shape, generator.uniform(*recipe.feather_pixels))
    result = picture.copy()
    result.paste(paste.pixels, (left, top), alpha)
    mask = np.zeros((picture.height, picture.width), dtype=np.bool_)
    mask[top : top + alpha.height, left : left + alpha.width] = np.asarray(alpha) > 0
    return Forgery(_saved(result, generator, recipe), mask, kind)


def _drawn(
    size: tuple[int, int], donor: tuple[int, int], generator: np.random.Generator, recipe: Recipe, kind: Kind
) -> _Region:
    """A region of a donor for a picture, given the width and height of each."""
    outline = draw_outline(recipe.shapes[generator.integers(len(recipe.shapes))], generator)
    scale = generator.uniform(*recipe.scale)
    radians = math.radians(generator.uniform(*recipe.rotation_degrees))
    area = generator.uniform(*recipe.area) * size[0] * size[1] / outline.share / scale**2  # of the box
    width = _whole(math.sqrt(area * _LONGEST_BOX ** generator.uniform(-1, 1)), donor[0])
    height = _whole(area / width, donor[1])
    width = _whole(area / height, donor[0])
    if kind == "copy_move" and (width, height) == donor:  # it needs another place to go to
        width, height = (width - 1, height) if width >= height else (width, height - 1)
    left = int(generator.integers(donor[0] - width + 1))
    top = int(generator.integers(donor[1] - height + 1))
    return _Region((left, top, width, height), outline, scale, radians)


def _whole(length: float, longest: int) -> int:
    return min(max(1, round(length)), longest)


def _taken(donor: Image.Image, region: _Region, size: tuple[int, int]) -> _Paste:
    """The region's pixels, scaled and turned about its middle, made to fit a picture of that size."""
    left, top, width, height = region.box
    inside = Image.new("L", donor.size)
    inside.paste(rasterised(region.outline, (width, height)), (left, top))
    canvas, scale = _canvas(region, size)
    affine = _backwards(region, canvas, scale)
    shape = inside.transform(canvas, _AFFINE, affine, resample=Image.Resampling.NEAREST)
    if shape.getbbox() is None:  # it became too small to hit the middle of any pixel
        x, y = left + width // 2, top + height // 2
        return _Paste(donor.crop((x, y, x + 1, y + 1)), Image.new("L", (1, 1), 255))
    return _Paste(donor.transform(canvas, _AFFINE, affine, resample=Image.Resampling.BICUBIC), shape)


def _canvas(region: _Region, size: tuple[int, int]) -> tuple[tuple[int, int], float]:
    """Width and height of the turned region's own box, and its scale, made smaller where it would not fit."""
    _, _, width, height = region.box
    cosine, sine = abs(math.cos(region.radians)), abs(math.sin(region.radians))
    turned = (width * cosine + height * sine, width * sine + height * cosine)
    scale = min(region.scale, size[0] / turned[0], size[1] / turned[1])
    return (_up(turned[0] * scale, size[0]), _up(turned[1] * scale, size[1])), scale


def _up(length: float, longest: int) -> int:
    return min(max(1, math.ceil(length - 1e-6)), longest)


def _backwards(region: _Region, canvas: tuple[int, int], scale: float) -> tuple[float, ...]:
    """Pillow's affine coefficients: from a place on the canvas to the donor's, middle to middle."""
    left, top, width, height = region.box
    cosine, sine = math.cos(region.radians) / scale, math.sin(region.radians) / scale
    across, down = canvas[0] / 2, canvas[1] / 2
    x = left + width / 2 - cosine * across + sine * down
    y = top + height / 2 - sine * across - cosine * down
    return cosine, -sine, x, sine, cosine, y


def _corner(
    size: tuple[int, int],
    pasted: tuple[int, int],
    generator: np.random.Generator,
    avoid: tuple[int, int] | None,
) -> tuple[int, int]:
    """The upper left corner of a paste, anywhere that it fits but where it would lie as it was."""
    columns, rows = size[0] - pasted[0] + 1, size[1] - pasted[1] + 1
    places = columns * rows
    if avoid is None or places == 1 or not (avoid[0] < columns and avoid[1] < rows):
        place = int(generator.integers(places))
    else:
        avoided = avoid[1] * columns + avoid[0]
        place = (avoided + 1 + int(generator.integers(places - 1))) % places
    return place % columns, place // columns


def _faded(shape: Image.Image, pixels: float) -> Image.Image:
    """The shape's opacity: full in its depth, and next to nothing, but something, at its edge."""
    if pixels == 0:
        return shape
    margin = math.ceil(3 * pixels)
    spread = ImageOps.expand(shape, margin, 0).filter(ImageFilter.GaussianBlur(pixels))
    blurred = np.asarray(ImageOps.crop(spread, margin), dtype=np.int16)  # half of full at a straight edge
    opacity = np.where(np.asarray(shape) > 0, np.clip(2 * blurred - 255, 1, 255), 0)
    return Image.fromarray(opacity.astype(np.uint8))


def _saved(picture: Image.Image, generator: np.random.Generator, recipe: Recipe) -> Image.Image:
    if recipe.jpeg_quality is None:
        return picture
    least, most = recipe.jpeg_quality
    return recompressed(picture, int(generator.integers(least, most + 1)))
