"""The order of the parts in time."""

from __future__ import annotations

from datetime import UTC, datetime

from rumorscope.evaluation.audit.times import order_in_time
from rumorscope.post import Post


def posts(*days: int | None) -> list[Post]:
    times = [None if day is None else datetime(2020, 1, day, tzinfo=UTC) for day in days]
    return [Post(str(row), "", time=time) for row, time in enumerate(times)]


def test_test_posts_before_within_and_after_the_training_period() -> None:
    times = order_in_time(posts(3, 9, None, 1, 3, 9, 12, None), ["train"] * 3 + ["test"] * 5)
    assert (times.inside, times.after) == (0.5, 0.25)
    assert [(one.part, one.posts, one.first.day, one.last.day) for one in times.periods] == [
        ("train", 2, 3, 9),
        ("test", 4, 1, 12),
    ]


def test_without_times_nothing_is_said() -> None:
    times = order_in_time(posts(3, None), ["train", "test"])
    assert (times.inside, times.after, len(times.periods)) == (None, None, 1)
