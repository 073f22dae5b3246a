"""Gradient reversal (Ganin and Lempitsky, ICML 2015, arXiv 1409.7495).

Nothing happens to what passes through. Its gradient comes back negated, times a strength λ: layers behind
learn to lower a loss, and layers in front, by the same loss, to raise it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class GradientReversal(nn.Module):
    """The identity, with a gradient of -λ: any shape → the same."""

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, features: Tensor) -> Tensor:
        reversed_: Tensor = _Reverse.apply(features, self.strength)  # type: ignore[no-untyped-call]  # torch
        return reversed_


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradient, None
