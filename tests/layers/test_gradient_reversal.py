from __future__ import annotations

import pytest
import torch
from torch import nn

from rumorscope.layers.gradient_reversal import GradientReversal


def test_nothing_happens_on_the_way_forward() -> None:
    features = torch.randn(3, 4)
    assert torch.equal(GradientReversal(2.0)(features), features)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 2.5])
def test_the_gradient_comes_back_negated_and_scaled(strength: float) -> None:
    features = torch.randn(3, 4, requires_grad=True)
    weight = torch.randn(3, 4)
    (GradientReversal(strength)(features) * weight).sum().backward()
    assert features.grad is not None
    torch.testing.assert_close(features.grad, -strength * weight)


def test_what_stands_behind_learns_as_if_nothing_were_there() -> None:
    torch.manual_seed(0)
    behind, features = nn.Linear(4, 2), torch.randn(3, 4)
    behind(features).square().sum().backward()
    assert behind.weight.grad is not None
    expected = behind.weight.grad.clone()
    behind.zero_grad()
    behind(GradientReversal(0.7)(features)).square().sum().backward()
    torch.testing.assert_close(behind.weight.grad, expected)
