"""Cuts into shares: exact where posts stand alone, as near as whole groups allow elsewhere."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rumorscope.data.dividing import cut_at_random, cut_by_label, cut_in_order, fill_with_groups
from rumorscope.errors import InputError

EIGHT_ONE_ONE = (0.8, 0.1, 0.1)


def sizes(parts: np.ndarray, count: int = 3) -> list[int]:
    return np.bincount(parts, minlength=count).tolist()


def numbers(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@given(st.integers(1, 200), st.integers(0, 9))
def test_single_posts_fall_in_the_shares_but_for_rounding(posts: int, seed: int) -> None:
    parts = cut_at_random(np.arange(posts), np.zeros(posts, dtype=np.int64), EIGHT_ONE_ONE, [seed])
    assert np.abs(np.array(sizes(parts)) - posts * np.array(EIGHT_ONE_ONE)).max() <= 1
    assert len(parts) == posts


def test_every_part_has_the_share_of_rumors() -> None:
    labels = numbers([1] * 30 + [0] * 70)
    parts = cut_by_label(np.arange(100), labels, (0.7, 0.1, 0.2), [0])
    assert sizes(parts) == [70, 10, 20]
    assert [int(labels[parts == part].sum()) for part in range(3)] == [21, 3, 6]


def test_a_class_that_cannot_be_everywhere_is_refused() -> None:
    with pytest.raises(InputError, match="a class has too few posts"):
        cut_by_label(np.arange(10), numbers([1] + [0] * 9), (0.8, 0.1, 0.1), [0])


def test_order_is_kept_and_posts_of_one_moment_stay_together() -> None:
    moments = numbers([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert cut_in_order(moments, moments, EIGHT_ONE_ONE, [0]).tolist() == [0] * 8 + [1, 2]
    same = numbers([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    assert cut_in_order(same, same, EIGHT_ONE_ONE, [0]).tolist() == [0] * 9 + [2]


@given(
    st.lists(st.integers(1, 60), min_size=8, max_size=40),
    st.integers(0, 5),
    st.sampled_from([EIGHT_ONE_ONE, (0.7, 0.1, 0.2), (0.8, 0.0, 0.2), (0.2,) * 5]),
)
@settings(deadline=None)
def test_no_part_is_off_by_more_than_the_largest_group(
    group_sizes: list[int], seed: int, shares: tuple[float, ...]
) -> None:
    groups = np.repeat(np.arange(len(group_sizes)), group_sizes)
    labels = numbers([int(value) for value in np.random.default_rng(seed).integers(-1, 2, len(groups))])
    parts = fill_with_groups(groups, labels, shares, [seed])
    for group in np.unique(groups):
        assert len(np.unique(parts[groups == group])) == 1
    wished = len(groups) * np.array(shares)
    in_part = [len(np.unique(groups[parts == part])) for part, share in enumerate(shares) if share]
    off = np.abs(np.array(sizes(parts, len(shares))) - wished).max()
    assert min(in_part) >= 1
    assert off <= max(group_sizes) + 1e-9 or min(in_part) == 1  # one group, only so that no part is empty
    assert np.array_equal(parts, fill_with_groups(groups, labels, shares, [seed]))


def test_groups_that_fit_exactly_are_found() -> None:
    """Ten groups of one post each half rumors: the best of many divisions has the shares in both."""
    groups = np.repeat(np.arange(20), 5)
    labels = np.repeat(np.tile(numbers([0, 1]), 10), 5)
    parts = fill_with_groups(groups, labels, (0.8, 0.1, 0.1), [3])
    assert sizes(parts) == [80, 10, 10]
    assert [int(labels[parts == part].sum()) for part in range(3)] == [40, 5, 5]


def test_the_best_of_several_is_near_the_best_of_all() -> None:
    """Against every assignment of six groups, by the same measure of misfit."""
    group_sizes = [30, 20, 8, 5, 4, 3]
    groups = np.repeat(np.arange(6), group_sizes)
    parts = fill_with_groups(groups, np.zeros(70, dtype=np.int64), (0.7, 0.15, 0.15), [0])
    wished = 70 * np.array([0.7, 0.15, 0.15])

    def misfit(division: np.ndarray) -> float:
        return float(np.abs(np.bincount(division, group_sizes, minlength=3) - wished).sum())

    best = min(misfit(np.array(division)) for division in product(range(3), repeat=6))
    chosen = np.array([parts[groups == group][0] for group in range(6)])
    assert misfit(chosen) == pytest.approx(best)


def test_no_part_stays_empty() -> None:
    """Each of three groups is larger than the small part: the smallest goes there all the same."""
    groups = np.repeat(np.arange(3), [5, 4, 3])
    parts = fill_with_groups(groups, np.zeros(12, dtype=np.int64), (0.9, 0.1), [0])
    assert sizes(parts, 2) == [9, 3]


def test_too_few_groups_are_refused_with_what_would_work() -> None:
    with pytest.raises(InputError, match=r"10 posts in 2 groups .* cannot fill 3 parts; use other ratios"):
        fill_with_groups(np.repeat(np.arange(2), 5), np.zeros(10, dtype=np.int64), EIGHT_ONE_ONE, [0])
