from __future__ import annotations

import math

import pytest
import torch

from rumorscope.losses.binary_cross_entropy import binary_cross_entropy

NAN = float("nan")


def test_no_opinion_costs_log_two() -> None:
    assert binary_cross_entropy(torch.zeros(3), torch.tensor([0.0, 1.0, 1.0])).item() == pytest.approx(
        math.log(2)
    )


def test_agrees_with_equation_32() -> None:
    logits, labels = [2.0, -1.0, 0.5], [1.0, 1.0, 0.0]
    total = 0.0
    for logit, y in zip(logits, labels, strict=True):
        p = 1 / (1 + math.exp(-logit))
        total -= (y * math.log(p) + (1 - y) * math.log(1 - p)) / 3
    assert binary_cross_entropy(torch.tensor(logits), torch.tensor(labels)).item() == pytest.approx(total)


def test_unknown_labels_do_not_count() -> None:
    known = binary_cross_entropy(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0]))
    mixed = binary_cross_entropy(torch.tensor([2.0, 7.0, -1.0]), torch.tensor([1.0, NAN, 0.0]))
    torch.testing.assert_close(known, mixed)


def test_a_batch_without_labels_is_no_loss_but_has_a_gradient() -> None:
    logits = torch.tensor([2.0, 7.0], requires_grad=True)
    loss = binary_cross_entropy(logits, torch.tensor([NAN, NAN]))
    assert loss.item() == 0.0
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [0.0, 0.0]


def test_rumor_weight_counts_each_rumor_so_many_times() -> None:
    logits, labels = torch.tensor([0.3, -0.8]), torch.tensor([1.0, 0.0])
    rumor = binary_cross_entropy(logits[:1], labels[:1]).item()
    non_rumor = binary_cross_entropy(logits[1:], labels[1:]).item()
    expected = (3 * rumor + non_rumor) / 2
    assert binary_cross_entropy(logits, labels, rumor_weight=3.0).item() == pytest.approx(expected)
