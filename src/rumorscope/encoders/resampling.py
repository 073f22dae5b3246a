"""Patch kernels and position embeddings of a vision transformer at other sizes.

Kernels: the pseudo-inverse resize of FlexiViT (arXiv 2212.08013, section 3.4). A patch x of p x p pixels is
enlarged to r x r by a linear map B; the new kernel ŵ minimises E (<x, w> - <Bx, ŵ>)² over white noise x, that
is |w - Bᵀŵ|², and so ŵ = (Bᵀ)⁺ w. Where r >= p the minimum is zero: an enlarged patch keeps its
embedding. B is separable, and so is its pseudo-inverse: P ⊗ P with P = (B₁ᵀ)⁺ over one axis.

Shapes: **D** width, **p** the tower's patch size, **r** the receptive field, both in pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def resize_matrix(source: int, target: int) -> Tensor:
    """(target, source) float64: bilinear resizing of one axis, antialiased where it shrinks."""
    axis = torch.eye(source, dtype=torch.float64)[None, None]
    resized: Tensor = F.interpolate(axis, size=(target, source), mode="bilinear", antialias=True)
    return resized[0, 0]


def kernel_matrix(patch_size: int, receptive_field: int) -> Tensor:
    """(r, p) float32: one axis of the pseudo-inverse resize; the identity where r is p."""
    if patch_size == receptive_field:
        return torch.eye(patch_size)
    inverse: Tensor = torch.linalg.pinv(resize_matrix(patch_size, receptive_field).mT)
    return inverse.float()


def resample_kernel(kernel: Tensor, matrix: Tensor) -> Tensor:
    """A (D, 3, p, p) patch kernel at another size, (D, 3, r, r), by the `matrix` of `kernel_matrix`."""
    if matrix.shape[0] == matrix.shape[1]:
        return kernel
    return matrix @ kernel @ matrix.mT


def resample_positions(positions: Tensor, grid: int) -> Tensor:
    """The (1 + g², D) embeddings of the class token and a g x g grid at another grid: (1 + grid², D).

    Bicubic, the class token's kept, as `transformers` interpolates them.
    """
    side = round((positions.shape[0] - 1) ** 0.5)
    if side == grid:
        return positions
    table = positions[1:].T.reshape(1, -1, side, side)  # (1, D, g, g)
    table = F.interpolate(table, size=(grid, grid), mode="bicubic", align_corners=False)
    return torch.cat([positions[:1], table[0].flatten(1).T])
