"""What teaches a gate to which experts a post belongs (MIMoE-FND, arXiv 2501.12431).

Shapes: **B** posts, **K** interactions.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def interaction_routing(logits: Tensor, interaction: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy of the gate's (B, K) against (B,) interactions, over the posts with a `known` (B,) one.

    Where none is it is 0, through which a gradient (of 0) flows.
    """
    if not known.any():
        return logits.sum() * 0.0
    return F.cross_entropy(logits[known], interaction[known])
