from __future__ import annotations

import torch

from rumorscope.losses.modality_alignment import modality_alignment


def test_is_the_mean_squared_difference_of_posts_that_have_both() -> None:
    first = torch.tensor([[1.0, 2.0], [9.0, 9.0], [0.0, 0.0]])
    second = torch.tensor([[1.0, 4.0], [0.0, 0.0], [2.0, 2.0]])
    both = torch.tensor([True, False, True])
    assert modality_alignment(first, second, both).item() == (0 + 4 + 4 + 4) / 4


def test_no_such_post_is_no_loss_but_has_a_gradient() -> None:
    first = torch.ones(2, 3, requires_grad=True)
    loss = modality_alignment(first, torch.zeros(2, 3), torch.zeros(2).bool())
    loss.backward()
    assert loss.item() == 0.0
    assert first.grad is not None
