"""Maps over a picture, per pixel or in a grid's cells. **H** x **W** pixels, **R** rows, **C** columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
Cells = tuple[tuple[float, ...], ...]
"""Rows from the top, each from the left, as evidence holds them."""


def grid(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Rows and columns of about square cells, `longest` of them along the longer side of width and height."""
    width, height = size
    cell = max(width, height) / longest
    return max(1, round(height / cell)), max(1, round(width / cell))


def cell_means(values: Floats, shape: tuple[int, int]) -> Floats:
    """(H, W) → (R, C): the mean over each cell, in which a pixel on a border counts by its share."""
    rows = _means(values, shape[0])
    return _means(rows.T, shape[1]).T


def spread(cells: Floats, shape: tuple[int, int]) -> Floats:
    """(R, C) → (H, W): each cell's value at its middle, and evenly between."""
    image = Image.fromarray(cells.astype(np.float32))
    spread = image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(spread, dtype=np.float64)


def as_cells(values: Floats) -> Cells:
    """(R, C) as evidence holds it."""
    return tuple(map(tuple, values.tolist()))


def _means(values: Floats, count: int) -> Floats:
    """(N, M) → (count, M): means over equal stretches of the first axis."""
    length = len(values)
    edges = np.linspace(0, length, count + 1)
    whole = np.minimum(edges.astype(np.int64), length - 1)
    before = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    sums = before[whole] + (edges - whole)[:, None] * values[whole]  # of all that lies before each edge
    return np.asarray(np.diff(sums, axis=0) * count / length)
