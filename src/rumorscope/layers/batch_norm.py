"""Batch normalisation over posts that can train on a single one.

Shapes: **B** posts, **D** width.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class BatchNorm(nn.BatchNorm1d):
    """(B, D) → (B, D). A training batch of one post uses the running statistics: it has none of its own."""

    def forward(self, features: Tensor) -> Tensor:
        if self.training and len(features) > 1:
            return super().forward(features)
        return F.batch_norm(
            features,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=False,
            eps=self.eps,
        )
