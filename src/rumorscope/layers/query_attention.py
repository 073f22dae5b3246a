"""One vector asks many: KECL's deviation attention, and its cross-modal attention in either direction.

Shapes: **B** posts, **N** items that are asked (claims, regions, tokens), **D** width of the answer.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rumorscope.layers.masked import masked_softmax


class QueryAttention(nn.Module):
    """softmax(Q Kᵀ / √D) V with a single query a post, and a learned answer where there is nothing to ask.

    Keys and values may come from different features: of a claim, its embedding is the key and its deviation
    the value. A bias on the keys would shift all scores of a post alike, so there is none.
    """

    def __init__(self, *, query: int, key: int, value: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(query, width)
        self.key = nn.Linear(key, width, bias=False)
        self.value = nn.Linear(value, width)
        self.nothing = nn.Parameter(torch.zeros(width))

    def forward(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, ·), (B, N, ·), (B, N, ·), (B, N) → answers (B, D) and weights (B, N). N may be 0.

        The weights sum to 1 over the real items, and are all 0 where there are none.
        """
        asked = self.query(query).unsqueeze(1)  # (B, 1, D)
        scores = (asked @ self.key(keys).mT).squeeze(1) / math.sqrt(asked.shape[-1])  # (B, N)
        weights = masked_softmax(scores, mask)
        answers = (weights.unsqueeze(1) @ self.value(values)).squeeze(1)  # (B, D)
        return torch.where(mask.any(dim=1, keepdim=True), answers, self.nothing.to(answers.dtype)), weights
