from __future__ import annotations

import math

import pytest
import torch

from rumorscope.errors import InputError
from rumorscope.losses.maximum_mean_discrepancy import maximum_mean_discrepancy


def test_a_set_and_itself_in_another_order_and_length_are_no_distance_apart() -> None:
    torch.manual_seed(0)
    features = torch.randn(6, 4)
    assert maximum_mean_discrepancy(features, 3 * features.flip(0)).item() == pytest.approx(0, abs=1e-6)


def test_two_directions_have_a_closed_form() -> None:
    """Distance 2 between opposite ones: 2 - 2 exp(-4 / 2σ²)."""
    left, right = torch.tensor([[1.0, 0.0]]), torch.tensor([[-5.0, 0.0]])
    one = maximum_mean_discrepancy(left, right, bandwidths=[1.0])
    assert one.item() == pytest.approx(2 - 2 * math.exp(-2))
    two = maximum_mean_discrepancy(left, right, bandwidths=[1.0, 2.0])
    assert two.item() == pytest.approx(2 - math.exp(-2) - math.exp(-0.5))


def test_agrees_with_a_slow_loop() -> None:
    torch.manual_seed(1)
    first, second = torch.randn(5, 3), torch.randn(4, 3) + 1

    def mean(a: torch.Tensor, b: torch.Tensor) -> float:
        total = 0.0
        for x in a:
            for y in b:
                distance = (x / x.norm() - y / y.norm()).norm().item()
                total += sum(math.exp(-(distance**2) / (2 * s * s)) for s in (0.5, 1.0)) / 2
        return total / (len(a) * len(b))

    expected = mean(first, first) + mean(second, second) - 2 * mean(first, second)
    assert maximum_mean_discrepancy(first, second, bandwidths=[0.5, 1.0]).item() == pytest.approx(
        expected, rel=1e-4
    )


def test_what_is_masked_does_not_count() -> None:
    torch.manual_seed(2)
    first, second = torch.randn(5, 3), torch.randn(4, 3)
    keep, both = torch.tensor([True, False, True, True, False]), torch.tensor([False, True, True, False])
    torch.testing.assert_close(
        maximum_mean_discrepancy(first, second, first_mask=keep, second_mask=both),
        maximum_mean_discrepancy(first[[0, 2, 3]], second[1:3]),
    )


def test_is_symmetric_and_grows_with_the_distance() -> None:
    torch.manual_seed(3)
    base = torch.randn(20, 8)
    near, far = torch.randn(20, 8) + 0.5, torch.randn(20, 8) + 5
    assert 0 < maximum_mean_discrepancy(base, near) < maximum_mean_discrepancy(base, far) < 2
    torch.testing.assert_close(maximum_mean_discrepancy(base, near), maximum_mean_discrepancy(near, base))


def test_descending_it_brings_two_sets_together() -> None:
    torch.manual_seed(4)
    fixed, moved = torch.randn(16, 4) + 2, torch.randn(16, 4) - 2
    moved.requires_grad_()
    optimizer = torch.optim.Adam([moved], 0.1)
    start = maximum_mean_discrepancy(fixed, moved).item()
    for _ in range(100):
        optimizer.zero_grad()
        loss = maximum_mean_discrepancy(fixed, moved)
        loss.backward()
        optimizer.step()
    assert loss.item() < start / 20


@pytest.mark.parametrize("which", ["first_mask", "second_mask"])
def test_an_empty_side_gives_zero_and_a_gradient_of_zero(which: str) -> None:
    first, second = torch.randn(3, 2, requires_grad=True), torch.randn(3, 2, requires_grad=True)
    loss = maximum_mean_discrepancy(first, second, **{which: torch.zeros(3, dtype=torch.bool)})
    loss.backward()
    assert loss.item() == 0
    assert first.grad is not None
    assert second.grad is not None
    assert not first.grad.any()
    assert not second.grad.any()


@pytest.mark.parametrize("bandwidths", [[], [1.0, 0.0]])
def test_a_bandwidth_that_is_not_positive_is_refused(bandwidths: list[float]) -> None:
    with pytest.raises(InputError, match=r"give positive numbers, such as \[1.0, 1.5, 2.0\]"):
        maximum_mean_discrepancy(torch.ones(2, 2), torch.ones(2, 2), bandwidths=bandwidths)
