from __future__ import annotations

import torch
from torch import nn

from rumorscope.layers.dense_layers import dense_layers


def test_one_step_for_each_pair_of_widths() -> None:
    linear = [layer for layer in dense_layers(5, 4, 3) if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(5, 4), (4, 3)]


def test_each_step_is_normalised_and_rectified() -> None:
    torch.manual_seed(0)
    layers = dense_layers(5, 4).train()
    features = torch.randn(30, 5)
    projected = layers[0](features)
    expected = (projected - projected.mean(dim=0)) / (projected.var(dim=0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(layers(features), expected.clamp(min=0), rtol=1e-4, atol=1e-5)


def test_training_on_a_single_post_works() -> None:
    assert dense_layers(5, 4, 3, dropout=0.5).train()(torch.randn(1, 5)).isfinite().all()


def test_without_a_norm_each_step_is_a_line_and_its_activation() -> None:
    torch.manual_seed(0)
    layers = dense_layers(5, 4, norm="none", activation=nn.Tanh)
    features = torch.randn(3, 5)
    expected = torch.tanh(features @ layers[0].weight.mT + layers[0].bias)
    torch.testing.assert_close(layers(features), expected)
