"""Made pictures that differ from each other as photographs do."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def picture(seed: int, *, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """Smooth blotches of colour; another seed gives another picture. `size` is width and height."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, name: str = "PNG", **options: int) -> bytes:
    """The bytes of the picture's file."""
    file = io.BytesIO()
    image.save(file, format=name, **options)
    return file.getvalue()
