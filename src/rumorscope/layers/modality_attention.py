"""Attention over modalities by squeeze and excitation (FND-CLIP, arXiv 2205.14304; SENet, arXiv 1709.01507).

Shapes: **B** posts, **M** modalities, **D** width of each feature.
"""

from __future__ import annotations

from torch import Tensor, nn


class ModalityAttention(nn.Module):
    """Each modality's feature is squeezed to its mean and its maximum; a weight each comes of all of them."""

    def __init__(self, modalities: int) -> None:
        super().__init__()
        self.excite = nn.Sequential(
            nn.Linear(modalities, modalities), nn.GELU(), nn.Linear(modalities, modalities)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(B, M, D) → weights (B, M), each 0 to 1 by itself."""
        weights: Tensor = (self.excite(features.mean(dim=2)) + self.excite(features.amax(dim=2))).sigmoid()
        return weights
