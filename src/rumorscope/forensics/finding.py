"""What finds manipulation in pictures, and its answers as evidence.

Shapes: **B** posts, **I** pictures a post, **U** distinct pictures in the batch, **S** pixels along a side,
**R** rows, **C** columns of a map.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from rumorscope.encoders.preprocess import Batch, Preprocess
from rumorscope.forensics.grids import as_cells
from rumorscope.post import ManipulationMap


@runtime_checkable
class FindsManipulation(Protocol):
    """A detector, or part of one, that tells altered pictures and where they are altered."""

    preprocess: Preprocess

    def manipulation(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """From (U, 3, S, S) uint8 the log-odds (U,) of altered, and place by place (U, R, C).

        A map covers its whole picture, which the towers see scaled to a square.
        """
        ...


def maps_of_batch(finder: FindsManipulation, batch: Batch) -> list[tuple[ManipulationMap, ...]]:
    """Each post's maps, one a picture, in the pictures' order."""
    return as_maps(*finder.manipulation(batch.pixels), batch.image_index)


def as_maps(whole: Tensor, places: Tensor, image_index: Tensor) -> list[tuple[ManipulationMap, ...]]:
    """Log-odds (U,) and (U, R, C) as each post's evidence; `image_index` (B, I) is -1 where there is none."""
    probabilities = whole.detach().double().sigmoid().tolist()
    maps = [as_cells(cells) for cells in places.detach().double().sigmoid().cpu().numpy()]
    return [
        tuple(
            ManipulationMap(image, probabilities[number], maps[number])
            for image, number in enumerate(row)
            if number >= 0
        )
        for row in image_index.tolist()
    ]
