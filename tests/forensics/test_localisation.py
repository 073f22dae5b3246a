"""Maps held against masks: closed forms, a slow reference, and what cannot be measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rumorscope.errors import InputError
from rumorscope.forensics.localisation import localise

HALF = np.repeat([[True, False]], 10, axis=0).repeat(10, axis=1)  # the left half of 10 x 20 pixels


def test_the_mask_itself_is_perfect() -> None:
    found = localise(HALF.astype(float), HALF)
    assert (found.auc, found.best_f1, found.f1, found.iou) == (1, 1, 1, 1)


def test_its_opposite_is_worse_than_chance() -> None:
    found = localise(1 - HALF.astype(float), HALF)
    assert (found.auc, found.f1, found.iou) == (0, 0, 0)
    assert found.best_f1 == pytest.approx(2 / 3)  # all is called altered: precision one half, recall 1


def test_a_flat_map_calls_all_or_nothing() -> None:
    share = HALF.mean()
    everything, nothing = localise(np.full((3, 3), 0.5), HALF), localise(np.full((3, 3), 0.49), HALF)
    assert everything.auc == nothing.auc == 0.5
    assert everything.f1 == everything.best_f1 == nothing.best_f1 == pytest.approx(2 * share / (1 + share))
    assert everything.iou == share
    assert (nothing.f1, nothing.iou) == (0, 0)


def test_a_coarse_map_is_spread_over_its_picture() -> None:
    """Two cells give an even slope between their middles, which crosses one half in the middle."""
    found = localise(np.array([[1.0, 0.0]]), HALF)
    assert (found.auc, found.f1, found.iou) == (1, 1, 1)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), levels=st.integers(1, 6))
def test_agrees_with_counting(seed: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, levels + 1, (6, 7)) / levels
    mask = random.random((6, 7)) < 0.4
    mask[0, :2] = True, False
    found = localise(values, mask)
    pairs = [(a > b) + (a == b) / 2 for a in values[mask] for b in values[~mask]]
    assert found.auc == pytest.approx(np.mean(pairs))
    scores = []
    for threshold in np.unique(values):
        called = values >= threshold
        scores.append(2 * (called & mask).sum() / (called.sum() + mask.sum()))
    assert found.best_f1 == pytest.approx(max(scores))
    called = values >= 0.5
    assert found.f1 == pytest.approx(2 * (called & mask).sum() / (called.sum() + mask.sum()))
    assert found.f1 == pytest.approx(2 * found.iou / (1 + found.iou))


@pytest.mark.parametrize("whole", [True, False])
def test_a_mask_of_one_kind_locates_nothing(whole: bool) -> None:
    with pytest.raises(InputError, match="all of the picture or none of it"):
        localise(np.zeros((2, 2)), np.full((4, 4), whole))
