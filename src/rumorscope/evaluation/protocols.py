"""Ways to divide posts so that a score means what it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rumorscope.errors import InputError
from rumorscope.post import Post


def leave_one_event_out(posts: Sequence[Post]) -> Iterator[tuple[str, list[Post], list[Post]]]:
    """For each event, the largest first: its name, all other posts to train on, and its posts to test on.

    Raises InputError where a post names no event, or there are fewer than two.
    """
    nameless = [post.id for post in posts if post.event is None]
    if nameless:
        raise InputError(f"{len(nameless)} posts name no event, such as {nameless[0]}; leave them out first")
    events = [post.event for post in posts if post.event is not None]
    names = sorted(dict.fromkeys(events), key=lambda name: -events.count(name))
    if len(names) < 2:
        raise InputError(f"leaving one event out needs two or more, and the posts name {len(names)}")
    for name in names:
        rest = [post for post in posts if post.event != name]
        yield name, rest, [post for post in posts if post.event == name]
