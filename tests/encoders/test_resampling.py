"""The pseudo-inverse resize against its definition, and interpolated positions against `transformers`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPModel

from rumorscope.encoders.resampling import kernel_matrix, resample_kernel, resample_positions, resize_matrix


def _resize(picture: Tensor, size: int) -> Tensor:
    return F.interpolate(picture, size=(size, size), mode="bilinear", antialias=True)


def _noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize(
    ("patch_size", "receptive_field"), [(8, 16), (8, 12), (16, 24), (32, 48), (32, 64), (16, 64)]
)
def test_an_enlarged_patch_has_the_embedding_of_the_patch(patch_size: int, receptive_field: int) -> None:
    kernel, patches = _noise(5, 3, patch_size, patch_size), _noise(7, 3, patch_size, patch_size)
    resampled = resample_kernel(kernel, kernel_matrix(patch_size, receptive_field))
    expected = F.conv2d(patches, kernel)
    torch.testing.assert_close(
        F.conv2d(_resize(patches, receptive_field), resampled), expected, rtol=1e-4, atol=1e-3
    )


@pytest.mark.parametrize(("patch_size", "receptive_field"), [(8, 16), (8, 12), (12, 8), (16, 6), (8, 8)])
def test_the_kernel_is_the_least_squares_solution(patch_size: int, receptive_field: int) -> None:
    """ŵ minimises |w - Bᵀŵ|², with B written out pixel by pixel."""
    kernel = _noise(2, 3, patch_size, patch_size)
    pixels = patch_size**2
    basis = torch.eye(pixels, dtype=torch.float64).view(pixels, 1, patch_size, patch_size)
    enlarge = _resize(basis, receptive_field).view(pixels, -1).T.numpy()  # B: (r², p²)
    resampled = resample_kernel(kernel, kernel_matrix(patch_size, receptive_field))
    for channels, found in zip(
        kernel.reshape(-1, pixels), resampled.reshape(-1, receptive_field**2), strict=True
    ):
        best, *_ = np.linalg.lstsq(enlarge.T, channels.double().numpy(), rcond=None)
        np.testing.assert_allclose(found.numpy(), best, atol=1e-4)


def test_resizing_an_axis_matches_interpolate() -> None:
    picture = _noise(1, 1, 6, 6).double()
    matrix = resize_matrix(6, 9)
    torch.testing.assert_close(matrix @ picture @ matrix.mT, _resize(picture, 9))


def test_the_own_size_changes_nothing() -> None:
    kernel, positions = _noise(4, 3, 8, 8), _noise(17, 4)
    assert torch.equal(resample_kernel(kernel, kernel_matrix(8, 8)), kernel)
    assert torch.equal(resample_positions(positions, 4), positions)


@pytest.mark.parametrize("grid", [2, 3, 6, 12])
def test_positions_are_those_of_transformers(checkpoints: Path, grid: int) -> None:
    embeddings = CLIPModel.from_pretrained(checkpoints / "clip").vision_model.embeddings
    size = grid * embeddings.patch_size
    theirs = embeddings.interpolate_pos_encoding(torch.zeros(1, 1 + grid * grid, 32), size, size)[0]
    torch.testing.assert_close(resample_positions(embeddings.position_embedding.weight, grid), theirs)
