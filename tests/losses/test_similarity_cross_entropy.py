from __future__ import annotations

import math

import pytest
import torch

from rumorscope.losses.similarity_cross_entropy import (
    SMALLEST,
    modified_cosine,
    similarity_cross_entropy,
)

TEXT = torch.tensor([[3.0, 0.0]] * 4)
IMAGE = torch.tensor([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0], [1.0, math.sqrt(3)]])


def test_the_same_direction_is_1_a_right_angle_a_half_and_the_opposite_0() -> None:
    torch.testing.assert_close(modified_cosine(TEXT, IMAGE), torch.tensor([1.0, 0.5, 0.0, 0.75]))


def test_is_the_printed_fraction() -> None:
    torch.manual_seed(0)
    text, image = torch.randn(5, 3), torch.randn(5, 3)
    norms = text.norm(dim=1) * image.norm(dim=1)
    torch.testing.assert_close(modified_cosine(text, image), ((text * image).sum(1) + norms) / (2 * norms))


def test_a_similarity_costs_a_rumor_what_its_rest_to_1_costs_a_non_rumor() -> None:
    both = torch.tensor([True, True])
    loss = similarity_cross_entropy(torch.tensor([0.25, 0.75]), torch.tensor([1.0, 0.0]), both)
    assert loss.item() == pytest.approx(-math.log(0.75))
    loss = similarity_cross_entropy(torch.tensor([0.25, 0.5]), torch.tensor([0.0, 1.0]), both)
    assert loss.item() == pytest.approx((math.log(4) + math.log(2)) / 2)


def test_posts_without_picture_or_label_do_not_count() -> None:
    similarity = torch.tensor([0.2, 0.9, 0.9])
    labels = torch.tensor([1.0, 1.0, float("nan")])
    loss = similarity_cross_entropy(similarity, labels, torch.tensor([True, False, True]))
    assert loss.item() == pytest.approx(-math.log(0.8))


def test_none_left_is_0_and_differentiable() -> None:
    similarity = torch.tensor([0.2], requires_grad=True)
    loss = similarity_cross_entropy(similarity, torch.tensor([1.0]), torch.tensor([False]))
    loss.backward()
    assert loss.item() == 0
    assert similarity.grad is not None


def test_certainty_that_is_wrong_has_an_end() -> None:
    loss = similarity_cross_entropy(torch.tensor([1.0]), torch.tensor([1.0]), torch.tensor([True]))
    assert loss.item() == pytest.approx(-math.log(SMALLEST), rel=0.02)
