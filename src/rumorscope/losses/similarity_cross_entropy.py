"""Cross-entropy of how much text and picture say the same (SAFE, PAKDD 2020, arXiv 2003.04981).

Shapes: **B** posts, **D** width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

SMALLEST = 1e-6  # of a similarity: the logarithm of none at all has no end


def modified_cosine(text: Tensor, image: Tensor) -> Tensor:
    """(t · v + ‖t‖ ‖v‖) / 2 ‖t‖ ‖v‖ of (B, D), (B, D): (B,) from 0, opposite, to 1, the same direction."""
    return (1 + F.cosine_similarity(text.float(), image.float(), dim=1)) / 2


def similarity_cross_entropy(similarity: Tensor, labels: Tensor, has_picture: Tensor) -> Tensor:
    """-(y log(1 - s) + (1 - y) log s), averaged: a rumor's picture is to say something else.

    Similarities (B,) from 0 to 1, labels (B,) of 1 = rumor, 0 = non-rumor, NaN = unknown. Posts without a
    label or, by `has_picture` (B,), without a picture do not count; none left gives 0, through which a
    gradient (of 0) flows.
    """
    counts = has_picture & ~labels.isnan()
    if not counts.any():
        return similarity.sum() * 0.0
    bounded = similarity[counts].float().clamp(SMALLEST, 1 - SMALLEST)
    return F.binary_cross_entropy(1 - bounded, labels[counts])
