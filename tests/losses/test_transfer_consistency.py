import pytest
import torch
from torch import Tensor

from rumorscope.losses.transfer_consistency import transfer_consistency


def drawn(count: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return (
        torch.randn(count, 3, generator=draw),
        torch.rand(count, generator=draw) < 0.5,
        torch.rand(count, generator=draw) < 0.5,
    )


def test_sets_with_equal_means_cost_nothing() -> None:
    features = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]])
    of_news = torch.tensor([False, False, True, True])
    for tampered in (torch.zeros(4, dtype=torch.bool), torch.ones(4, dtype=torch.bool)):
        assert transfer_consistency(features, tampered, of_news) == 0


def test_both_classes_add_their_squared_distance() -> None:
    features = torch.tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0], [1.0, 3.0]])
    tampered = torch.tensor([False, False, True, True])
    of_news = torch.tensor([False, True, False, True])
    assert transfer_consistency(features, tampered, of_news).item() == pytest.approx(25.0 + 4.0)


@pytest.mark.parametrize("seed", range(5))
def test_is_what_a_slow_loop_finds(seed: int) -> None:
    features, tampered, of_news = drawn(20, seed)
    total = 0.0
    for altered in (True, False):
        groups = [
            [features[i].tolist() for i in range(20) if tampered[i] == altered and of_news[i] == news]
            for news in (True, False)
        ]
        means = [[sum(column) / len(group) for column in zip(*group, strict=True)] for group in groups]
        total += sum((a - b) ** 2 for a, b in zip(*means, strict=True))
    assert transfer_consistency(features, tampered, of_news).item() == pytest.approx(total, rel=1e-5)


def test_does_not_care_which_set_is_which_nor_where_both_lie() -> None:
    features, tampered, of_news = drawn(16)
    loss = transfer_consistency(features, tampered, of_news)
    torch.testing.assert_close(transfer_consistency(features, tampered, ~of_news), loss)
    torch.testing.assert_close(transfer_consistency(features + 5.0, tampered, of_news), loss)


@pytest.mark.parametrize("news", [True, False])
def test_a_set_that_is_missing_contributes_nothing(news: bool) -> None:
    features, tampered, _ = drawn(6)
    features.requires_grad_()
    loss = transfer_consistency(features, tampered, torch.full((6,), news))
    loss.backward()
    assert loss == 0
    assert features.grad is not None
    assert features.grad.abs().sum() == 0


def test_no_picture_at_all() -> None:
    none = torch.zeros(0, dtype=torch.bool)
    assert transfer_consistency(torch.zeros(0, 3), none, none) == 0
