"""Overlaps and repeats, counted by hand, and what chance would give."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from rumorscope.evaluation.audit.shared import expected_constant, overlaps, repeats
from rumorscope.evaluation.audit.things import Things
from rumorscope.post import Label, Post

RUMOR, NON_RUMOR = Label.RUMOR, Label.NON_RUMOR
LABELS = (RUMOR, RUMOR, NON_RUMOR, RUMOR, NON_RUMOR, None)
POSTS = tuple(Post(str(row), "", label=label) for row, label in enumerate(LABELS))
SPLITS = ("train", "train", "train", "validation", "test", "test")
PICTURES = Things(
    "picture",
    (("a",), ("a", "b"), ("c",), ("a",), ("b", "c"), ("a",)),
    {key: f"{key}.jpg" for key in "abc"},
)


def test_overlaps_count_posts_once_and_things_once() -> None:
    found = {(one.earlier, one.later): one for one in overlaps([PICTURES], POSTS, SPLITS)}
    assert {pair: (one.posts, one.of, one.items) for pair, one in found.items()} == {
        ("train", "validation"): (1, 1, 1),
        ("train", "test"): (2, 2, 3),
        ("validation", "test"): (1, 2, 1),
    }
    assert [(one.what, one.ids) for one in found["train", "test"].examples] == [
        ("b.jpg", ("1", "4")),
        ("c.jpg", ("2", "4")),
        ("a.jpg", ("0", "5")),
    ]


def test_a_kind_that_a_part_lacks_says_nothing() -> None:
    events = Things("event", (("x",), (), (), (), (), ()), {"x": "x"})
    assert list(overlaps([events], POSTS, SPLITS)) == []


def test_repeats_and_their_labels() -> None:
    (found,) = repeats([PICTURES], POSTS)
    assert (found.groups, found.posts, found.largest) == (3, 6, 4)
    assert (found.judged, found.constant) == (3, 2)  # a: three rumors and one unknown; b: both; c: non-rumors
    assert found.examples[0].what == "a.jpg"


def test_chance_in_closed_form() -> None:
    assert expected_constant(Counter({2: 1}), 2, 2) == pytest.approx(1 / 3)
    assert expected_constant(Counter({2: 3, 3: 1}), 2, 2) == pytest.approx(1)
    assert expected_constant(Counter({3: 2}), 3, 0) == pytest.approx(2)


def test_chance_agrees_with_dealing_the_labels_out() -> None:
    generator = np.random.default_rng(0)
    labels, groups = np.array([1] * 12 + [0] * 8), np.array([0] * 5 + [1] * 2 + [2] * 3 + [3] * 2 + [4] * 8)
    dealt = []
    for _ in range(4000):
        generator.shuffle(labels)
        dealt.append(sum(len(set(labels[groups == group])) == 1 for group in range(5)))
    expected = expected_constant(Counter([5, 2, 3, 2, 8]), 12, 8)
    assert np.mean(dealt) == pytest.approx(expected, abs=4 * np.std(dealt) / 4000**0.5)
