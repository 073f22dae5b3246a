"""Reductions that leave padding out.

Shapes: **B** posts, **N** items (tokens or regions), **D** width. A mask is True on what is real.
"""

from __future__ import annotations

import torch
from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of the real items (MICC eq. 10): (B, N, D), (B, N) → (B, D). Zero where there are none."""
    total = torch.where(mask.unsqueeze(-1), values, 0).sum(dim=1)
    return total / mask.sum(dim=1, keepdim=True).clamp(min=1)


def masked_standardise(scores: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    """Shift and scale the real scores of each post to mean 0 and variance 1: (B, N) → (B, N), padding 0.

    A single score, or equal ones, become 0. Computed in float32: half precision would lose `eps`.
    """
    scores = scores.float()
    count = mask.sum(dim=1, keepdim=True).clamp(min=1)
    mean = torch.where(mask, scores, 0).sum(dim=1, keepdim=True) / count
    centred = torch.where(mask, scores - mean, 0)
    variance = centred.square().sum(dim=1, keepdim=True) / count
    return centred * torch.rsqrt(variance + eps)


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the real scores of each post: (B, N) → (B, N), padding 0, and all 0 where none is real."""
    floor = torch.finfo(scores.dtype).min  # finite, so that a post without a real score gives no NaN
    return scores.masked_fill(~mask, floor).softmax(dim=1) * mask
