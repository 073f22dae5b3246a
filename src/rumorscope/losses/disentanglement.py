"""Disentangling (KECL): what is private to a modality and what it shares should have nothing in common.

Shapes: **B** posts, **D** width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def disentanglement(private: Tensor, shared: Tensor, present: Tensor) -> Tensor:
    """The mean of |cos(private, shared)| over posts that have the modality: 0 (orthogonal) to 1 (parallel).

    `private` and `shared` are (B, D), `present` (B,) bool. Without any such post it is 0, through which a
    gradient (of 0) flows.
    """
    if not present.any():
        return (private.sum() + shared.sum()) * 0.0
    return F.cosine_similarity(private[present], shared[present], dim=1).abs().mean()
