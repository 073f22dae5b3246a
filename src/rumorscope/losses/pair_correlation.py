"""The loss of telling a text's own picture from another's (CAFE, WWW 2022, section 3.3).

Shapes: **N** pairs, **D** width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def pair_correlation(text: Tensor, image: Tensor, same: Tensor, *, margin: float = 0.2) -> Tensor:
    """The cosine embedding loss over N matched pairs (N, D), (N, D) and N that are made not to match.

    A matched pair costs 1 - cos; a text beside the next row's picture costs max(0, cos - margin). `same` (N,)
    is True where the next row shows the same picture: that is no wrong pair, and is left out. No pair at all
    gives 0, through which a gradient (of 0) flows.
    """
    if len(text) == 0:
        return (text.sum() + image.sum()) * 0.0
    match = torch.ones(len(text), device=text.device)
    wrong = ~same
    return F.cosine_embedding_loss(
        torch.cat([text, text[wrong]]),
        torch.cat([image, image.roll(-1, dims=0)[wrong]]),
        torch.cat([match, -match[wrong]]),
        margin=margin,
    )
