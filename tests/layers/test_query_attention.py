import math

import pytest
import torch

from rumorscope.layers.query_attention import QueryAttention


def layer(query: int = 3, key: int = 4, value: int = 5, width: int = 6) -> QueryAttention:
    torch.manual_seed(0)
    made = QueryAttention(query=query, key=key, value=value, width=width)
    torch.nn.init.normal_(made.nothing)
    return made


@torch.no_grad()
def test_is_what_a_slow_loop_finds() -> None:
    asks = layer()
    query, keys, values = torch.randn(2, 3), torch.randn(2, 4, 4), torch.randn(2, 4, 5)
    mask = torch.tensor([[True, True, False, True], [False, True, False, False]])
    answers, weights = asks(query, keys, values, mask)
    for row in range(2):
        asked = asks.query(query[row])
        scores = [
            float(asked @ asks.key(keys[row, n])) / math.sqrt(6) if mask[row, n] else -math.inf
            for n in range(4)
        ]
        shares = torch.tensor(scores).softmax(dim=0)
        expected = sum(share * asks.value(values[row, n]) for n, share in enumerate(shares))
        torch.testing.assert_close(weights[row], shares)
        torch.testing.assert_close(answers[row], expected)


@torch.no_grad()
def test_one_item_is_the_whole_answer() -> None:
    asks = layer()
    values = torch.randn(1, 1, 5)
    answers, weights = asks(torch.randn(1, 3), torch.randn(1, 1, 4), values, torch.tensor([[True]]))
    assert weights.tolist() == [[1.0]]
    torch.testing.assert_close(answers, asks.value(values)[:, 0])


@pytest.mark.parametrize("items", [0, 3])
@torch.no_grad()
def test_nothing_to_ask_gives_the_learned_answer(items: int) -> None:
    asks = layer()
    mask = torch.zeros(2, items, dtype=torch.bool)
    answers, weights = asks(torch.randn(2, 3), torch.randn(2, items, 4), torch.randn(2, items, 5), mask)
    assert torch.equal(answers, asks.nothing.expand(2, -1))
    assert weights.sum() == 0


@torch.no_grad()
def test_padding_changes_nothing() -> None:
    asks = layer()
    query, keys, values = torch.randn(1, 3), torch.randn(1, 2, 4), torch.randn(1, 2, 5)
    mask = torch.tensor([[True, True]])
    alone, _ = asks(query, keys, values, mask)
    padded, weights = asks(
        query,
        torch.cat([keys, torch.full((1, 3, 4), 1e6)], dim=1),
        torch.cat([values, torch.full((1, 3, 5), -1e6)], dim=1),
        torch.tensor([[True, True, False, False, False]]),
    )
    torch.testing.assert_close(padded, alone)
    assert weights[0, 2:].sum() == 0
