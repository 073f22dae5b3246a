"""Attention by likeness within a modality and across two, weighed apart (MRAN, 2024).

Shapes: **B** posts, **N** and **M** fragments of two modalities, **D** width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

Fragments = tuple[Tensor, Tensor]
"""(B, N, D) and which of them are real, (B, N); at least one of each post."""


class RelationshipAttention(nn.Module):
    """Every fragment gathers what is like it in its own modality, and what is like it in the other.

    Each of the four relations has a softmax of its own, so that many fragments of one kind do not drown the
    few of another.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.first = _Relations(width, heads, dropout)
        self.second = _Relations(width, heads, dropout)

    def forward(self, first: Fragments, second: Fragments) -> tuple[Tensor, Tensor]:
        """(B, N, D) and (B, M, D) → the same shapes, both from what came in."""
        return self.first(first, second), self.second(second, first)


class _Relations(nn.Module):
    """What one modality's fragments gather."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.within = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
        self.across = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
        self.join = nn.Linear(2 * width, width)
        self.join_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.out_norm = nn.LayerNorm(width)

    def forward(self, own: Fragments, other: Fragments) -> Tensor:
        fragments, mask = own
        within, _ = self.within(fragments, fragments, fragments, key_padding_mask=~mask)
        across, _ = self.across(fragments, other[0], other[0], key_padding_mask=~other[1])
        related = self.join_norm(fragments + self.join(torch.cat([within, across], dim=2)))
        gathered: Tensor = self.out_norm(related + self.feed_forward(related))
        return gathered
