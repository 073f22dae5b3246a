"""Whether test lies after train: a detector is used on posts that come later than those it learnt from."""

from __future__ import annotations

from collections.abc import Sequence

from rumorscope.evaluation.audit.record import Period, Times
from rumorscope.evaluation.audit.shared import PARTS
from rumorscope.post import Post


def order_in_time(posts: Sequence[Post], splits: Sequence[str | None]) -> Times:
    """The period of each part, and how many test posts lie within and after that of train."""
    times = {
        part: [post.time for post, split in zip(posts, splits, strict=True) if split == part and post.time]
        for part in PARTS
    }
    periods = tuple(
        Period(part, len(known), min(known), max(known)) for part, known in times.items() if known
    )
    train, test = times["train"], times["test"]
    if not train or not test:
        return Times(periods, None, None)
    first, last = min(train), max(train)
    return Times(
        periods,
        inside=_share([first <= time <= last for time in test]),
        after=_share([time > last for time in test]),
    )


def _share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)
