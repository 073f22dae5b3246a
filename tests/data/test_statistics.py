"""Counting a manifest, on rows small enough to count by hand."""

from __future__ import annotations

from rumorscope.data.row import ReplyRow, Row
from rumorscope.data.statistics import GroupCounts, describe
from rumorscope.post import Label

ROWS = [
    Row(id="1", text="ab", label=Label.RUMOR, split="train", event="x", images_file_names=("p", "q"),
        images_sha256=("P", "Q")),
    Row(id="2", text="abcd", label=Label.NON_RUMOR, split="train", event="x", images_file_names=("r",),
        images_sha256=("P",)),
    Row(id="3", text="", label=Label.RUMOR, split="test", replies=(ReplyRow(id="r", text="?"),)),
    Row(id="4", text="abcdef", split="test", event="y", images_file_names=("z",)),
]  # fmt: skip


def test_counts_by_hand() -> None:
    statistics = describe(ROWS)
    assert statistics.total == GroupCounts("all", 4, 2, 1, 3, 4, 3, 3.0)
    assert statistics.splits == (
        GroupCounts("train", 2, 1, 1, 2, 3, 2, 3.0),
        GroupCounts("test", 2, 1, 0, 1, 1, 1, 3.0),
    )
    assert [(group.name, group.posts) for group in statistics.events] == [("x", 2), ("none", 1), ("y", 1)]
    assert statistics.languages == ()
    assert statistics.posts_per_image == 4 / 3
    assert statistics.replies == 1


def test_every_grouping_adds_up_to_the_whole() -> None:
    statistics = describe(ROWS)
    for groups in (statistics.splits, statistics.events):
        assert sum(group.posts for group in groups) == statistics.total.posts
        assert sum(group.images for group in groups) == statistics.total.images


def test_pictures_of_a_forgery_set() -> None:
    known = [
        Row(id=str(n), text="", tampered=tampered) for n, tampered in enumerate([True, False, True, None])
    ]
    total = describe(known).total
    assert (total.tampered, total.authentic) == (2, 1)


def test_no_posts() -> None:
    assert describe([]).total == GroupCounts("all", 0, 0, 0, 0, 0, 0, 0.0)
