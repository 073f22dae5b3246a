from __future__ import annotations

import torch

from rumorscope.layers.token_attention import TokenAttention


def test_agrees_with_a_slow_loop_and_padding_changes_nothing() -> None:
    torch.manual_seed(0)
    attention, items = TokenAttention(4), torch.randn(1, 3, 4)
    exponents = [attention.score(item).exp() for item in items[0]]
    expected = sum(e * item for e, item in zip(exponents, items[0], strict=True)) / sum(exponents)
    torch.testing.assert_close(attention(items, torch.ones(1, 3).bool())[0], expected)
    padded = torch.cat([items, torch.full((1, 2, 4), 100.0)], dim=1)
    mask = torch.tensor([[True] * 3 + [False] * 2])
    torch.testing.assert_close(attention(padded, mask)[0], expected)


def test_items_that_score_alike_are_averaged() -> None:
    attention = TokenAttention(2)
    torch.nn.init.zeros_(attention.score[2].weight)
    items = torch.tensor([[[1.0, 2.0], [3.0, 6.0]]])
    assert attention(items, torch.ones(1, 2).bool()).tolist() == [[2.0, 4.0]]
