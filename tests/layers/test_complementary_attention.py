from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from rumorscope.layers.complementary_attention import ComplementaryAttention


@pytest.fixture
def complement() -> ComplementaryAttention:
    torch.manual_seed(0)
    return ComplementaryAttention(4)


def everything(items: Tensor) -> Tensor:
    return torch.ones(items.shape[:2]).bool()


def test_agrees_with_a_slow_loop(complement: ComplementaryAttention) -> None:
    first, second = torch.randn(1, 3, 4), torch.randn(1, 2, 4)
    found, found_second = complement((first, everything(first)), (second, everything(second)))
    affinity = [  # √4 is 2
        [(complement.first(a) @ complement.second(b) / 2).item() for b in second[0]] for a in first[0]
    ]
    for row, item in enumerate(first[0]):
        exponents = [math.exp(affinity[row][column]) for column in range(2)]
        heard = sum(e * b for e, b in zip(exponents, second[0], strict=True)) / sum(exponents)
        expected = complement.first_norm(item + complement.to_first(heard))
        torch.testing.assert_close(found[0, row], expected, rtol=1e-4, atol=1e-5)
    for column, item in enumerate(second[0]):
        exponents = [math.exp(affinity[row][column]) for row in range(3)]
        heard = sum(e * a for e, a in zip(exponents, first[0], strict=True)) / sum(exponents)
        expected = complement.second_norm(item + complement.to_second(heard))
        torch.testing.assert_close(found_second[0, column], expected, rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(complement: ComplementaryAttention) -> None:
    first, second, noise = torch.randn(2, 3, 4), torch.randn(2, 2, 4), torch.full((2, 5, 4), 100.0)
    plain = complement((first, everything(first)), (second, everything(second)))
    padding = torch.zeros(2, 5).bool()
    padded = complement(
        (torch.cat([first, noise], 1), torch.cat([everything(first), padding], 1)),
        (torch.cat([second, noise], 1), torch.cat([everything(second), padding], 1)),
    )
    torch.testing.assert_close(padded[0][:, :3], plain[0])
    torch.testing.assert_close(padded[1][:, :2], plain[1])
