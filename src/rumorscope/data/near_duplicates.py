"""Pictures that show the same thing although their files differ: scaled, recompressed, lightly retouched.

A picture's perceptual hash (pHash, Zauner 2010, by `imagehash`) is 64 bits: which of the low frequencies of
its grey values are above their median. Near-duplicates are pictures whose hashes differ in few bits.

Shapes: **P** distinct pictures, **N** posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rumorscope.data.images import read_image
from rumorscope.data.parallel import Progress, in_parallel, no_progress
from rumorscope.data.shared_pictures import linked_groups, picture_keys
from rumorscope.post import ImageSource, Post

MAX_DISTANCE = 10
"""Bits of 64 in which near-duplicates may differ, chosen by looking at pairs.

Of Twitter/MediaEval's 486 pictures 18 pairs are within it, and all show the same photograph; so do the six
at 12 bits, but of Weibo's three at 12 one pair is unrelated, and of Twitter's 24 at 14 six. Among the 499,500
pairs of 1,000 Flickr8k photographs none is within it, one is at 12 and 19 are at 14.
"""


@dataclass(frozen=True)
class PictureHashes:
    """The perceptual hash of each distinct picture of some posts."""

    keys: tuple[str, ...]  # (P,) SHA-256 of the content
    bits: NDArray[np.bool_]  # (P, 64)
    key_of: dict[ImageSource, str]  # every picture's key


def hash_pictures(posts: Sequence[Post], progress: Progress = no_progress) -> PictureHashes:
    """Decode each distinct picture once, in threads. Raises InputError for one that cannot be read."""
    key_of = picture_keys(posts)
    distinct = {key: source for source, key in reversed(key_of.items())}
    hashed = [bits for _, bits in in_parallel(_hash, list(distinct.values()), progress)]
    return PictureHashes(tuple(distinct), np.array(hashed, dtype=np.bool_).reshape(-1, 64), key_of)


def near_duplicate_pairs(
    bits: NDArray[np.bool_], max_distance: int = MAX_DISTANCE
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(M, 2) the pairs of rows, the lower number first, that differ in few bits, and (M,) in how many.

    Compared in blocks: 15,000 pictures are 112 million pairs, which take seconds and little memory.
    """
    packed = np.packbits(bits, axis=1).view(np.uint64)[:, 0]  # (P,)
    pairs, distances = [np.empty((0, 2), dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for start in range(0, len(packed), _BLOCK):
        differing = np.bitwise_count(packed[start : start + _BLOCK, None] ^ packed[None, start:])
        rows, columns = np.nonzero(differing <= max_distance)
        upper = columns > rows
        rows, columns = rows[upper], columns[upper]
        pairs.append(np.stack([rows, columns], axis=1) + start)
        distances.append(differing[rows, columns].astype(np.int64))
    return np.concatenate(pairs), np.concatenate(distances)


def near_duplicate_groups(
    posts: Sequence[Post], max_distance: int = MAX_DISTANCE, progress: Progress = no_progress
) -> NDArray[np.int64]:
    """(N,) the number, from 0, of the group that each post is in.

    Posts that show near-duplicates of one picture, directly or through others, are one group. A post without
    pictures is a group of its own.
    """
    hashes = hash_pictures(posts, progress)
    number = {key: len(posts) + index for index, key in enumerate(hashes.keys)}
    shown = [(row, number[hashes.key_of[source]]) for row, post in enumerate(posts) for source in post.images]
    alike, _ = near_duplicate_pairs(hashes.bits, max_distance)
    edges = np.concatenate([np.array(shown, dtype=np.int64).reshape(-1, 2), alike + len(posts)])
    return linked_groups(edges, len(posts) + len(number))[: len(posts)]


_BLOCK = 1024


def _hash(source: ImageSource) -> NDArray[np.bool_]:
    from imagehash import phash  # imports SciPy's transforms

    return np.asarray(phash(read_image(source)).hash, dtype=np.bool_).reshape(-1)
