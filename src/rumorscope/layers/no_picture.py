"""What stands where a post has no picture.

Shapes: **B** posts, **N** regions (or pictures) of a post, **D** width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NoPicture(nn.Module):
    """A learned vector as the only region of a post without one: no mean is empty, no attention undefined."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.vector = nn.Parameter(torch.zeros(width))

    def forward(self, regions: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N, D), (B, N) → (B, N + 1, D), (B, N + 1): the last slot is real where no other is."""
        vector = self.vector.to(regions.dtype).expand(len(regions), 1, -1)
        return torch.cat([regions, vector], dim=1), torch.cat([mask, ~mask.any(dim=1, keepdim=True)], dim=1)
