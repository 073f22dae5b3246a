"""Which posts make up each batch: a function of (seed, stage, epoch), so that nothing has to be saved.

Shapes: none; indices into a stage's posts.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np
import torch

from rumorscope.detectors import Stage
from rumorscope.post import ImageSource, Label, Post

T = TypeVar("T")


def seed_of(*parts: Hashable) -> int:
    """A seed of 63 bits that differs for different parts, and is the same on every machine."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch, on every device."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def epoch_batches(
    stage: Stage, posts: Sequence[Post], *, seed: int, epoch: int, oversample: bool = False
) -> list[list[int]]:
    """The batches of one epoch, the last one perhaps smaller; no post is left out.

    `oversample` repeats posts of the smaller class at random until both classes weigh the same.
    """
    draw = random.Random(seed_of(seed, stage.name, "order", epoch))
    order = list(range(len(posts))) if stage.sampling == "shuffled" else one_per_image(posts, draw)
    if oversample and stage.data == "posts":
        order += _missing_from_balance(posts, order, draw)
    draw.shuffle(order)
    return in_batches(order, stage.batch_size)


def in_batches(items: Sequence[T], size: int) -> list[list[T]]:
    """Cut items into batches, the last one perhaps smaller."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def share(batch: Sequence[int], process: int, processes: int) -> list[int]:
    """What one of several processes does of a batch; perhaps nothing."""
    return list(batch[process::processes])


def one_per_image(posts: Sequence[Post], draw: random.Random) -> list[int]:
    """One post a picture, so that no caption is a wrong answer for its own picture."""
    captions: dict[ImageSource, list[int]] = defaultdict(list)
    for index, post in enumerate(posts):
        captions[post.images[0]].append(index)
    return [draw.choice(indices) for indices in captions.values()]


def _missing_from_balance(posts: Sequence[Post], order: Sequence[int], draw: random.Random) -> list[int]:
    classes = [[index for index in order if posts[index].label is label] for label in Label]
    smaller, larger = sorted(classes, key=len)
    missing = len(larger) - len(smaller)
    if not smaller:
        return []
    whole, rest = divmod(missing, len(smaller))
    return smaller * whole + draw.sample(smaller, rest)
