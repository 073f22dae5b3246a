"""Made manifests: a clean one, in which the parts have nothing in common, to plant leaks in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from evaluation.audit.pictures import encoded, picture
from rumorscope.data.manifest import Manifest
from rumorscope.post import Label, Post

START = datetime(2020, 1, 1, tzinfo=UTC)
TRAIN, TEST = 240, 120


def clean(seed: int = 0) -> Manifest:
    """240 training and 120 later test posts; their labels, texts, pictures and events are drawn at random."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(TRAIN + TEST) % 2)
    words = np.array([f"w{number}" for number in range(2000)])
    posts = []
    for row, label in enumerate(labels):
        part = "a" if row < TRAIN else "b"
        posts.append(
            Post(
                id=str(generator.integers(10**12, 10**13)),
                text=" ".join(generator.choice(words, size=generator.integers(4, 30))),
                images=(encoded(picture(1000 * seed + row), "JPEG"),),
                label=Label(int(label)),
                event=f"{part}{generator.integers(12)}",
                time=START + timedelta(hours=row),
                user=f"u{row}",
            )
        )
    return Manifest(Path("made"), tuple(posts), ("train",) * TRAIN + ("test",) * TEST, "made")


def with_posts(manifest: Manifest, change: Callable[[int, Post], Post]) -> Manifest:
    """The manifest with every post changed, given its position."""
    return replace(manifest, posts=tuple(change(row, post) for row, post in enumerate(manifest.posts)))
