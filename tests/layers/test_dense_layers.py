from __future__ import annotations

import torch
from torch import nn

from rumorscope.layers.dense_layers import dense_layers


def test_one_step_for_each_pair_of_widths() -> None:
    linear = [layer for layer in dense_layers(5, 4, 3) if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(5, 4), (4, 3)]


def test_each_step_is_normalised_and_rectified() -> None:
    torch.manual_seed(0)
    layers = dense_layers(5, 4).eval()
    features = torch.randn(3, 5)
    expected = torch.layer_norm(layers[0](features), (4,)).clamp(min=0)
    torch.testing.assert_close(layers(features), expected)


def test_training_on_a_single_post_is_no_special_case() -> None:
    layers = dense_layers(5, 4, dropout=0.0).train()
    features = torch.randn(3, 5)
    torch.testing.assert_close(layers(features[:1]), layers(features)[:1])
