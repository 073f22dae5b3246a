"""Projected gradient ascent (Madry et al., ICLR 2018, arXiv 1706.06083): the small change that hurts most.

Shapes: **B** posts, **T** items of a post, **D** width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]


def adversarial_shift(
    loss: Loss, items: Tensor, radius: Tensor, *, step: float = 0.3, steps: int = 3
) -> Tensor:
    """What to add to `items` (B, T, D) so that `loss(items + shift)` grows, without a gradient of its own.

    Each post is shifted by `radius` (B,) at the most, measured over its items together, in steps of `step`
    times that along its gradient. A post whose gradient is zero stays where it is.
    """
    shift = torch.zeros_like(items)
    for _ in range(steps):
        shift.requires_grad_(True)
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(loss(items.detach() + shift), shift)
        moved = shift.detach() + step * _of_length(gradient, radius)
        length = _length(moved)
        shift = torch.where(length > _as(radius), _of_length(moved, radius), moved)
    return shift


def _of_length(direction: Tensor, length: Tensor) -> Tensor:
    return direction / _length(direction).clamp(min=torch.finfo(direction.dtype).tiny) * _as(length)


def _length(shift: Tensor) -> Tensor:
    return _as(torch.linalg.vector_norm(shift, dim=(1, 2)))


def _as(lengths: Tensor) -> Tensor:
    return lengths[:, None, None]
