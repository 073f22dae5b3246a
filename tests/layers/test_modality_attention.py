from __future__ import annotations

import torch
from torch import nn

from rumorscope.layers.modality_attention import ModalityAttention


def test_mean_and_maximum_pass_one_excitation() -> None:
    torch.manual_seed(0)
    attention = ModalityAttention(3)
    features = torch.randn(4, 3, 5)
    first, last = attention.excite[0], attention.excite[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    for post, weights in zip(features, attention(features), strict=True):
        excited = torch.zeros(3)
        for squeezed in (post.mean(dim=1), post.max(dim=1).values):
            hidden = nn.functional.gelu(first.weight @ squeezed + first.bias)
            excited = excited + last.weight @ hidden + last.bias
        torch.testing.assert_close(weights, 1 / (1 + (-excited).exp()))


def test_a_weight_depends_on_the_other_modalities() -> None:
    torch.manual_seed(0)
    attention = ModalityAttention(3)
    features = torch.randn(1, 3, 5)
    changed = features.clone()
    changed[:, 2] += 1
    assert not torch.allclose(attention(changed)[:, 0], attention(features)[:, 0])
