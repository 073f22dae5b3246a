"""Cross-modal co-attention, as MFAN (Zheng et al., IJCAI 2022) joins two modalities.

Shapes: **B** posts, **T** items of the one side (tokens), **K** items of the other (regions), **D** width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rumorscope.layers.cross_attention import CrossAttention
from rumorscope.layers.masked import masked_mean


class CoAttention(nn.Module):
    """Each side asks the other: text attends to regions and regions to text, then each is averaged.

    A side that has nothing real is represented by its first slot, so that no attention is undefined.
    """

    def __init__(self, width: int, *, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.text_asks = CrossAttention(width, heads, dropout)
        self.image_asks = CrossAttention(width, heads, dropout)

    def forward(
        self, tokens: Tensor, token_mask: Tensor, regions: Tensor, region_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, D), (B, T), (B, K, D), (B, K) → text (B, D), image (B, D), and the weights (B, K).

        The weights are the attention that the text's tokens pay to each region, on average: they sum to 1.
        """
        token_mask, region_mask = _first_if_empty(token_mask), _first_if_empty(region_mask)
        text, attention = self.text_asks(tokens, regions, region_mask)  # (B, T, D), (B, T, K)
        image, _ = self.image_asks(regions, tokens, token_mask)  # (B, K, D)
        weights = masked_mean(attention, token_mask)
        return masked_mean(text, token_mask), masked_mean(image, region_mask), weights


def _first_if_empty(mask: Tensor) -> Tensor:
    first = torch.zeros_like(mask)
    first[:, 0] = True
    return torch.where(mask.any(dim=1, keepdim=True), mask, first)
