"""A sequence summed up by which of its items matter (MIMoE-FND, arXiv 2501.12431, after BMR, AAAI 2023).

Shapes: **B** posts, **N** items, **D** width.
"""

from __future__ import annotations

from torch import Tensor, nn

from rumorscope.layers.masked import masked_softmax


class TokenAttention(nn.Module):
    """Each item is scored by itself; the sum weighs them by a softmax of the scores."""

    def __init__(self, width: int) -> None:
        super().__init__()
        # A bias behind the last layer would shift all scores alike, which a softmax does not see.
        self.score = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1, bias=False))

    def forward(self, items: Tensor, mask: Tensor) -> Tensor:
        """(B, N, D), (B, N) → (B, D)."""
        weights = masked_softmax(self.score(items).squeeze(2), mask)  # (B, N)
        return (weights.unsqueeze(1) @ items).squeeze(1)
