"""Fewer posts of the pictures that most posts show, so that a few famous pictures do not teach alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from rumorscope.data.shared_pictures import picture_keys
from rumorscope.post import Post


def thin(posts: Sequence[Post], posts_per_image: int, seed: int) -> list[Post]:
    """Keep at most `posts_per_image` posts that show the same picture, in the given order.

    Pictures are the same by their content. Posts are considered in an order drawn with `seed`, and one is
    kept where each of its pictures has room left; a post without pictures always is.
    """
    keys = picture_keys(posts)
    shown: Counter[str] = Counter()
    kept: set[int] = set()
    order = list(range(len(posts)))
    random.Random(seed).shuffle(order)
    for index in order:
        pictures = {keys[source] for source in posts[index].images}
        if all(shown[key] < posts_per_image for key in pictures):
            shown.update(pictures)
            kept.add(index)
    return [posts[index] for index in sorted(kept)]
