from __future__ import annotations

import torch

from rumorscope.losses.reconstruction import squared_error


def test_is_the_mean_over_what_is_real() -> None:
    decoded = torch.tensor([[1.0, 3.0], [0.0, 0.0], [7.0, 7.0]])
    target = torch.tensor([[0.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    assert squared_error(decoded, target, torch.tensor([True, True, False])).item() == (10 / 2 + 4 / 2) / 2


def test_tokens_count_alike_whatever_post_they_are_of() -> None:
    torch.manual_seed(0)
    decoded, target = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    mask = torch.tensor([[True, True, True], [True, False, False]])
    items = [(0, 0), (0, 1), (0, 2), (1, 0)]
    slow = sum(((decoded[at] - target[at]) ** 2).sum() / 4 for at in items) / 4
    torch.testing.assert_close(squared_error(decoded, target, mask), torch.as_tensor(slow))


def test_the_target_is_not_moved() -> None:
    decoded, target = (torch.randn(2, 3, requires_grad=True) for _ in range(2))
    squared_error(decoded, target, torch.ones(2).bool()).backward()
    assert decoded.grad is not None
    assert target.grad is None


def test_nothing_real_is_0_and_differentiable() -> None:
    decoded = torch.randn(2, 3, requires_grad=True)
    loss = squared_error(decoded, torch.randn(2, 3), torch.zeros(2).bool())
    loss.backward()
    assert loss.item() == 0
    assert decoded.grad is not None
    assert not decoded.grad.any()
