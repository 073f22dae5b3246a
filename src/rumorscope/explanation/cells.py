"""A post's pictures cut into equal cells: painted over, uncovered, and given a value by each explanation.

Every detector and every explanation is put to the test on the same cells, whatever its own regions are.
**P** pictures of a post, **G** cells a side, **S** side of the towers' input in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from rumorscope.encoders.preprocess import Picture, Sample
from rumorscope.explanation.occlusion import mean_color
from rumorscope.post import Evidence

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

GRID = 8
"""Cells a side: fine enough to tell the regions of 32 pixels in a picture of 256 apart."""


def cells_shape(sample: Sample) -> tuple[int, int, int]:
    """(P, G, G), the shape of everything below."""
    return len(sample.pictures), GRID, GRID


def uncovered(sample: Sample, visible: Mask) -> Sample:
    """The sample with every cell that is not `visible` (P, G, G) painted in its picture's mean color."""
    pictures = (_painted(picture, shown) for picture, shown in zip(sample.pictures, visible, strict=True))
    return replace(sample, pictures=tuple(pictures))


def relevance_of_cells(evidence: Evidence, pictures: int) -> Floats | None:
    """What the heat maps say of each cell, (P, G, G): the mean over scales, standardised in each.

    None where the evidence holds no map. A scale with a single region tells no cell from another.
    """
    scales = sorted({found.scale for found in evidence.relevance})
    if not scales:
        return None
    layers = []
    for scale in scales:
        maps = {found.image: np.array(found.values) for found in evidence.relevance if found.scale == scale}
        values = np.concatenate([found.ravel() for found in maps.values()])
        spread = values.std() or 1.0
        layer = np.zeros((pictures, GRID, GRID))
        for image, found in maps.items():
            layer[image] = _on_cells((found - values.mean()) / spread)
        layers.append(layer)
    mean: Floats = np.mean(layers, axis=0)
    return mean


def weight_of_cells(evidence: Evidence, sizes: Sequence[tuple[int, int]]) -> Floats | None:
    """What the kept regions weigh in each cell, (P, G, G): a region counts by the share that it covers.

    `sizes` are the pictures' widths and heights in pixels. None where the evidence holds no region.
    """
    if not evidence.regions:
        return None
    weights = np.zeros((len(sizes), GRID, GRID))
    for region in evidence.regions:
        width, height = sizes[region.image]
        left, top, right, bottom = region.box_pixels
        across, down = _covered(left / width, right / width), _covered(top / height, bottom / height)
        weights[region.image] += region.weight * np.outer(down, across)
    return weights


def _painted(picture: Picture, visible: Mask) -> Picture:
    if visible.all():
        return picture
    side = picture.pixels.shape[-1]
    pixels = np.diff(np.round(np.arange(GRID + 1) * side / GRID).astype(int))  # of each cell
    mask = torch.from_numpy(visible.repeat(pixels, axis=0).repeat(pixels, axis=1))  # (S, S)
    painted = torch.where(mask, picture.pixels, mean_color(picture.pixels))
    # A key of its own: collating encodes pictures with equal keys only once.
    return replace(
        picture, pixels=painted, key=f"{picture.key} showing {np.packbits(visible).tobytes().hex()}"
    )


def _on_cells(values: Floats) -> Floats:
    """A map of any size on the cells: each cell takes the mean over its area."""
    down, across = (_shares(length) for length in values.shape)
    found: Floats = down @ values @ across.T
    return found


def _shares(parts: int) -> Floats:
    """(G, parts) how much of each cell's length lies in each of some equal parts of the picture."""
    return np.stack([_covered(part / parts, (part + 1) / parts) for part in range(parts)], axis=1)


def _covered(start: float, end: float) -> Floats:
    """(G,) the share of each cell's length that lies between two fractions of the picture."""
    edges = np.arange(GRID + 1) / GRID
    shared: Floats = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return np.maximum(shared, 0.0) * GRID
