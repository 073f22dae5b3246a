"""How well manipulation is found in pictures of a forgery set, as wholes and place by place, with intervals.

Pictures made from one source stand or fall together, so resamples draw whole groups of sources (the posts'
events), as `bootstrap.py` says. **S** resamples, **N** pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch

from rumorscope.data.images import read_image, read_mask
from rumorscope.errors import InputError
from rumorscope.evaluation.assess import Estimate
from rumorscope.evaluation.bootstrap import Interval, percentile_interval, resample_weights
from rumorscope.evaluation.clusters import ClusterBy, cluster_posts
from rumorscope.evaluation.forensic_baselines import Answers, tampered
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.evaluation.predictions import blinded
from rumorscope.evaluation.resampled import measure_called
from rumorscope.forensics.finding import FindsManipulation, maps_of_batch
from rumorscope.forensics.localisation import localise
from rumorscope.forensics.recompression import jpeg
from rumorscope.post import ManipulationMap, Post
from rumorscope.training.checkpoint import Checkpoint
from rumorscope.training.objective import device_of

LOCALISED = ("auc", "best_f1", "f1", "iou")


@dataclass(frozen=True)
class ForensicReport:
    """What was measured on which pictures, by each way of finding manipulation, by its name."""

    pictures: int
    tampered: int
    groups: int  # of sources
    located: int  # tampered pictures with a mask that marks a part of them
    whole: Mapping[str, Estimate]  # AUC of telling tampered pictures from authentic ones
    places: Mapping[str, Mapping[str, Estimate]]  # means over the located pictures, by `LOCALISED`


def known_pictures(posts: Sequence[Post]) -> list[Post]:
    """The posts of one picture of which it is known whether it was altered."""
    return [post for post in posts if post.manipulation is not None and len(post.images) == 1]


def resaved(posts: Sequence[Post], quality: int) -> list[Post]:
    """The posts with every picture saved as JPEG of that quality, as a platform would.

    What is found then is told by pixels, and not by how each file was saved last. Raises InputError where a
    picture cannot be read.
    """
    return [
        replace(post, images=tuple(jpeg(read_image(source), quality) for source in post.images))
        for post in posts
    ]


def find_manipulation(
    checkpoint: Checkpoint,
    posts: Sequence[Post],
    *,
    batch_size: int = 32,
    advance: Callable[[int], object] = lambda pictures: None,
) -> Answers:
    """What a trained detector says of posts of one picture each, as one way among others.

    Raises InputError where it finds no manipulation, or a picture cannot be read.
    """
    found = maps_of_posts(checkpoint, posts, batch_size=batch_size, advance=advance)
    scores = np.array([one.probability for one in found])
    return Answers(checkpoint.name, scores, [np.array(one.values) for one in found])


def maps_of_posts(
    checkpoint: Checkpoint,
    posts: Sequence[Post],
    *,
    batch_size: int = 32,
    advance: Callable[[int], object] = lambda pictures: None,
) -> list[ManipulationMap]:
    """A trained detector's map of each post's one picture; it is shown nothing else that is known of them.

    Raises InputError where it finds no manipulation, or a picture cannot be read.
    """
    detector = checkpoint.detector
    if not isinstance(detector, FindsManipulation):
        raise InputError(
            f"{checkpoint.name} does not look for manipulation; use a run of a detector that does"
        )
    maps: list[ManipulationMap] = []
    for start in range(0, len(posts), batch_size):
        samples = [detector.preprocess.prepare(blinded(post)) for post in posts[start : start + batch_size]]
        with torch.inference_mode():
            batch = detector.preprocess.collate(samples).to(device_of(checkpoint.detector))
            maps += [found for (found,) in maps_of_batch(detector, batch)]
        advance(len(samples))
    return maps


def measure_forensics(
    posts: Sequence[Post], answers: Sequence[Answers], *, resamples: int = 1000, seed: int = 0
) -> ForensicReport:
    """Hold answers on posts against what is known of their pictures.

    Raises InputError where the pictures are all of one kind.
    """
    labels = tampered(posts)
    if len(np.unique(labels)) < 2:
        raise InputError("the pictures must be tampered and authentic ones, and all are of one kind")
    masks = {row: mask for row, post in enumerate(posts) if (mask := _mask(post)) is not None}
    weights = _Resamples(posts, resamples, seed)
    located = _Resamples([posts[row] for row in masks], resamples, seed) if masks else None
    return ForensicReport(
        pictures=len(posts),
        tampered=int(labels.sum()),
        groups=weights.groups,
        located=len(masks),
        whole={a.name: _auc(labels, a.scores, weights) for a in answers if a.scores is not None},
        places={
            a.name: _of_places(a.maps, masks, located) for a in answers if a.maps is not None and located
        },
    )


class _Resamples:
    """The same resamples of some posts for every metric."""

    def __init__(self, posts: Sequence[Post], resamples: int, seed: int) -> None:
        by: ClusterBy = "event" if any(post.event is not None for post in posts) else "none"
        index = cluster_posts(posts, by).index
        self.groups = int(index.max()) + 1
        self.weights = np.concatenate(list(resample_weights(index, resamples, seed)))  # (S, N)

    def interval(self, values: Floats) -> Interval | None:
        """Of (S,) resampled values; a single group says nothing of variance."""
        return percentile_interval(values) if self.groups > 1 else None


def _auc(labels: Integers, scores: Floats, resamples: _Resamples) -> Estimate:
    def measured(weights: Floats) -> Floats:
        return measure_called(labels, scores, scores > 0, weights, ("auc",))["auc"]

    return Estimate(
        float(measured(np.ones((1, len(labels))))[0]), resamples.interval(measured(resamples.weights))
    )


def _of_places(
    maps: Sequence[Floats], masks: Mapping[int, np.ndarray], resamples: _Resamples
) -> dict[str, Estimate]:
    found = [asdict(localise(maps[row], mask)) for row, mask in masks.items()]
    return {name: _mean(np.array([values[name] for values in found]), resamples) for name in LOCALISED}


def _mean(values: Floats, resamples: _Resamples) -> Estimate:
    resampled = resamples.weights @ values / resamples.weights.sum(axis=1)
    return Estimate(float(values.mean()), resamples.interval(resampled))


def _mask(post: Post) -> np.ndarray | None:
    """The mask of a tampered picture, where it marks a part of it."""
    if post.manipulation is None or not post.manipulation.tampered or post.manipulation.mask is None:
        return None
    mask = read_mask(post.manipulation.mask)
    return mask if mask.any() and not mask.all() else None
