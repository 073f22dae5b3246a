"""Setting posts aside for validation, so that no event and no picture is on both sides."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from rumorscope.data.shared_pictures import picture_groups
from rumorscope.errors import InputError
from rumorscope.post import Post

Grouping = Literal["random", "image", "event"]


def hold_out(
    posts: Sequence[Post], by: Grouping, fraction: float, seed: int
) -> tuple[list[Post], list[Post]]:
    """Split into (kept, held out), each in the given order.

    Whole groups are drawn at random until `fraction` of the posts is held out, passing over a group that
    is larger than what is left to take. A group is one post, the posts tied together by shared pictures,
    or one event. Raises InputError where the fraction is impossible, a post names no event, or no group
    is small enough.
    """
    if not 0 < fraction < 1:
        raise InputError(f"fraction={fraction} to hold out; use a number between 0 and 1, such as 0.1")
    groups = _groups(posts, by)
    random.Random(seed).shuffle(groups)
    left = round(fraction * len(posts))
    chosen: set[int] = set()
    for group in groups:
        if len(group) <= left:
            chosen.update(group)
            left -= len(group)
    if not chosen:
        smallest = min(map(len, groups), default=0)
        raise InputError(
            f"cannot hold out {fraction} of {len(posts)} posts by {by}: the smallest group has {smallest}; "
            "use a larger fraction, or by='random'"
        )
    return (
        [post for index, post in enumerate(posts) if index not in chosen],
        [post for index, post in enumerate(posts) if index in chosen],
    )


def _groups(posts: Sequence[Post], by: Grouping) -> list[list[int]]:
    match by:
        case "random":
            return [[index] for index in range(len(posts))]
        case "event":
            return _by_event(posts)
        case "image":
            return _by_image(posts)


def _by_event(posts: Sequence[Post]) -> list[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, post in enumerate(posts):
        if post.event is None:
            raise InputError(f"post {post.id} names no event; hold out by 'image' or 'random' instead")
        groups[post.event].append(index)
    return list(groups.values())


def _by_image(posts: Sequence[Post]) -> list[list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(picture_groups(posts).tolist()):
        groups[group].append(index)
    return list(groups.values())
