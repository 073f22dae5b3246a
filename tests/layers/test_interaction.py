from __future__ import annotations

import math

import pytest
import torch

from rumorscope.layers.interaction import INTERACTIONS, interaction, jensen_shannon


def test_judgments_that_are_alike_do_not_diverge() -> None:
    logits = torch.tensor([-30.0, -2.0, 0.0, 1.5, 200.0])
    assert jensen_shannon(logits, logits).tolist() == pytest.approx([0.0] * 5, abs=1e-6)


def test_certain_opposites_diverge_by_the_logarithm_of_two() -> None:
    divergence = jensen_shannon(torch.tensor([100.0, -500.0]), torch.tensor([-100.0, 500.0]))
    assert divergence.tolist() == pytest.approx([math.log(2)] * 2)


@pytest.mark.parametrize(("p", "q"), [(0.9, 0.2), (0.5, 0.99), (0.3, 0.31)])
def test_divergence_is_the_definition(p: float, q: float) -> None:
    def kl(a: float, b: float) -> float:
        return a * math.log(a / b) + (1 - a) * math.log((1 - a) / (1 - b))

    middle = (p + q) / 2
    logits = torch.tensor([[p], [q]], dtype=torch.float64).logit()
    expected = (kl(p, middle) + kl(q, middle)) / 2
    assert jensen_shannon(*logits).item() == pytest.approx(expected, rel=1e-3)
    assert jensen_shannon(*logits.flip(0)).item() == pytest.approx(expected, rel=1e-3)


def test_each_of_the_four_has_its_number() -> None:
    divergence, similarity = torch.tensor([0.6, 0.6, 0.0, 0.0]), torch.tensor([-0.5, 0.9, 0.3, 0.31])
    numbers = interaction(divergence, similarity, agreed_below=0.3, aligned_above=0.3)
    assert [INTERACTIONS[number] for number in numbers.tolist()] == list(INTERACTIONS)
