"""Detectors that are fitted in one go: fit one to posts, and ask it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rumorscope.detectors import Detector, Fit, detector_class
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.post import Label, Post
from tiny import tiny_picture

RED, BLUE = tiny_picture("red"), tiny_picture("blue")


def fitted(name: str, posts: Sequence[Post], **config: Any) -> Detector:
    """The detector of that name, fitted to the posts in batches of five."""
    kind = detector_class(name)
    detector = kind(kind.Config.parse(config), PretrainedTowers()).eval()
    (stage,) = detector.stages()
    assert isinstance(stage, Fit)
    with torch.no_grad():
        stage.fit(detector.preprocess(posts[start : start + 5]) for start in range(0, len(posts), 5))
    return detector


def probabilities(detector: Detector, posts: Sequence[Post]) -> NDArray[np.float64]:
    """The rumor probability of each post."""
    with torch.no_grad():
        logits = detector(detector.preprocess(posts)).logits
    return np.asarray(logits.double().sigmoid())


def sharks(count: int, *, english: bool = True) -> list[Post]:
    """Every third post is a rumor: sharks over a red picture; the others tell of bridges over a blue one."""
    words = ("the bridge holds", "a shark in the street") if english else ("大桥完好", "街头出现鲨鱼")
    return [
        Post(str(n), f"{words[n % 3 == 0]} {n % 7}", (RED if n % 3 == 0 else BLUE,), Label(n % 3 == 0))
        for n in range(count)
    ]
