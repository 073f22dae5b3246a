"""Binary cross-entropy over the posts whose label is known (MICC eq. 32)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def binary_cross_entropy(logits: Tensor, labels: Tensor, rumor_weight: float = 1.0) -> Tensor:
    """The mean over labelled posts: log-odds (B,), labels (B,) of 1 = rumor, 0 = non-rumor, NaN = unknown.

    A rumor counts `rumor_weight` times; non-rumors divided by rumors in the training data balances the
    classes. A batch without labels gives 0, through which a gradient (of 0) flows.
    """
    known = ~labels.isnan()
    if not known.any():
        return logits.sum() * 0.0
    weight = logits.new_tensor(rumor_weight, dtype=labels.dtype)
    return F.binary_cross_entropy_with_logits(logits[known].float(), labels[known], pos_weight=weight)
