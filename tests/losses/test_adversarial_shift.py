from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rumorscope.losses.adversarial_shift import adversarial_shift

RADIUS = torch.tensor([2.0, 0.5])


def test_a_linear_loss_is_climbed_straight_to_the_edge() -> None:
    torch.manual_seed(0)
    slope = torch.randn(2, 3, 4)
    shift = adversarial_shift(
        lambda items: (items * slope).sum(), torch.randn(2, 3, 4), RADIUS, step=0.4, steps=3
    )
    expected = slope / slope.flatten(1).norm(dim=1)[:, None, None] * RADIUS[:, None, None]
    torch.testing.assert_close(shift, expected)


@pytest.mark.parametrize("steps", [1, 2])
def test_each_step_is_its_share_of_the_radius(steps: int) -> None:
    shift = adversarial_shift(lambda items: items.sum(), torch.zeros(2, 3, 4), RADIUS, step=0.3, steps=steps)
    torch.testing.assert_close(shift.flatten(1).norm(dim=1), 0.3 * steps * RADIUS)


def test_a_curved_loss_grows_and_the_shift_stays_inside() -> None:
    torch.manual_seed(1)
    items, centre = torch.randn(2, 3, 4), torch.randn(2, 3, 4)

    def distance(moved: Tensor) -> Tensor:
        return (moved - centre).square().sum()

    shift = adversarial_shift(distance, items, RADIUS)
    assert distance(items + shift) > distance(items)
    assert (shift.flatten(1).norm(dim=1) <= RADIUS + 1e-5).all()


def test_a_post_that_nothing_can_hurt_stays() -> None:
    first = torch.tensor([1.0, 0.0])[:, None, None]
    shift = adversarial_shift(lambda items: (items * first).sum(), torch.zeros(2, 3, 4), RADIUS)
    assert shift[0].any()
    assert not shift[1].any()


def test_parameters_get_no_gradient_from_the_search() -> None:
    weight = torch.ones(4, requires_grad=True)
    with torch.no_grad():  # as in a validation
        shift = adversarial_shift(lambda items: (items * weight).sum(), torch.zeros(2, 3, 4), RADIUS)
    assert not shift.requires_grad
    assert weight.grad is None
