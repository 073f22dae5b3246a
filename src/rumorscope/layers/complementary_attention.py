"""Attention in both directions over one affinity (CAF-ODNN, 2024): each side adds what the other has for it.

Shapes: **B** posts, **N** and **M** items of two sides, **D** width.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from rumorscope.layers.masked import masked_softmax

Items = tuple[Tensor, Tensor]
"""(B, N, D) and which of them are real, (B, N); at least one of each post."""


class ComplementaryAttention(nn.Module):
    """How much two items have to do with each other is one number, read by rows and by columns."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width, bias=False)
        self.second = nn.Linear(width, width, bias=False)
        self.to_first = nn.Linear(width, width)
        self.to_second = nn.Linear(width, width)
        self.first_norm = nn.LayerNorm(width)
        self.second_norm = nn.LayerNorm(width)

    def forward(self, first: Items, second: Items) -> tuple[Tensor, Tensor]:
        """(B, N, D) and (B, M, D) → the same shapes, each side complemented by the other."""
        (one, one_mask), (other, other_mask) = first, second
        affinity = self.first(one) @ self.second(other).mT / math.sqrt(one.shape[2])  # (B, N, M)
        for_one = masked_softmax(affinity.mT, other_mask.unsqueeze(2)).mT @ other  # (B, N, D)
        for_other = masked_softmax(affinity, one_mask.unsqueeze(2)).mT @ one  # (B, M, D)
        return (
            self.first_norm(one + self.to_first(for_one)),
            self.second_norm(other + self.to_second(for_other)),
        )
