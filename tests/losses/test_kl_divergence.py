from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from rumorscope.losses.kl_divergence import kl_to_standard_normal


def test_the_standard_normal_is_at_0_from_itself() -> None:
    assert kl_to_standard_normal(torch.zeros(3, 4), torch.zeros(3, 4)).item() == 0


def test_a_shift_costs_half_its_square_and_a_width_what_the_formula_says() -> None:
    assert kl_to_standard_normal(torch.tensor([[3.0]]), torch.zeros(1, 1)).item() == pytest.approx(4.5)
    wide = kl_to_standard_normal(torch.zeros(1, 1), torch.full((1, 1), math.log(4)))
    assert wide.item() == pytest.approx((4 - math.log(4) - 1) / 2)


def test_agrees_with_torch() -> None:
    torch.manual_seed(0)
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(dim=1).mean()
    torch.testing.assert_close(kl_to_standard_normal(mean, log_variance), expected)


def test_no_post_is_0_and_differentiable() -> None:
    mean = torch.zeros(0, 3, requires_grad=True)
    loss = kl_to_standard_normal(mean, torch.zeros(0, 3))
    loss.backward()
    assert loss.item() == 0
