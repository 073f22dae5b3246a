from __future__ import annotations

import pytest
import torch

from rumorscope.layers.masked import masked_mean, masked_softmax, masked_standardise

MASK = torch.tensor([[True, True, False], [False, True, False], [False, False, False]])
SCORES = torch.tensor([[1.0, 3.0, 99.0], [99.0, 5.0, 99.0], [99.0, 99.0, 99.0]])


def test_mean_is_over_the_real_items_and_zero_where_there_are_none() -> None:
    values = SCORES.unsqueeze(-1).repeat(1, 1, 2)
    assert masked_mean(values, MASK).tolist() == [[2.0, 2.0], [5.0, 5.0], [0.0, 0.0]]


def test_mean_ignores_what_stands_in_padding_even_if_it_is_no_number() -> None:
    values = torch.tensor([[[4.0], [float("nan")]]])
    assert masked_mean(values, torch.tensor([[True, False]])).item() == 4.0


def test_standardised_scores_of_two_are_plus_and_minus_one_and_a_single_one_is_zero() -> None:
    expected = torch.tensor([[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    torch.testing.assert_close(masked_standardise(SCORES, MASK), expected)


def test_standardising_agrees_with_a_loop() -> None:
    torch.manual_seed(0)
    scores, mask = torch.randn(6, 9) * 4 + 2, torch.rand(6, 9) > 0.3
    result = masked_standardise(scores, mask)
    for row in range(6):
        real = scores[row][mask[row]]
        expected = (real - real.mean()) / real.std(unbiased=False)
        torch.testing.assert_close(result[row][mask[row]], expected, rtol=1e-4, atol=1e-5)
        assert (result[row][~mask[row]] == 0).all()


def test_softmax_shares_one_among_the_real_scores() -> None:
    weights = masked_softmax(SCORES, MASK)
    assert weights[0].tolist() == pytest.approx([0.1192029, 0.8807971, 0.0])  # 1 / (1 + e^2)
    assert weights[1].tolist() == [0.0, 1.0, 0.0]
    assert weights[2].tolist() == [0.0, 0.0, 0.0]


def test_a_post_without_a_real_score_passes_no_gradient_that_is_no_number() -> None:
    scores = SCORES.clone().requires_grad_()
    (masked_softmax(scores, MASK) * torch.arange(3.0)).sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert scores.grad[2].tolist() == [0.0, 0.0, 0.0]
