"""The plain stack of layers that encoders and classifiers of many papers are made of.

Shapes: **B** posts.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from rumorscope.layers.batch_norm import BatchNorm


def dense_layers(*widths: int, dropout: float = 0.0) -> nn.Sequential:
    """Linear, batch norm, ReLU and dropout for each step between two widths: (B, first) → (B, last)."""
    steps: list[nn.Module] = []
    for before, after in pairwise(widths):
        steps += [nn.Linear(before, after, bias=False), BatchNorm(after), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*steps)
