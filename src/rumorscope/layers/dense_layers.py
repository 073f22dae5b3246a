"""The plain stack of layers that encoders and classifiers of many papers are made of."""

from __future__ import annotations

from itertools import pairwise

from torch import nn


def dense_layers(*widths: int, dropout: float = 0.0) -> nn.Sequential:
    """Linear, LayerNorm, ReLU and dropout for each step between two widths: (…, first) → (…, last).

    Where papers print a batch norm: a batch may hold a single post, and an answer must not hang on how
    large the batches of its training were.
    """
    steps: list[nn.Module] = []
    for before, after in pairwise(widths):
        steps += [nn.Linear(before, after), nn.LayerNorm(after), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*steps)
