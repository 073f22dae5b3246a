"""Regions of the tower's grid → evidence in pixels of the original pictures.

Shapes: **B** posts, **I** pictures a post, **R** regions of one picture, **K** kept regions of a post.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from rumorscope.encoders._interface import RegionGrid
from rumorscope.layers.top_k import Kept
from rumorscope.post import Evidence, Region, RelevanceMap

Sizes = Sequence[tuple[int, int]]  # width and height in pixels, one a picture of the post


def region_evidence(
    grid: RegionGrid, image_sizes: Sequence[Sizes], relevance: Tensor, kept: Kept, weights: Tensor
) -> list[Evidence]:
    """What each post rests on: its kept regions, heaviest first, and the relevance of all its regions.

    `relevance` is (B, I·R), picture by picture in the order of the grid; `kept` and `weights` are (B, K).
    """
    boxes = grid.boxes.tolist()
    scales = grid.scales.tolist()
    evidence = []
    for row, sizes in enumerate(image_sizes):
        scores = relevance[row].tolist()
        regions = []
        for index, real, weight in zip(
            kept.index[row].tolist(), kept.mask[row].tolist(), weights[row].tolist(), strict=True
        ):
            if not real:
                continue
            image, region = divmod(index, len(boxes))
            box = box_in_pixels(boxes[region], sizes[image])
            field = grid.receptive_fields[scales[region]]
            regions.append(Region(image, box, field, scores[index], weight))
        regions.sort(key=lambda region: -region.weight)
        evidence.append(Evidence(tuple(regions), tuple(_maps(grid, scores, len(sizes)))))
    return evidence


def box_in_pixels(box: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Fractions of a picture → left, top, right, bottom in its pixels: inside it, and at least one pixel."""
    left, right = _span(box[0], box[2], size[0])
    top, bottom = _span(box[1], box[3], size[1])
    return left, top, right, bottom


def _span(start: float, end: float, length: int) -> tuple[int, int]:
    first = min(max(round(start * length), 0), length - 1)
    return first, min(max(round(end * length), first + 1), length)


def _maps(grid: RegionGrid, scores: Sequence[float], images: int) -> list[RelevanceMap]:
    scales, boxes = grid.scales.tolist(), grid.boxes.tolist()
    maps = []
    for image in range(images):
        for scale, field in enumerate(grid.receptive_fields):
            own = [region for region, of in enumerate(scales) if of == scale]
            own.sort(key=lambda region: (boxes[region][1], boxes[region][0]))
            columns = len({boxes[region][0] for region in own})
            values = [scores[image * len(scales) + region] for region in own]
            rows = tuple(tuple(values[i : i + columns]) for i in range(0, len(values), columns))
            maps.append(RelevanceMap(image, field, rows))
    return maps
