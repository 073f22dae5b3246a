from __future__ import annotations

import math

import pytest
import torch

from rumorscope.losses.interaction_routing import interaction_routing


def test_a_gate_without_an_opinion_costs_the_logarithm_of_four() -> None:
    loss = interaction_routing(torch.zeros(3, 4), torch.tensor([0, 3, 1]), torch.ones(3).bool())
    assert loss.item() == pytest.approx(math.log(4))


def test_posts_of_unknown_interaction_do_not_count() -> None:
    logits = torch.tensor([[9.0, 0.0], [0.0, 5.0]])
    loss = interaction_routing(logits, torch.tensor([1, 1]), torch.tensor([False, True]))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-5)), rel=1e-5)


def test_none_known_is_no_loss_but_has_a_gradient() -> None:
    logits = torch.ones(2, 4, requires_grad=True)
    loss = interaction_routing(logits, torch.zeros(2).long(), torch.zeros(2).bool())
    loss.backward()
    assert loss.item() == 0.0
    assert logits.grad is not None
