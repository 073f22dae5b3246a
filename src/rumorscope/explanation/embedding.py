"""Pictures, and maps over them, as pages hold them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from rumorscope.explanation.colors import hexadecimal, viridis

_LONGEST_SIDE = 1400  # pixels of a picture in a page


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a map, in pixels of the original picture."""

    x: float
    y: float
    width: float
    height: float
    color: str
    value: float


def colored_cells(
    values: Sequence[Sequence[float]], shares: Sequence[Sequence[float]], size: tuple[int, int]
) -> list[Cell]:
    """A map over a picture of that width and height; `shares`, 0 to 1, choose the colors."""
    width, height = size[0] / len(values[0]), size[1] / len(values)
    return [
        Cell(column * width, row * height, width, height, hexadecimal(viridis(shares[row][column])), value)
        for row, line in enumerate(values)
        for column, value in enumerate(line)
    ]


def data_url(image: Image.Image) -> str:
    """The picture encoded anew: none of its file's own bytes, nor its metadata, reach the page."""
    shown = image.copy()
    shown.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    buffer = io.BytesIO()
    shown.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
