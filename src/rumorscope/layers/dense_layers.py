"""The plain stack of layers that encoders and classifiers of many papers are made of.

Shapes: **B** posts.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

from torch import nn

from rumorscope.layers.batch_norm import BatchNorm

Norm = Literal["batch", "none"]


def dense_layers(
    *widths: int,
    dropout: float = 0.0,
    norm: Norm = "batch",
    activation: Callable[[], nn.Module] = nn.ReLU,
) -> nn.Sequential:
    """Linear, norm, activation and dropout for each step between two widths: (B, first) → (B, last)."""
    steps: list[nn.Module] = []
    for before, after in pairwise(widths):
        # A batch norm takes the mean away and adds a bias of its own: one in front of it would learn nothing.
        steps.append(nn.Linear(before, after, bias=norm == "none"))
        steps += [BatchNorm(after)] if norm == "batch" else []
        steps += [activation(), nn.Dropout(dropout)]
    return nn.Sequential(*steps)
