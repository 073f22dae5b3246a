"""Error-level analysis (Krawetz 2007): what changes when a picture is saved as JPEG once more.

A region that was saved fewer times, or otherwise, than its surroundings changes by another amount. So do
sharp edges and fine texture, and a picture that was saved anew as a whole shows nothing: it is a hint for
people who know this, and no detector of its own. **H** x **W** pixels.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops

from rumorscope.forensics.grids import Cells, Floats, as_cells, cell_means, grid
from rumorscope.forensics.recompression import recompressed

QUALITY = 90  # at which the picture is saved again
_BELOW_WHITE = 0.998
CELLS = 48  # along the longer side of a map: 8 pixels each, a block of JPEG, for a picture of 384


def error_level(picture: Image.Image, quality: int = QUALITY) -> Floats:
    """(H, W) how far each pixel moves, as a mean over the colors, 0 to 255."""
    return np.asarray(np.asarray(_difference(picture, quality)).mean(axis=2))


def error_level_picture(picture: Image.Image, quality: int = QUALITY) -> tuple[Image.Image, float]:
    """The change of each color as a picture, so bright that one value in 500 is white; and by how much."""
    difference = _difference(picture, quality)
    counts = np.reshape(difference.histogram(), (3, 256)).sum(axis=0)
    white = int(np.searchsorted(np.cumsum(counts), _BELOW_WHITE * counts.sum()))
    gain = 255 / max(1, white)
    return difference.point([min(255, round(value * gain)) for value in range(256)] * 3), gain


def error_level_map(picture: Image.Image, quality: int = QUALITY, longest: int = CELLS) -> Cells:
    """The mean change in each cell of a grid, as a share of the largest cell's: 0 to 1."""
    means = cell_means(error_level(picture, quality), grid(picture.size, longest))
    return as_cells(means / max(means.max(), 1e-9))


def _difference(picture: Image.Image, quality: int) -> Image.Image:
    """In bytes, since a picture may have fifty million pixels."""
    return ImageChops.difference(picture.convert("RGB"), recompressed(picture, quality))
