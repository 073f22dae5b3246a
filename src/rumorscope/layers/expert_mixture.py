"""Transformer blocks as experts, each counting as much as a sequence asks for (MIMoE-FND, arXiv 2501.12431).

Shapes: **B** posts, **N** items, **D** width, **X** experts.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rumorscope.layers.cross_attention import CrossAttention
from rumorscope.layers.token_attention import TokenAttention


class ExpertMixture(nn.Module):
    """The iMoE block: a summary of the sequence says how much of each expert's reading it takes.

    The amounts are no shares: they come straight out of the gate, can be negative, and sum to anything.
    """

    def __init__(self, width: int, *, experts: int, heads: int) -> None:
        super().__init__()
        self.summary = TokenAttention(width)
        self.gate = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, experts))
        self.experts = nn.ModuleList(CrossAttention(width, heads) for _ in range(experts))

    def forward(self, items: Tensor, mask: Tensor) -> Tensor:
        """(B, N, D), (B, N) → (B, N, D)."""
        amounts = self.gate(self.summary(items, mask))  # (B, X)
        readings = torch.stack(
            [expert(items, items, mask)[0] for expert in self.experts], dim=1
        )  # (B, X, N, D)
        return torch.einsum("bx,bxnd->bnd", amounts, readings)
