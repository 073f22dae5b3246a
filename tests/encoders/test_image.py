"""Where regions lie, and what an image size must be."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rumorscope.encoders.image import Normalisation, region_grid
from rumorscope.errors import InputError


def test_the_grid_of_two_scales_by_hand() -> None:
    grid = region_grid(64, (32, 64))
    assert grid.receptive_fields == (32, 64)
    assert grid.scales.tolist() == [0, 0, 0, 0, 1]
    assert grid.scales.dtype == torch.int64
    assert grid.boxes.tolist() == [
        [0.0, 0.0, 0.5, 0.5],
        [0.5, 0.0, 1.0, 0.5],
        [0.0, 0.5, 0.5, 1.0],
        [0.5, 0.5, 1.0, 1.0],
        [0.0, 0.0, 1.0, 1.0],
    ]


@given(
    fields=st.lists(st.sampled_from([8, 12, 16, 24, 32, 48, 64, 96]), min_size=1, max_size=4, unique=True),
    size=st.sampled_from([192, 384]),
)
def test_the_regions_of_a_scale_tile_the_picture(fields: list[int], size: int) -> None:
    grid = region_grid(size, tuple(fields))
    for scale, field in enumerate(fields):
        boxes = (grid.boxes[grid.scales == scale] * size / field).round().int()
        width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        assert (width == 1).all()
        assert (height == 1).all()
        assert len({tuple(corner) for corner in boxes[:, :2].tolist()}) == (size // field) ** 2


@pytest.mark.parametrize(
    ("size", "fields", "message"),
    [
        (224, (32, 64), r"image_size=224 is no multiple of the receptive field 64; use 192 or 384"),
        (224, (24, 48), r"receptive field 24; use 192 or 384"),
        (100, (40,), r"receptive field 40; use 80 or 120"),
        (30, (40,), r"receptive field 40; use 40 or 80"),
        (192, (32, 32), r"receptive_fields=\[32, 32\]: give different sizes"),
        (192, (), r"receptive_fields=\[\]: give different sizes"),
    ],
)
def test_a_size_that_a_receptive_field_does_not_divide_is_refused(
    size: int, fields: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        region_grid(size, fields)


def test_black_and_white_after_normalising_by_hand() -> None:
    normalise = Normalisation((0.5, 0.25, 0.0), (0.5, 0.25, 2.0))
    pixels = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 1, 1)
    assert normalise(pixels).flatten(1).tolist() == [[-1.0, -1.0, 0.0], [1.0, 3.0, 0.5]]
    assert normalise.state_dict() == {}
