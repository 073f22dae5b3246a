"""Which posts are tied together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rumorscope.errors import InputError
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.post import Post


def _posts(*pictures: str, events: tuple[str | None, ...] = ()) -> list[Post]:
    """One post a string; each letter is a picture."""
    named = events or (None,) * len(pictures)
    return [
        Post(str(row), "text", tuple(letter.encode() for letter in letters), event=event)
        for row, (letters, event) in enumerate(zip(pictures, named, strict=True))
    ]


def _groups(index: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(index == number).tolist()) for number in np.unique(index)}


def test_pictures_tie_posts_through_other_posts() -> None:
    clusters = cluster_posts(_posts("a", "b", "bc", "c", "", "a", ""), "image")
    assert _groups(clusters.index) == {frozenset(group) for group in ({0, 5}, {1, 2, 3}, {4}, {6})}
    assert clusters.count == 4


def test_equal_files_are_one_picture(tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(b"same")
    posts = [Post("0", "", (tmp_path / "one.png",)), Post("1", "", (tmp_path / "two.png",))]
    assert cluster_posts(posts).count == 1


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("abcdefgh", max_size=2), min_size=1, max_size=12))
def test_clusters_are_the_smallest_that_share_no_picture(pictures: list[str]) -> None:
    groups = [{row} for row in range(len(pictures))]  # the slow way: merge until nothing is shared
    letters = lambda group: {letter for row in group for letter in pictures[row]}  # noqa: E731  # said once
    while pairs := [(a, b) for a in groups for b in groups if a is not b and letters(a) & letters(b)]:
        first, second = pairs[0]
        groups = [group for group in groups if group not in (first, second)] + [first | second]
    index = cluster_posts(_posts(*pictures), "image").index
    assert _groups(index) == {frozenset(group) for group in groups}
    assert sorted(set(index.tolist())) == list(range(len(groups)))


def test_auto_clusters_only_where_pictures_are_shared() -> None:
    assert cluster_posts(_posts("a", "b", "")).by == "none"
    assert cluster_posts(_posts("a", "b", "a")).by == "image"
    assert cluster_posts(_posts("", "")).count == 2


def test_events_and_posts_without_one() -> None:
    clusters = cluster_posts(_posts("", "", "", "", events=("storm", None, "storm", None)), "event")
    assert _groups(clusters.index) == {frozenset({0, 2}), frozenset({1}), frozenset({3})}
    assert clusters.by == "event"


def test_no_event_at_all_is_an_error_that_says_what_works() -> None:
    with pytest.raises(InputError, match="no post names its event; cluster by 'image' or 'none'"):
        cluster_posts(_posts("a"), "event")
