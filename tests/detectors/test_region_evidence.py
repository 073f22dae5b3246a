from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rumorscope.detectors._region_evidence import box_in_pixels, region_evidence
from rumorscope.encoders._interface import RegionGrid
from rumorscope.layers.top_k import Kept
from rumorscope.post import Evidence, Region, RelevanceMap

GRID = RegionGrid(  # a coarse region and four fine ones, not in reading order
    scales=torch.tensor([1, 0, 0, 0, 0]),
    boxes=torch.tensor(
        [[0, 0, 1, 1], [0.5, 0.5, 1, 1], [0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1]],
        dtype=torch.float32,
    ),
    receptive_fields=(16, 32),
)


def test_regions_and_maps_in_pixels_of_the_original_pictures() -> None:
    relevance = torch.tensor([[0.0, 1, 2, 3, 4, 10, 11, 12, 13, 14], [0.0] * 10])
    kept = Kept(torch.tensor([[3, 6, 5], [0, 0, 0]]), torch.tensor([[True] * 3, [False] * 3]))
    weights = torch.tensor([[0.25, 0.125, 0.625], [0.0, 0.0, 0.0]])
    first, second = region_evidence(GRID, [((100, 40), (9, 7)), ()], relevance, kept, weights)
    assert first.regions == (
        Region(image=1, box_pixels=(0, 0, 9, 7), scale=32, relevance=10, weight=0.625),
        Region(image=0, box_pixels=(50, 0, 100, 20), scale=16, relevance=3, weight=0.25),
        Region(image=1, box_pixels=(4, 4, 9, 7), scale=16, relevance=11, weight=0.125),
    )
    assert first.relevance == (
        RelevanceMap(0, 16, ((2, 3), (4, 1))),
        RelevanceMap(0, 32, ((0,),)),
        RelevanceMap(1, 16, ((12, 13), (14, 11))),
        RelevanceMap(1, 32, ((10,),)),
    )
    assert second == Evidence()


@given(
    width=st.integers(1, 5000), height=st.integers(1, 5000), side=st.integers(1, 16), cell=st.integers(0, 255)
)
def test_boxes_tile_the_picture_and_hold_a_pixel_at_least(
    width: int, height: int, side: int, cell: int
) -> None:
    row, column = divmod(cell % (side * side), side)
    box, neighbour = ((torch.tensor([c, row, c + 1, row + 1]) / side).tolist() for c in (column, column + 1))
    left, top, right, bottom = box_in_pixels(box, (width, height))
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    if column + 1 == side:
        assert right == width
    elif width >= side:
        assert right == box_in_pixels(neighbour, (width, height))[0]
