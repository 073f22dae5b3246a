from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rumorscope.layers.bidirectional_lstm import BidirectionalLstm


@pytest.fixture
def layer() -> BidirectionalLstm:
    torch.manual_seed(0)
    return BidirectionalLstm(4, 3)


def test_agrees_with_a_slow_loop_from_each_end(layer: BidirectionalLstm) -> None:
    tokens = torch.randn(1, 5, 4)

    def memory(steps: Tensor, suffix: str) -> Tensor:
        weights = {name: getattr(layer.lstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh")}
        bias = getattr(layer.lstm, f"bias_ih_l0{suffix}") + getattr(layer.lstm, f"bias_hh_l0{suffix}")
        hidden, cell = torch.zeros(3), torch.zeros(3)
        for step in steps:
            gates = weights["weight_ih"] @ step + weights["weight_hh"] @ hidden + bias
            enter, forget, new, leave = gates.chunk(4)
            cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
            hidden = leave.sigmoid() * cell.tanh()
        return hidden

    expected = torch.cat([memory(tokens[0], ""), memory(tokens[0].flip(0), "_reverse")])
    torch.testing.assert_close(layer(tokens, torch.ones(1, 5).bool())[0], expected, rtol=1e-4, atol=1e-5)


def test_padding_changes_nothing(layer: BidirectionalLstm) -> None:
    tokens = torch.randn(2, 5, 4)
    mask = torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    alone = torch.cat([layer(tokens[:1, :3], mask[:1, :3]), layer(tokens[1:], mask[1:])])
    torch.testing.assert_close(layer(tokens, mask), alone)


def test_a_text_without_tokens_has_an_answer(layer: BidirectionalLstm) -> None:
    assert layer(torch.randn(2, 3, 4), torch.zeros(2, 3).bool()).isfinite().all()
