"""Top-K selection of the regions that fit the text best, at each scale (MICC eq. 18).

Shapes: **B** posts, **S** scales, **N** regions of a post, **K** kept regions a scale, **D** width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Kept:
    """The kept regions, scale by scale, the most relevant first: slot s·K + k holds the k-th of scale s.

    The layout is the same for every post: where a scale has fewer than K regions, its last slots are empty.
    """

    index: Tensor  # (B, S*K) int64 into the regions of the post; 0 in an empty slot
    mask: Tensor  # (B, S*K) bool, False in an empty slot

    def of(self, values: Tensor) -> Tensor:
        """Pick the kept ones out of (B, N) or (B, N, D); what stands in an empty slot has no meaning."""
        if values.shape[1] == 0:  # no post of the batch has a picture
            return values.new_zeros(*self.index.shape, *values.shape[2:])
        index = self.index.reshape(*self.index.shape, *[1] * (values.dim() - 2))
        return values.gather(1, index.expand(-1, -1, *values.shape[2:]))


def top_k_per_scale(relevance: Tensor, mask: Tensor, region_scales: Tensor, scales: int, top_k: int) -> Kept:
    """Keep the `top_k` most relevant regions of each scale, over all pictures of a post together.

    `relevance` and `mask` are (B, N), `region_scales` (N,) names each region's scale, 0 to `scales` - 1.
    Padding is never kept, and of equals the first is: zero vectors as padding, as printed below eq. 12,
    would beat every region of negative relevance.
    """
    if relevance.shape[1] < top_k:  # room for K slots
        missing = top_k - relevance.shape[1]
        relevance, mask = F.pad(relevance, (0, missing)), F.pad(mask, (0, missing))
        region_scales = F.pad(region_scales, (0, missing), value=-1)
    own = region_scales == torch.arange(scales, device=relevance.device).unsqueeze(1)  # (S, N)
    allowed = mask.unsqueeze(1) & own  # (B, S, N)
    scores = relevance.detach().unsqueeze(1).masked_fill(~allowed, float("-inf"))
    order = scores.sort(dim=-1, descending=True, stable=True).indices[..., :top_k]  # topk leaves ties open
    kept = allowed.gather(-1, order).flatten(1)
    return Kept(order.flatten(1).masked_fill(~kept, 0), kept)
