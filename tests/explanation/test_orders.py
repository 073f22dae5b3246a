"""Orders tested on a detector whose answer is a straight line in the marked cells that it sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from rumorscope.encoders.preprocess import Picture, Sample
from rumorscope.explanation.cells import GRID
from rumorscope.explanation.orders import Areas, Order, areas_of_orders, occlusion_of_cells, ordered
from rumorscope.post import Post

CELLS = GRID * GRID
MARKED = 16
BASE, SLOPE = 0.2, 0.6


def marked_sample() -> Sample:
    """One pixel a cell: the first sixteen cells are black, the others white but for their share of gray."""
    pixels = torch.full((3, GRID, GRID), 255, dtype=torch.uint8)
    pixels.view(3, -1)[:, :MARKED] = 0
    return Sample(Post("a", ""), (), (Picture("key", pixels, (GRID, GRID)),))


def linear(samples: Sequence[Sample]) -> list[float]:
    """0.2 and as much of 0.6 as there are black cells; the mean color, 191, is none."""
    return [BASE + SLOPE * int((s.pictures[0].pixels[0] == 0).sum()) / MARKED for s in samples]


def perfect() -> Order:
    return np.arange(CELLS)


def areas(order: Order, steps: int = CELLS) -> Areas:
    (found,) = areas_of_orders(marked_sample(), [order], linear, steps)
    return found


def test_a_perfect_order_has_the_areas_of_two_triangles() -> None:
    found = areas(perfect())
    assert found.deletion == pytest.approx(BASE + SLOPE * MARKED / (2 * CELLS))
    assert found.insertion == pytest.approx(BASE + SLOPE * (1 - MARKED / (2 * CELLS)))


def test_the_worst_order_is_the_perfect_one_turned_around() -> None:
    best, worst = areas(perfect()), areas(perfect()[::-1])
    assert worst.deletion == pytest.approx(best.insertion)
    assert worst.insertion == pytest.approx(best.deletion)


@pytest.mark.parametrize("seed", range(3))
def test_deletion_and_insertion_of_one_order_mirror_each_other(seed: int) -> None:
    found = areas(np.random.default_rng(seed).permutation(CELLS))
    assert found.deletion + found.insertion == pytest.approx(2 * BASE + SLOPE)


def test_random_orders_average_half() -> None:
    draw = np.random.default_rng(0)
    orders = [draw.permutation(CELLS) for _ in range(60)]
    found = areas_of_orders(marked_sample(), orders, linear, CELLS)
    assert np.mean([a.deletion for a in found]) == pytest.approx(BASE + SLOPE / 2, abs=0.02)
    assert all(areas(perfect()).deletion < a.deletion for a in found)
    assert all(areas(perfect()).insertion > a.insertion for a in found)


def test_few_steps_agree_where_the_curve_is_straight_between_them() -> None:
    assert areas(perfect(), steps=8).deletion == pytest.approx(areas(perfect()).deletion)


def test_a_detector_that_looks_at_nothing_has_equal_areas() -> None:
    orders = [perfect(), perfect()[::-1], np.random.default_rng(0).permutation(CELLS)]
    found = areas_of_orders(marked_sample(), orders, lambda samples: [0.7] * len(samples), 8)
    for one in found:
        assert (one.deletion, one.insertion) == pytest.approx((0.7, 0.7))


def test_occlusion_finds_the_marked_cells() -> None:
    values = occlusion_of_cells(marked_sample(), linear).ravel()
    assert values[:MARKED] == pytest.approx(np.full(MARKED, SLOPE / MARKED))
    assert values[MARKED:] == pytest.approx(np.zeros(CELLS - MARKED))
    order = ordered(values, np.random.default_rng(0))
    assert sorted(order[:MARKED]) == list(range(MARKED))
    assert areas(order).deletion == pytest.approx(areas(perfect()).deletion)


def test_equal_cells_come_in_random_order() -> None:
    first, second = (ordered(np.zeros(CELLS), np.random.default_rng(seed)) for seed in (0, 1))
    assert sorted(first) == sorted(second) == list(range(CELLS))
    assert list(first) != list(second)
    assert list(first) != sorted(first)
