from __future__ import annotations

import math

import pytest
import torch

from rumorscope.losses.event_discrimination import UNKNOWN, event_discrimination


@pytest.mark.parametrize("events", [2, 7])
def test_no_idea_costs_the_logarithm_of_the_number_of_events(events: int) -> None:
    loss = event_discrimination(torch.zeros(4, events), torch.arange(4) % events)
    assert loss.item() == pytest.approx(math.log(events))


def test_is_the_mean_of_minus_log_probability() -> None:
    loss = event_discrimination(torch.tensor([[0.0, math.log(3)], [0.0, 0.0]]), torch.tensor([1, 0]))
    assert loss.item() == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


def test_posts_without_an_event_do_not_count() -> None:
    logits = torch.randn(3, 4)
    some = event_discrimination(logits, torch.tensor([2, UNKNOWN, 0]))
    torch.testing.assert_close(some, event_discrimination(logits[[0, 2]], torch.tensor([2, 0])))


def test_a_batch_without_events_is_0_and_differentiable() -> None:
    logits = torch.randn(2, 4, requires_grad=True)
    loss = event_discrimination(logits, torch.full((2,), UNKNOWN))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()
