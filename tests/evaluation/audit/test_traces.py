"""Surfaces that give the label away are found, and noise is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rumorscope.evaluation.audit.record import Trace
from rumorscope.evaluation.audit.surfaces import Reading, Surface
from rumorscope.evaluation.audit.traces import trace
from rumorscope.evaluation.audit.verdict import is_giveaway
from rumorscope.post import Label, Post

LABELS = np.random.default_rng(5).permutation(np.arange(300) % 2)
POSTS = tuple(Post(str(row), "", label=Label(int(label))) for row, label in enumerate(LABELS))
SPLITS = ("train",) * 200 + ("test",) * 100


def told(
    items: Sequence[str], *, read: Reading = "characters", splits: Sequence[str | None] = SPLITS
) -> Trace | None:
    surface = Surface("made", read, tuple(items), tuple((row,) for row in range(300)))
    return trace(surface, POSTS, splits, np.arange(300))


def numbers(seed: int) -> list[int]:
    return np.random.default_rng(seed).integers(10**8, 10**9, size=300).tolist()


def test_a_prefix_that_is_the_label_tells_all() -> None:
    found = told(
        [f"{'f' if label else 'r'}{number}" for label, number in zip(LABELS, numbers(0), strict=True)]
    )
    assert found is not None
    assert (found.how, found.items, found.accuracy, found.auc) == ("train to test", 100, 1.0, 1.0)
    assert found.majority_accuracy == np.mean(LABELS[200:] == (LABELS[:200].mean() >= 0.5))
    assert is_giveaway(found)


def test_without_a_test_part_it_is_cross_validated() -> None:
    found = told(["size:8" if label else "size:9" for label in LABELS], read="marks", splits=(None,) * 300)
    assert found is not None
    assert (found.how, found.items, found.accuracy) == ("cross-validated", 300, 1.0)


@pytest.mark.parametrize("splits", [SPLITS, (None,) * 300])
def test_noise_tells_nothing(splits: tuple[str | None, ...]) -> None:
    """One in 140 would, by the level; of the seeds 1 to 300, four do by the test part."""
    found = [told([str(number) for number in numbers(seed)], splits=splits) for seed in range(10, 14)]
    assert sum(one.tells for one in found if one is not None) == 0
    assert None not in found


def test_a_weak_sign_tells_without_giving_the_label_away() -> None:
    generator = np.random.default_rng(2)
    items = [f"mark:{int(label if generator.random() < 0.2 else 2)}" for label in LABELS]
    found = told(items, read="marks")
    assert found is not None
    assert found.tells
    assert 0.5 < found.auc < 0.75


@pytest.mark.parametrize("rows", [range(0), range(15)])
def test_too_few_labels_say_nothing(rows: range) -> None:
    surface = Surface("made", "characters", tuple(map(str, rows)), tuple((row,) for row in rows))
    assert trace(surface, POSTS, SPLITS, np.arange(300)) is None


def test_an_item_of_training_posts_is_not_scored_on_test() -> None:
    """Thirty of the test posts' pictures are shown in train too: seventy are new."""
    owners = [(row,) for row in range(170)] + [(170 + row, 200 + row) for row in range(30)]
    owners += [(row,) for row in range(230, 300)]
    surface = Surface("made", "characters", tuple(map(str, range(270))), tuple(owners))
    found = trace(surface, POSTS, SPLITS, np.arange(300))
    assert found is not None
    assert found.items == 70
