"""The squared distance between what two modalities say of a post (MFAN, IJCAI 2022).

Shapes: **B** posts, **D** width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def modality_alignment(first: Tensor, second: Tensor, both: Tensor) -> Tensor:
    """The mean squared difference of (B, D) and (B, D) over the posts that have `both` (B,) modalities.

    Where no post has both it is 0, through which a gradient (of 0) flows.
    """
    if not both.any():
        return (first.sum() + second.sum()) * 0.0
    return F.mse_loss(first[both], second[both])
