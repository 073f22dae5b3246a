"""What a text and a picture have to do with each other, entry by entry (CAFE, WWW 2022, section 3.5).

Shapes: **B** posts, **D** width of the shared space.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rumorscope.layers.dense_layers import dense_layers


class CrossModalCorrelation(nn.Module):
    """Each modality's vector reads the other's; the outer product of both readings is brought to `out`."""

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.out = dense_layers(width * width, out)

    def forward(self, text: Tensor, image: Tensor) -> Tensor:
        """(B, D), (B, D) → (B, out)."""
        correlated: Tensor = self.out(outer_product(read(text, image), read(image, text)).flatten(1))
        return correlated


def read(vector: Tensor, other: Tensor) -> Tensor:
    """Attention in which every entry is an item of one number: (B, D), (B, D) → (B, D)."""
    affinity = outer_product(vector, other) / math.sqrt(vector.shape[1])  # (B, D, D)
    return (affinity.softmax(dim=2) @ other.unsqueeze(2)).squeeze(2)


def outer_product(first: Tensor, second: Tensor) -> Tensor:
    """(B, D), (B, E) → (B, D, E)."""
    return torch.einsum("bd,be->bde", first, second)
