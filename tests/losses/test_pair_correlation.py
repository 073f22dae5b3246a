from __future__ import annotations

import pytest
import torch

from rumorscope.losses.pair_correlation import pair_correlation


def test_two_orthogonal_pairs_are_perfect() -> None:
    pairs = torch.eye(2)
    assert pair_correlation(pairs, pairs * 3, torch.zeros(2).bool()).item() == 0.0  # lengths do not count


def test_pictures_that_are_all_alike_cost_what_the_margin_leaves() -> None:
    same = torch.ones(4, 3)  # matched pairs cost 0, wrong ones 1 - margin; half are wrong
    assert pair_correlation(same, same, torch.zeros(4).bool(), margin=0.2).item() == pytest.approx(0.4)


def test_agrees_with_a_slow_loop() -> None:
    torch.manual_seed(0)
    text, image, same = torch.randn(5, 3), torch.randn(5, 3), torch.tensor([False, True, False, False, False])
    costs = []
    for row in range(5):
        costs.append(1 - torch.cosine_similarity(text[row], image[row], dim=0).item())
        if not same[row]:
            cosine = torch.cosine_similarity(text[row], image[(row + 1) % 5], dim=0).item()
            costs.append(max(0.0, cosine - 0.1))
    assert pair_correlation(text, image, same, margin=0.1).item() == pytest.approx(sum(costs) / 9, rel=1e-5)


def test_a_single_pair_has_no_wrong_one() -> None:
    text, image = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert pair_correlation(text, image, torch.ones(1).bool()).item() == 1.0


def test_no_pair_is_no_loss_but_has_a_gradient() -> None:
    text, image = torch.zeros(0, 3, requires_grad=True), torch.zeros(0, 3, requires_grad=True)
    loss = pair_correlation(text, image, torch.zeros(0).bool())
    loss.backward()
    assert loss.item() == 0.0
    assert text.grad is not None
