from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rumorscope.encoders.image import region_grid
from rumorscope.errors import InputError
from rumorscope.layers.dream import Dream, RegionRefinement

WIDTH = 4


@pytest.fixture
def dream() -> Dream:
    torch.manual_seed(0)
    return Dream(WIDTH)


@torch.no_grad()
def test_agrees_with_a_slow_loop(dream: Dream) -> None:
    features = torch.randn(2, WIDTH, 5, 4)
    ours = dream(features)
    for picture in range(2):
        torch.testing.assert_close(ours[picture], _slow(dream, features[picture]), rtol=1e-4, atol=1e-5)


def _slow(dream: Dream, features: Tensor) -> Tensor:
    """(D, H, W), cell by cell and tap by tap."""
    rows, columns = features.shape[1:]
    branches = [_step(_taps(features, dream.near[0], 1))]
    for rate, step in zip((1, 2, 3), dream.around, strict=True):
        branches.append(_step(_taps(features, step[0], rate)))
    whole = _step(_taps(features.mean(dim=(1, 2))[:, None, None], dream.whole[0], 1))
    branches.append(whole.repeat(1, rows, columns))
    joined = torch.cat(branches)
    narrow, _, wide = dream.channel_weight
    mean = joined.mean(dim=(1, 2))
    hidden = (narrow.weight[:, :, 0, 0] @ mean + narrow.bias).relu()
    channels = (wide.weight[:, :, 0, 0] @ hidden + wide.bias).sigmoid()
    weighted = torch.zeros_like(joined)
    for y in range(rows):
        for x in range(columns):
            cell = joined[:, y, x]
            place = (dream.place_weight.weight[0, :, 0, 0] @ cell + dream.place_weight.bias).sigmoid()
            weighted[:, y, x] = cell * torch.maximum(channels, place)
    return features + _step(_taps(weighted, dream.join[0], 1))


def _taps(features: Tensor, convolution: nn.Conv2d, rate: int) -> Tensor:
    """A convolution that sees zeros beyond the map."""
    rows, columns = features.shape[1:]
    reach = convolution.weight.shape[-1] // 2
    result = torch.zeros(len(convolution.weight), rows, columns)
    for y in range(rows):
        for x in range(columns):
            for dy in range(-reach, reach + 1):
                for dx in range(-reach, reach + 1):
                    row, column = y + rate * dy, x + rate * dx
                    if 0 <= row < rows and 0 <= column < columns:
                        kernel = convolution.weight[:, :, dy + reach, dx + reach]
                        result[:, y, x] += kernel @ features[:, row, column]
    return result


def _step(features: Tensor) -> Tensor:
    return ((features - features.mean()) / (features.var(unbiased=False) + 1e-5).sqrt()).relu()


@torch.no_grad()
def test_each_dilation_sees_as_far_as_it_says() -> None:
    """A cell answers to a change three cells away only where a dilation reaches it."""
    for dilations, changes in (((1, 2), False), ((3,), True)):
        torch.manual_seed(1)
        dream = Dream(WIDTH, dilations)
        step = dream.around[-1][0]
        one = torch.zeros(1, WIDTH, 7, 7)
        one[0, :, 3, 6] = 1.0
        assert bool(step(one)[0, :, 3, 3].any()) is changes


@torch.no_grad()
def test_a_picture_does_not_depend_on_its_batch_mates_even_in_training(dream: Dream) -> None:
    features = torch.randn(3, WIDTH, 4, 4)
    together = dream.train()(features)
    torch.testing.assert_close(torch.cat([dream(picture[None]) for picture in features]), together)


@torch.no_grad()
def test_scales_are_refined_one_by_one_in_the_order_of_the_grid() -> None:
    torch.manual_seed(2)
    refinement = RegionRefinement(WIDTH, region_grid(64, (16, 32)))  # 16 fine regions, 4 coarse ones
    regions = torch.randn(2, 20, WIDTH)
    refined = refinement(regions)
    fine = torch.stack([regions[:, 4 * row : 4 * row + 4] for row in range(4)], dim=1)  # (U, H, W, D)
    expected = refinement.dream(fine.permute(0, 3, 1, 2))
    for y in range(4):
        for x in range(4):
            torch.testing.assert_close(refined[:, 4 * y + x], expected[:, :, y, x])
    coarse_alone = refinement(torch.cat([torch.zeros(2, 16, WIDTH), regions[:, 16:]], dim=1))
    torch.testing.assert_close(coarse_alone[:, 16:], refined[:, 16:])


def test_no_picture_and_a_single_cell_are_fine() -> None:
    refinement = RegionRefinement(WIDTH, region_grid(32, (32,)))
    assert refinement(torch.zeros(0, 1, WIDTH)).shape == (0, 1, WIDTH)
    refinement(torch.randn(1, 1, WIDTH)).sum().backward()
    assert all(parameter.grad is not None for parameter in refinement.parameters())


@pytest.mark.parametrize("dilations", [(), (1, 0)])
def test_a_dilation_below_one_is_refused(dilations: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"give positive numbers, such as \[1, 2, 3\]"):
        Dream(WIDTH, dilations)
