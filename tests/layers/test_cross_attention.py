"""The block against a slow loop is in test_co_attention.py."""

from __future__ import annotations

import pytest
import torch

from rumorscope.layers.cross_attention import CrossAttention


@pytest.fixture
def block() -> CrossAttention:
    torch.manual_seed(0)
    return CrossAttention(8, heads=2).eval()


def test_who_has_one_to_ask_hears_only_that_one(block: CrossAttention) -> None:
    query, other = torch.randn(2, 3, 8), torch.randn(2, 4, 8)
    mask = torch.tensor([[False, True, False, False]] * 2)
    answer, attention = block(query, other, mask)
    alone, _ = block(query, other[:, 1:2], torch.ones(2, 1).bool())
    torch.testing.assert_close(answer, alone)
    torch.testing.assert_close(attention, mask.float().unsqueeze(1).expand(2, 3, 4))


def test_itself_asked_in_another_order_answers_in_that_order(block: CrossAttention) -> None:
    items, mask = torch.randn(1, 5, 8), torch.ones(1, 5).bool()
    order = torch.tensor([3, 0, 4, 1, 2])
    answer, _ = block(items, items, mask)
    turned, attention = block(items[:, order], items[:, order], mask)
    torch.testing.assert_close(turned, answer[:, order])
    torch.testing.assert_close(attention.sum(dim=2), torch.ones(1, 5))
