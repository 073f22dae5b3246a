from __future__ import annotations

import numpy as np
import pytest
import torch

from rumorscope.encoders.preprocess import Picture, Sample
from rumorscope.explanation.cells import GRID, relevance_of_cells, uncovered, weight_of_cells
from rumorscope.post import Evidence, Post, Region, RelevanceMap


def sample(side: int = 16, pictures: int = 1) -> Sample:
    generator = torch.Generator().manual_seed(0)
    drawn = [
        Picture(
            f"key {n}",
            torch.randint(256, (3, side, side), generator=generator).byte(),
            (40, 20),
        )
        for n in range(pictures)
    ]
    return Sample(Post("a", ""), (), tuple(drawn))


def test_covering_paints_the_hidden_cells_in_the_mean_color() -> None:
    whole = sample(pictures=2)
    visible = np.ones((2, GRID, GRID), dtype=bool)
    visible[1, 2, 3] = False
    first, second = uncovered(whole, visible).pictures
    assert first is whole.pictures[0]
    before, after = whole.pictures[1].pixels, second.pixels
    mean = before.float().mean(dim=(1, 2)).round().to(torch.uint8)
    assert torch.equal(after[:, 4:6, 6:8], mean[:, None, None].expand(3, 2, 2))
    hidden = torch.zeros(16, 16, dtype=torch.bool)
    hidden[4:6, 6:8] = True
    assert torch.equal(after[:, ~hidden], before[:, ~hidden])
    assert second.key != whole.pictures[1].key


@pytest.mark.parametrize("side", [8, 30, 100])
def test_every_pixel_is_in_one_cell(side: int) -> None:
    whole = sample(side)
    shown = torch.zeros(side, side, dtype=torch.int64)
    for number in range(GRID * GRID):
        visible = np.zeros(GRID * GRID, dtype=bool)
        visible[number] = True
        pixels = uncovered(whole, visible.reshape(1, GRID, GRID)).pictures[0].pixels
        mean = whole.pictures[0].pixels.float().mean(dim=(1, 2)).round().to(torch.uint8)[:, None, None]
        shown += (pixels != mean).any(dim=0)
    different = (whole.pictures[0].pixels != mean).any(dim=0)
    assert torch.equal(shown, different.long())


def test_a_map_of_the_grids_own_size_is_taken_as_it_is() -> None:
    values = np.random.default_rng(0).normal(size=(GRID, GRID))
    found = relevance_of_cells(Evidence((), (RelevanceMap(0, 32, tuple(map(tuple, values))),)), 1)
    assert found is not None
    assert found[0] == pytest.approx((values - values.mean()) / values.std())


def test_scales_count_alike_and_a_single_region_tells_nothing() -> None:
    maps = (
        RelevanceMap(0, 32, ((0.0, 2.0), (0.0, 2.0))),
        RelevanceMap(0, 64, ((100.0, 100.0), (300.0, 300.0))),
        RelevanceMap(0, 256, ((7.0,),)),
    )
    found = relevance_of_cells(Evidence((), maps), 1)
    assert found is not None
    quarter = GRID // 2
    means = [[found[0, :quarter, :quarter], found[0, :quarter, quarter:]],
             [found[0, quarter:, :quarter], found[0, quarter:, quarter:]]]  # fmt: skip
    expected = [[-2 / 3, 0.0], [0.0, 2 / 3]]
    for row, known in zip(means, expected, strict=True):
        for area, value in zip(row, known, strict=True):
            assert area == pytest.approx(value)


def test_maps_that_do_not_fit_the_grid_are_averaged_over_each_cell() -> None:
    found = relevance_of_cells(Evidence((), (RelevanceMap(0, 64, ((0.0, 1.0, 2.0),)),)), 1)
    assert found is not None
    row = found[0, 0] * np.std([0, 1, 2]) + 1
    assert row == pytest.approx([0, 0, 1 / 3, 1, 1, 5 / 3, 2, 2])  # the third cell: two thirds of 0


def test_pictures_are_held_against_each_other() -> None:
    maps = (RelevanceMap(0, 32, ((1.0,),)), RelevanceMap(1, 32, ((3.0,),)))
    found = relevance_of_cells(Evidence((), maps), 2)
    assert found is not None
    assert (found[0] == -1).all()
    assert (found[1] == 1).all()


def test_kept_regions_count_by_the_share_that_they_cover() -> None:
    regions = (Region(0, (0, 0, 5, 20), 32, 0.0, 0.75), Region(0, (0, 0, 40, 20), 256, 0.0, 0.25))
    found = weight_of_cells(Evidence(regions), [(40, 20)])
    assert found is not None
    assert found[0, :, 0] == pytest.approx(np.full(GRID, 1.0))  # 5 of 40 pixels are one cell
    assert found[0, :, 1:] == pytest.approx(np.full((GRID, GRID - 1), 0.25))


def test_no_evidence_is_none() -> None:
    assert relevance_of_cells(Evidence(), 1) is None
    assert weight_of_cells(Evidence(), [(1, 1)]) is None
