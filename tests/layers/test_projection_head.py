from __future__ import annotations

import torch

from rumorscope.layers.projection_head import ProjectionHead


def test_head_is_two_matrices_with_a_relu_between() -> None:
    head = ProjectionHead(width=2, out=2)
    with torch.no_grad():
        head.hidden.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
        head.out.weight.copy_(torch.tensor([[2.0, 1.0], [0.0, 3.0]]))
    # (3, 5) → (3, -5) → ReLU (3, 0) → (6, 0); (-3, -5) → (-3, 5) → (0, 5) → (5, 15)
    assert head(torch.tensor([[[3.0, 5.0], [-3.0, -5.0]]])).tolist() == [[[6.0, 0.0], [5.0, 15.0]]]


def test_head_has_no_bias() -> None:
    assert [name for name, _ in ProjectionHead(4, 3).named_parameters()] == ["hidden.weight", "out.weight"]
    assert (ProjectionHead(4, 3)(torch.zeros(2, 4)) == 0).all()
