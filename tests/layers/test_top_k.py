from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rumorscope.layers.top_k import top_k_per_scale

SCALES = torch.tensor([0, 0, 0, 1])  # three fine regions, a coarse one


def keep(relevance: list[float], mask: list[bool], top_k: int, scales: Tensor = SCALES) -> list[list[int]]:
    """The kept indices, a list a scale."""
    kept = top_k_per_scale(torch.tensor([relevance]), torch.tensor([mask]), scales, 2, top_k)
    slots = zip(kept.index[0].split(top_k), kept.mask[0].split(top_k), strict=True)
    return [index[mask].tolist() for index, mask in slots]


def test_each_scale_keeps_its_own_best_first() -> None:
    assert keep([1.0, 3.0, 2.0, -9.0], [True] * 4, top_k=2) == [[1, 2], [3]]


def test_padding_is_never_kept_though_every_real_region_is_irrelevant() -> None:
    assert keep([-5.0, 0.0, -4.0, 0.0], [True, False, True, False], top_k=2) == [[2, 0], []]


def test_a_scale_with_fewer_than_k_regions_leaves_its_last_slots_empty() -> None:
    kept = top_k_per_scale(torch.tensor([[1.0, 3.0, 2.0, 7.0]]), torch.ones(1, 4).bool(), SCALES, 2, 5)
    assert kept.mask.tolist() == [[True, True, True, False, False, True, False, False, False, False]]
    assert kept.index.tolist() == [[1, 2, 0, 0, 0, 3, 0, 0, 0, 0]]


def test_one_region_is_kept_whatever_its_relevance() -> None:
    assert keep([-1e9], [True], top_k=2, scales=torch.tensor([1])) == [[], [0]]


def test_of_equals_the_first_is_kept() -> None:
    assert keep([2.0, 2.0, 2.0, 2.0], [True] * 4, top_k=2) == [[0, 1], [3]]


def test_posts_without_regions_keep_nothing() -> None:
    kept = top_k_per_scale(torch.zeros(2, 0), torch.zeros(2, 0).bool(), SCALES[:0], 2, 3)
    assert kept.index.tolist() == [[0] * 6] * 2
    assert not kept.mask.any()
    assert kept.of(torch.zeros(2, 0, 5)).shape == (2, 6, 5)
    assert kept.of(torch.zeros(2, 0)).shape == (2, 6)


def test_kept_picks_scores_and_vectors_alike() -> None:
    relevance = torch.tensor([[1.0, 3.0, 2.0, -9.0], [5.0, 4.0, 6.0, 0.0]])
    kept = top_k_per_scale(relevance, torch.ones(2, 4).bool(), SCALES, 2, 1)
    assert kept.of(relevance).tolist() == [[3.0, -9.0], [6.0, 0.0]]
    assert kept.of(relevance.unsqueeze(-1).repeat(1, 1, 2))[1].tolist() == [[6.0, 6.0], [0.0, 0.0]]


def slow_top_k(relevance: Tensor, mask: Tensor, scales: Tensor, count: int, top_k: int) -> list[list[int]]:
    rows = []
    for row in range(len(relevance)):
        for scale in range(count):
            own = [i for i in range(relevance.shape[1]) if mask[row, i] and scales[i] == scale]
            rows.append(sorted(own, key=lambda i: (-relevance[row, i].item(), i))[:top_k])
    return rows


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), regions=st.integers(0, 9), scales=st.integers(1, 3), top_k=st.integers(1, 4)
)
def test_agrees_with_a_slow_loop(seed: int, regions: int, scales: int, top_k: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    relevance = torch.randint(-2, 3, (3, regions), generator=generator).float()  # with ties
    mask = torch.rand(3, regions, generator=generator) > 0.3
    region_scales = torch.randint(0, scales, (regions,), generator=generator)
    kept = top_k_per_scale(relevance, mask, region_scales, scales, top_k)
    slots = zip(kept.index.reshape(-1, top_k), kept.mask.reshape(-1, top_k), strict=True)
    fast = [index[real].tolist() for index, real in slots]
    assert fast == slow_top_k(relevance, mask, region_scales, scales, top_k)
