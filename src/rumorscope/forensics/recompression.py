"""Saving a picture as JPEG and reading it back, in memory."""

from __future__ import annotations

import io

from PIL import Image

from rumorscope.errors import InputError

LONGEST_SIDE = 65_500  # pixels; the most that a JPEG encoder takes


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """The picture as a JPEG file of a quality from 1 to 100, with color at half resolution as is usual.

    Raises InputError for another quality and for a picture too long for JPEG.
    """
    if not 1 <= quality <= 100:
        raise InputError(f"JPEG quality {quality}; use 1 to 100")
    if max(picture.size) > LONGEST_SIDE:
        raise InputError(f"the picture is {max(picture.size)} pixels long, JPEG takes {LONGEST_SIDE}")
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return buffer.getvalue()


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    """The picture as it looks after it was saved as JPEG. Raises as `jpeg` does."""
    with Image.open(io.BytesIO(jpeg(picture, quality)), formats=["JPEG"]) as saved:
        return saved.convert("RGB")
