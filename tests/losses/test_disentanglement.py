import pytest
import torch
from torch import Tensor

from rumorscope.losses.disentanglement import disentanglement


def present(count: int) -> Tensor:
    return torch.ones(count, dtype=torch.bool)


def test_orthogonal_features_cost_nothing() -> None:
    private, shared = torch.eye(4)[:2], torch.eye(4)[2:]
    assert disentanglement(private, shared, present(2)) == 0


@pytest.mark.parametrize("scale", [1.0, -3.0, 1e-3])
def test_parallel_features_cost_one_whatever_their_length_and_sign(scale: float) -> None:
    features = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    assert disentanglement(features, scale * features, present(5)).item() == pytest.approx(1.0, abs=1e-5)


def test_sixty_degrees_cost_a_half() -> None:
    private, shared = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.75**0.5]])
    assert disentanglement(private, shared, present(1)).item() == pytest.approx(0.5, abs=1e-6)


def test_is_the_mean_over_the_posts_that_have_the_modality() -> None:
    draw = torch.Generator().manual_seed(1)
    private, shared = torch.randn(6, 3, generator=draw), torch.randn(6, 3, generator=draw)
    there = torch.tensor([True, False, True, True, False, True])
    slow = [
        abs(float(p @ s) / float(p.norm() * s.norm()))
        for p, s, is_there in zip(private, shared, there, strict=True)
        if is_there
    ]
    assert disentanglement(private, shared, there).item() == pytest.approx(sum(slow) / len(slow), abs=1e-6)


def test_posts_without_the_modality_get_no_gradient() -> None:
    private = torch.randn(3, 4, generator=torch.Generator().manual_seed(2)).requires_grad_()
    disentanglement(private, torch.ones(3, 4), torch.tensor([True, False, True])).backward()
    assert private.grad is not None
    assert private.grad[1].abs().sum() == 0
    assert private.grad[0].abs().sum() > 0


def test_nothing_present_is_zero_with_a_gradient() -> None:
    private = torch.ones(2, 3, requires_grad=True)
    loss = disentanglement(private, torch.ones(2, 3), ~present(2))
    loss.backward()
    assert loss == 0
    assert private.grad is not None
    assert private.grad.abs().sum() == 0
