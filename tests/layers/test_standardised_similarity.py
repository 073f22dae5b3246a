from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from rumorscope.layers.standardised_similarity import StandardisedSimilarity


def with_cosines(*cosines: float) -> tuple[Tensor, Tensor]:
    """Texts, and pictures at these cosines to them, of various lengths."""
    angles = torch.tensor(cosines).acos()
    lengths = torch.arange(1.0, len(cosines) + 1).unsqueeze(1)
    text = torch.tensor([[1.0, 0.0]]).expand(len(cosines), 2)
    return text / lengths, lengths * torch.stack([angles.cos(), angles.sin()], dim=1)


def everyone(count: int) -> tuple[Tensor, Tensor]:
    return torch.ones(count).bool(), torch.ones(count).bool()


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_after_one_batch_it_is_the_standard_score_of_the_batch() -> None:
    similarity = StandardisedSimilarity()
    found = similarity(*with_cosines(0.1, 0.2, 0.3), *everyone(3))  # mean 0.2, deviation 0.1
    expected = torch.tensor([sigmoid(-1), 0.5, sigmoid(1)])
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_batches_count_alike_at_first_and_by_the_momentum_later() -> None:
    similarity = StandardisedSimilarity(momentum=0.25)
    expected = 0.0
    for number, centre in enumerate((0.1, 0.5, 0.3, 0.2, 0.7, 0.4), start=1):
        similarity(*with_cosines(centre - 0.1, centre + 0.1), *everyone(2))
        expected += max(1 / number, 0.25) * (centre - expected)
        assert similarity.mean.item() == pytest.approx(expected, abs=1e-5)


def test_before_any_statistics_it_is_the_sigmoid_of_the_cosine() -> None:
    found = StandardisedSimilarity().eval()(*with_cosines(0.6, -0.6), *everyone(2))
    torch.testing.assert_close(found, torch.tensor([sigmoid(0.6), sigmoid(-0.6)]), rtol=1e-4, atol=1e-5)


def test_evaluation_learns_nothing_and_a_single_pair_has_no_deviation() -> None:
    similarity = StandardisedSimilarity()
    similarity(*with_cosines(0.1, 0.2, 0.3), *everyone(3))
    before = {name: buffer.clone() for name, buffer in similarity.state_dict().items()}
    similarity(*with_cosines(0.9), *everyone(1))
    similarity.eval()(*with_cosines(0.8, 0.9), *everyone(2))
    assert all(torch.equal(buffer, before[name]) for name, buffer in similarity.state_dict().items())


def test_what_is_no_pair_is_average_and_counts_for_nothing() -> None:
    similarity = StandardisedSimilarity()
    paired, counted = torch.tensor([True, True, True, False, True]), torch.tensor([True] * 4 + [False])
    found = similarity(*with_cosines(0.1, 0.2, 0.3, 0.9, 0.3), paired, counted)
    assert similarity.mean.item() == pytest.approx(0.2, abs=1e-5)
    assert found[3] == 0.5
    torch.testing.assert_close(found[4], found[2], rtol=1e-3, atol=1e-4)
