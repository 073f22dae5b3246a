from __future__ import annotations

import pytest
import torch

from rumorscope.layers.co_attention import CoAttention


@pytest.fixture
def co_attention() -> CoAttention:
    torch.manual_seed(0)
    return CoAttention(8, heads=2).eval()


def test_agrees_with_a_slow_loop(co_attention: CoAttention) -> None:
    tokens, regions = torch.randn(1, 3, 8), torch.randn(1, 2, 8)
    text, image, weights = co_attention(tokens, torch.ones(1, 3).bool(), regions, torch.ones(1, 2).bool())
    slow_text, slow_weights = _slow(co_attention.text_asks, tokens[0], regions[0])
    slow_image, _ = _slow(co_attention.image_asks, regions[0], tokens[0])
    torch.testing.assert_close(text[0], slow_text, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(image[0], slow_image, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(weights[0], slow_weights, rtol=1e-4, atol=1e-5)


def _slow(
    block: torch.nn.Module, query: torch.Tensor, other: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    attention = block.attention
    q_proj, k_proj, v_proj = attention.in_proj_weight.chunk(3)
    q_bias, k_bias, v_bias = attention.in_proj_bias.chunk(3)
    rows, shares = [], []
    for asking in query:
        heads = []
        for head in (slice(0, 4), slice(4, 8)):
            q = (q_proj @ asking + q_bias)[head]
            keys = torch.stack([(k_proj @ item + k_bias)[head] for item in other])
            values = torch.stack([(v_proj @ item + v_bias)[head] for item in other])
            share = (keys @ q / 4**0.5).softmax(dim=0)
            shares.append(share)
            heads.append(share @ values)
        answer = attention.out_proj(torch.cat(heads))
        row = block.attention_norm(asking + answer)
        rows.append(block.out_norm(row + block.feed_forward(row)))
    return torch.stack(rows).mean(0), torch.stack(shares).mean(0)


def test_padding_changes_nothing(co_attention: CoAttention) -> None:
    tokens, regions = torch.randn(1, 3, 8), torch.randn(1, 2, 8)
    plain = co_attention(tokens, torch.ones(1, 3).bool(), regions, torch.ones(1, 2).bool())
    noise = torch.randn(1, 2, 8) * 100
    padded = co_attention(
        torch.cat([tokens, noise], 1),
        torch.tensor([[True] * 3 + [False] * 2]),
        torch.cat([regions, noise], 1),
        torch.tensor([[True] * 2 + [False] * 2]),
    )
    torch.testing.assert_close(padded[0], plain[0])
    torch.testing.assert_close(padded[1], plain[1])
    torch.testing.assert_close(padded[2][:, :2], plain[2])
    assert padded[2][:, 2:].tolist() == [[0.0, 0.0]]


def test_an_empty_side_is_its_first_slot(co_attention: CoAttention) -> None:
    tokens, regions = torch.randn(1, 3, 8), torch.randn(1, 4, 8)
    everything = torch.ones(1, 3).bool()
    empty = co_attention(tokens, everything, regions, torch.zeros(1, 4).bool())
    single = co_attention(tokens, everything, regions[:, :1], torch.ones(1, 1).bool())
    torch.testing.assert_close(empty[0], single[0])
    torch.testing.assert_close(empty[1], single[1])
    assert empty[2].tolist() == [[pytest.approx(1.0), 0.0, 0.0, 0.0]]
