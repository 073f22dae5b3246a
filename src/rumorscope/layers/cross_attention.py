"""A Transformer block in which one sequence asks another, or itself.

Shapes: **B** posts, **T** items that ask, **N** items that are asked, **D** width.
"""

from __future__ import annotations

from torch import Tensor, nn


class CrossAttention(nn.Module):
    """Multi-head attention and a feed-forward layer, each added to what came in and normalised after."""

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.out_norm = nn.LayerNorm(width)

    def forward(self, query: Tensor, other: Tensor, other_mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, D), (B, N, D), (B, N) → the answers (B, T, D) and the attention (B, T, N), rows of sum 1.

        Each post needs at least one real item to ask. With `other` the query itself this is self-attention.
        """
        answer, attention = self.attention(query, other, other, key_padding_mask=~other_mask)
        query = self.attention_norm(query + answer)
        return self.out_norm(query + self.feed_forward(query)), attention
