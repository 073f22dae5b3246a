"""Posts that get another post's picture or text: a derangement of what the posts show, not of the posts.

Posts that share a picture get the same other one, so that they still share; who gets whose depends on the
contents and the seed, never on the order of the posts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from rumorscope.data.shared_pictures import picture_groups, picture_keys
from rumorscope.data.text import clean_text
from rumorscope.errors import InputError
from rumorscope.post import Post

Change = Callable[[Post], Post]


def swap_pictures(posts: Sequence[Post], seed: int) -> Change:
    """Each post with pictures gets those of a post that shares none with it, directly or through others.

    Raises InputError where all pictures hang together.
    """
    shown = [post for post in posts if post.images]
    if not shown:
        return lambda post: post
    keys, groups = picture_keys(shown), picture_groups(shown).tolist()
    first = [min(keys[source] for source in post.images) for post in shown]
    names: dict[int, str] = {}  # group → the smallest key of its pictures
    donors: dict[str, Post] = {}  # that key → the post that gives the group's pictures away
    for row in sorted(range(len(shown)), key=lambda row: (first[row], shown[row].id)):
        donors.setdefault(names.setdefault(groups[row], first[row]), shown[row])
    following = _cycle(sorted(donors), seed, "picture")
    given = {
        post.id: donors[following[names[group]]].images for post, group in zip(shown, groups, strict=True)
    }
    return lambda post: replace(post, images=given[post.id]) if post.id in given else post


def swap_texts(posts: Sequence[Post], seed: int) -> Change:
    """Each post with a text gets another post's different one. Raises InputError where all are the same."""
    texts = sorted({clean_text(post.text) for post in posts} - {""})
    following = _cycle(texts, seed, "text")
    return lambda post: replace(post, text=following.get(clean_text(post.text), post.text))


def without_pictures(post: Post) -> Post:
    """The text alone; a post without a text stays as it is, since nothing would be left."""
    return replace(post, images=()) if clean_text(post.text) else post


def without_text(post: Post) -> Post:
    """The pictures alone; a post without a picture stays as it is."""
    return replace(post, text="") if post.images else post


def _cycle(contents: list[str], seed: int, what: str) -> dict[str, str]:
    """Each content → the next one in a shuffled circle: never itself, for two or more."""
    if len(contents) == 1:
        raise InputError(f"there is one {what} only, which cannot be swapped; name more posts with --posts")
    random.Random(f"{seed} {what}").shuffle(contents)
    return dict(zip(contents, [*contents[1:], *contents[:1]], strict=True))
