from __future__ import annotations

import torch

from rumorscope.layers.post_regions import first_with_its_pictures, regions_of_posts


def test_regions_follow_picture_by_picture_and_padding_is_zero() -> None:
    pictures = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])  # two pictures of two regions
    regions, mask = regions_of_posts(pictures, torch.tensor([[1, 0], [0, -1], [-1, -1]]))
    assert regions.squeeze(-1).tolist() == [[3, 4, 1, 2], [1, 2, 0, 0], [0, 0, 0, 0]]
    assert mask.tolist() == [[True] * 4, [True, True, False, False], [False] * 4]


def test_a_batch_may_have_no_picture_at_all() -> None:
    no_slots = regions_of_posts(torch.zeros(0, 5, 3), torch.zeros(2, 0, dtype=torch.int64))
    assert [tuple(tensor.shape) for tensor in no_slots] == [(2, 0, 3), (2, 0)]
    empty_slots = regions_of_posts(torch.zeros(0, 5, 3), torch.full((2, 1), -1))
    assert tuple(empty_slots[0].shape) == (2, 5, 3)
    assert not empty_slots[1].any()


def test_a_picture_that_posts_share_gets_the_gradient_of_each() -> None:
    pictures = torch.ones(1, 2, 1, requires_grad=True)
    regions_of_posts(pictures, torch.tensor([[0], [0], [-1]]))[0].sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.flatten().tolist() == [2.0, 2.0]


def test_a_post_with_the_pictures_of_an_earlier_one_is_told() -> None:
    image_index = torch.tensor([[0, -1], [1, 0], [0, -1], [0, 1], [1, 0]])
    assert first_with_its_pictures(image_index).tolist() == [True, True, False, True, False]
