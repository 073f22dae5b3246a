from __future__ import annotations

import pytest
import torch

from rumorscope.layers.expert_mixture import ExpertMixture


@pytest.fixture
def mixture() -> ExpertMixture:
    torch.manual_seed(0)
    return ExpertMixture(8, experts=3, heads=2).eval()


def test_agrees_with_a_slow_loop(mixture: ExpertMixture) -> None:
    items, mask = torch.randn(2, 4, 8), torch.ones(2, 4).bool()
    found = mixture(items, mask)
    for post in range(2):
        alone, real = items[post : post + 1], mask[post : post + 1]
        amounts = mixture.gate(mixture.summary(alone, real))[0]
        expected = sum(
            amount * expert(alone, alone, real)[0]
            for amount, expert in zip(amounts, mixture.experts, strict=True)
        )
        torch.testing.assert_close(found[post : post + 1], expected, rtol=1e-4, atol=1e-5)


def test_amounts_are_no_shares(mixture: ExpertMixture) -> None:
    last = mixture.gate[2]
    torch.nn.init.zeros_(last.weight)
    items, mask = torch.randn(1, 4, 8), torch.ones(1, 4).bool()
    first = mixture.experts[0](items, items, mask)[0]
    for amount in (-2.0, 0.0, 3.0):
        with torch.no_grad():
            last.bias.copy_(torch.tensor([amount, 0.0, 0.0]))
        torch.testing.assert_close(mixture(items, mask), amount * first)


def test_padding_changes_nothing(mixture: ExpertMixture) -> None:
    items, mask = torch.randn(2, 3, 8), torch.ones(2, 3).bool()
    padded = torch.cat([items, torch.full((2, 2, 8), 100.0)], dim=1)
    padded_mask = torch.cat([mask, torch.zeros(2, 2).bool()], dim=1)
    torch.testing.assert_close(mixture(padded, padded_mask)[:, :3], mixture(items, mask))
