"""How much a text fits its picture, measured by how texts fit pictures at large (FND-CLIP, arXiv 2205.14304).

Shapes: **B** posts, **D** width of the space that text and picture share.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-6


class StandardisedSimilarity(nn.Module):
    """σ((cos - mean) / deviation), both running over the pairs that training has shown: 0 to 1, ½ on average.

    The first batches count alike, later ones as much as `momentum`. Before any, the mean is 0 and the
    deviation 1.
    """

    mean: Tensor
    variance: Tensor
    batches: Tensor

    def __init__(self, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.register_buffer("mean", torch.tensor(0.0))
        self.register_buffer("variance", torch.tensor(1.0))
        self.register_buffer("batches", torch.tensor(0))

    def forward(self, text: Tensor, image: Tensor, paired: Tensor, counted: Tensor) -> Tensor:
        """(B, D), (B, D) → (B,), ½ where not `paired` (B,); those also `counted` (B,) make the statistics."""
        cosine = F.cosine_similarity(text.float(), image.float(), dim=1)  # (B,)
        if self.training:
            self._see(cosine.detach()[paired & counted])
        standardised = (cosine - self.mean) * torch.rsqrt(self.variance + EPSILON)
        return torch.where(paired, standardised.sigmoid(), 0.5)

    def _see(self, cosine: Tensor) -> None:
        if len(cosine) < 2:
            return  # a single pair has no deviation
        self.batches += 1
        share = (1 / self.batches).clamp(min=self.momentum)
        self.mean.lerp_(cosine.mean(), share)
        self.variance.lerp_(cosine.var(), share)
