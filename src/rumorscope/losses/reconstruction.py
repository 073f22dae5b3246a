"""How far what a decoder made of a post is from what the post had.

Shapes: **N** items (posts, or the tokens of all of them), **D** width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def squared_error(decoded: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The mean over real items of the mean square over their width: (…, D), (…, D), (…).

    `mask` is True on what is real. What is not there need not be made again: no item at all gives 0, through
    which a gradient (of 0) flows. The target is what it is: no gradient reaches it.
    """
    if not mask.any():
        return decoded.sum() * 0.0
    return F.mse_loss(decoded[mask].float(), target[mask].detach().float())
