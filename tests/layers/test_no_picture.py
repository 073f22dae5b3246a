from __future__ import annotations

import pytest
import torch

from rumorscope.layers.masked import masked_mean
from rumorscope.layers.no_picture import NoPicture


@pytest.fixture
def no_picture() -> NoPicture:
    layer = NoPicture(2)
    torch.nn.init.constant_(layer.vector, 7.0)
    return layer


def test_it_counts_only_where_nothing_else_does(no_picture: NoPicture) -> None:
    regions = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
    filled, mask = no_picture(regions, torch.tensor([[True, True], [False, False]]))
    assert mask.tolist() == [[True, True, False], [False, False, True]]
    assert masked_mean(filled, mask).tolist() == [[2.0, 3.0], [7.0, 7.0]]


def test_a_batch_without_any_picture_has_one_region_a_post(no_picture: NoPicture) -> None:
    filled, mask = no_picture(torch.zeros(3, 0, 2), torch.zeros(3, 0).bool())
    assert filled.shape == (3, 1, 2)
    assert mask.all()
