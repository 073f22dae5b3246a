from __future__ import annotations

import pytest
import torch

from rumorscope.layers.relevance import cosine_relevance, dot_product_relevance

TEXT = torch.tensor([[3.0, 4.0]])
REGIONS = torch.tensor([[[1.0, 0.0], [6.0, 8.0], [0.0, -2.0], [0.0, 0.0]]])


def test_dot_product_grows_with_length() -> None:
    assert dot_product_relevance(TEXT, REGIONS).tolist() == [[3.0, 50.0, -8.0, 0.0]]


def test_cosine_does_not() -> None:
    assert cosine_relevance(TEXT, REGIONS)[0].tolist() == pytest.approx([0.6, 1.0, -0.8, 0.0])


def test_relevance_is_each_posts_own_text_against_its_own_regions() -> None:
    torch.manual_seed(0)
    text, regions = torch.randn(3, 5), torch.randn(3, 4, 5)
    dot, cosine = dot_product_relevance(text, regions), cosine_relevance(text, regions)
    for post in range(3):
        for region in range(4):
            value = sum(
                a * b for a, b in zip(text[post].tolist(), regions[post, region].tolist(), strict=True)
            )
            assert dot[post, region].item() == pytest.approx(value, abs=1e-5)
            length = text[post].norm() * regions[post, region].norm()
            assert cosine[post, region].item() == pytest.approx(value / length.item(), abs=1e-5)


def test_a_post_without_pictures_has_no_relevance() -> None:
    assert dot_product_relevance(TEXT, REGIONS[:, :0]).shape == (1, 0)
    assert cosine_relevance(TEXT, REGIONS[:, :0]).shape == (1, 0)
