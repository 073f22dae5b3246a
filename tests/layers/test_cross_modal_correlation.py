from __future__ import annotations

import math

import torch

from rumorscope.layers.cross_modal_correlation import CrossModalCorrelation, outer_product, read


def test_reading_agrees_with_a_slow_loop() -> None:
    torch.manual_seed(0)
    text, image = torch.randn(2, 3), torch.randn(2, 3)
    for post in range(2):
        for row in range(3):
            exponents = [math.exp(text[post, row] * image[post, column] / 3**0.5) for column in range(3)]
            expected = sum(e * image[post, c].item() for c, e in enumerate(exponents)) / sum(exponents)
            assert abs(read(text, image)[post, row].item() - expected) < 1e-5


def test_an_entry_without_an_opinion_reads_the_mean() -> None:
    image = torch.tensor([[1.0, 2.0, 6.0]])
    assert read(torch.zeros(1, 3), image).tolist() == [[3.0, 3.0, 3.0]]


def test_outer_product_pairs_every_entry_with_every_other() -> None:
    product = outer_product(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0, 5.0]]))
    assert product.tolist() == [[[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]]


def test_correlation_has_the_width_that_is_asked_for() -> None:
    assert CrossModalCorrelation(4, out=3)(torch.randn(5, 4), torch.randn(5, 4)).shape == (5, 3)
