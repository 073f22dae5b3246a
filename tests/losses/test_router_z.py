from __future__ import annotations

import math

import pytest
import torch

from rumorscope.losses.router_z import router_z


def test_equal_logits_have_a_closed_form() -> None:
    assert router_z(torch.full((5, 4), 2.0)).item() == pytest.approx((2 + math.log(4)) ** 2)


def test_logits_that_are_probabilities_cost_nothing() -> None:
    assert router_z(torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]]).log()).item() == pytest.approx(0.0)
