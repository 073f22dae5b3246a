from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.fft import dctn
from torch import Tensor

from rumorscope.encoders.frequency import (
    BINS,
    FREQUENCIES,
    HALF,
    FrequencyEncoder,
    block_coefficients,
    dct_basis,
)
from rumorscope.errors import InputError
from rumorscope.training.feature_cache import FeatureCache

SIZE = 24


def noise(pictures: int = 2) -> Tensor:
    return torch.randint(0, 256, (pictures, 3, SIZE, SIZE), generator=torch.Generator().manual_seed(0)).byte()


def blocks_of(grey: np.ndarray) -> list[np.ndarray]:
    places = range(0, SIZE, 8)
    return [grey[row : row + 8, column : column + 8] for row in places for column in places]


def test_coefficients_are_those_of_scipy() -> None:
    grey = torch.randn(2, SIZE, SIZE, generator=torch.Generator().manual_seed(1)) * 50
    found = block_coefficients(grey, dct_basis())
    for picture, coefficients in zip(grey.numpy(), found.mT.numpy(), strict=True):
        expected = [dctn(block, norm="ortho").flatten() for block in blocks_of(picture)]
        np.testing.assert_allclose(coefficients, expected, atol=1e-3)


def test_histograms_count_rounded_coefficients() -> None:
    found = FrequencyEncoder(SIZE)(noise()).regions
    for picture, histograms in zip(noise().numpy().astype(np.float64), found, strict=True):
        grey = np.tensordot([0.299, 0.587, 0.114], picture, axes=1) - 128
        coefficients = np.stack([dctn(block, norm="ortho").flatten() for block in blocks_of(grey)])
        places = np.clip(np.round(coefficients), -HALF, HALF - 1).astype(int) + HALF
        expected = np.stack([np.bincount(column, minlength=BINS) / 9 for column in places.T])
        # A coefficient halfway between two whole numbers may be rounded either way.
        assert np.abs(histograms.numpy() - expected).sum() <= 2 * 2 / 9


def test_a_grey_picture_has_its_mean_alone() -> None:
    histograms = FrequencyEncoder(SIZE)(torch.full((1, 3, SIZE, SIZE), 130, dtype=torch.uint8)).regions[0]
    assert histograms[0, HALF + 16] == 1  # 2 above the middle, times 8
    assert (histograms[1:, HALF] == 1).all()


def test_a_cosine_has_one_frequency() -> None:
    wave = 100 * torch.cos(torch.pi * (2 * torch.arange(SIZE) % 16 + 1) * 3 / 16)
    grey = (wave + 128).round().byte().expand(1, 3, SIZE, SIZE)
    spread = FrequencyEncoder(SIZE)(grey).regions[0].argmax(dim=1) - HALF
    assert spread.abs().argmax() == 3  # the third to the right, in the first row
    assert (spread[[*range(3), *range(4, FREQUENCIES)]].abs() <= 2).all()


def test_pooled_is_the_mean_and_no_picture_is_well() -> None:
    encoder = FrequencyEncoder(SIZE)
    features = encoder(noise())
    torch.testing.assert_close(features.pooled, features.regions.mean(dim=1))
    torch.testing.assert_close(features.regions.sum(dim=2), torch.ones(2, FREQUENCIES))
    nothing = encoder(noise(0))
    assert (nothing.regions.shape, nothing.pooled.shape) == ((0, FREQUENCIES, BINS), (0, BINS))


def test_half_precision_changes_nothing() -> None:
    encoder = FrequencyEncoder(SIZE)
    with torch.autocast("cpu", torch.bfloat16):
        half = encoder(noise())
    assert torch.equal(half.regions, encoder(noise()).regions)


def test_it_has_neither_parameters_nor_weights_and_is_known_by_its_size(tmp_path: Path) -> None:
    encoder = FrequencyEncoder(SIZE)
    assert not list(encoder.parameters())
    assert not encoder.state_dict()
    folders = [FeatureCache(FrequencyEncoder(size), "no")._folder for size in (SIZE, SIZE, 32)]
    assert folders[0] == folders[1] != folders[2]


def test_a_size_without_whole_blocks_is_refused() -> None:
    with pytest.raises(InputError, match="image_size=100 has no whole blocks of 8 pixels"):
        FrequencyEncoder(100)
