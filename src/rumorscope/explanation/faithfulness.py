"""Whether the regions that an explanation names are those that the answer rests on: deletion and insertion.

The areas under both curves say little on their own, since a detector may hardly look at pictures at all. So
every explanation's order of the cells is held against random orders of the same cells, on the same posts, and
beside occlusion: what the answer loses with a cell alone painted over. **M** posts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from rumorscope.data.shared_pictures import picture_groups
from rumorscope.encoders.preprocess import Sample
from rumorscope.errors import InputError
from rumorscope.evaluation.bootstrap import Interval, percentile_interval, resample_weights
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.explanation.cells import Floats, cells_shape, relevance_of_cells, weight_of_cells
from rumorscope.explanation.occlusion import Probabilities
from rumorscope.explanation.orders import (
    OCCLUSION,
    RANDOM,
    RELEVANCE,
    WEIGHTS,
    Areas,
    areas_of_orders,
    occlusion_of_cells,
    ordered,
)
from rumorscope.post import Evidence, Post
from rumorscope.training.checkpoint import Checkpoint


@dataclass(frozen=True)
class Effort:
    """How finely a post is tested; the cost is 2 · steps answers for each order, and one for each cell."""

    steps: int = 8  # of a curve, each over the same share of the cells
    draws: int = 3  # random orders, whose areas are averaged
    seed: int = 0


@dataclass(frozen=True)
class Estimate:
    """A mean over posts with its 95% interval, drawn over sets of posts that share a picture."""

    mean: float
    interval: Interval | None  # None with one such set, which says nothing of variance


@dataclass(frozen=True)
class Faithful:
    """How one explanation did over all posts.

    `gain` is insertion minus deletion, less the same of random orders on the same posts: above 0, the cells
    that the explanation names matter more than others; below, less.
    """

    deletion: Estimate
    insertion: Estimate
    gain: Estimate


PLAIN = Effort()


def one_per_picture(posts: Sequence[Post], most: int, seed: int) -> list[Post]:
    """Posts with pictures, no two of which share one; `most` of them at random where there are more.

    Of posts that share a picture the first is taken: they would tell the same story.
    """
    shown = [post for post in posts if post.images]
    if not shown:
        raise InputError("no post has a picture, so no region can be tested; name a split with pictures")
    first: dict[int, Post] = {}
    for group, post in zip(picture_groups(shown).tolist(), shown, strict=True):
        first.setdefault(group, post)
    chosen = list(first.values())
    random.Random(seed).shuffle(chosen)
    return chosen[:most]


def measure_faithfulness(
    checkpoint: Checkpoint,
    posts: Sequence[Post],
    *,
    effort: Effort = PLAIN,
    resamples: int = 1000,
    advance: Callable[[int], object] = lambda posts: None,
) -> dict[str, Faithful]:
    """How faithful each explanation of a detector is, by method; those of `WEIGHTS` … that it has.

    Labels are not looked at. Raises InputError where a post has no picture or one that cannot be read, and
    for a detector that looks at none.
    """
    bare = [post.id for post in posts if not post.images]
    if bare or not posts:
        raise InputError(f"{len(bare)} of {len(posts)} posts have no picture to explain; leave them out")
    areas = []
    for post in posts:
        areas.append(_areas_of_post(checkpoint, replace(post, label=None, event=None), effort))
        advance(1)
    return summarise(areas, cluster_posts(posts, "image").index, resamples, effort.seed)


def summarise(
    areas: Sequence[Mapping[str, Areas]], clusters: NDArray[np.int64], resamples: int = 1000, seed: int = 0
) -> dict[str, Faithful]:
    """Means over M posts of the methods that every post has, random among them; `clusters` is (M,)."""
    weights = np.concatenate(list(resample_weights(clusters, resamples, seed)))
    several = bool(clusters.max() > 0)

    def estimate(values: Floats) -> Estimate:
        drawn = weights @ values / weights.sum(axis=1)
        return Estimate(float(values.mean()), percentile_interval(drawn) if several else None)

    methods = [method for method in areas[0] if all(method in of_post for of_post in areas)]
    table = {
        method: np.array([(a[method].deletion, a[method].insertion) for a in areas]) for method in methods
    }
    chance = table[RANDOM][:, 1] - table[RANDOM][:, 0]
    return {
        method: Faithful(
            estimate(values[:, 0]), estimate(values[:, 1]), estimate(values[:, 1] - values[:, 0] - chance)
        )
        for method, values in table.items()
    }


def _areas_of_post(checkpoint: Checkpoint, post: Post, effort: Effort) -> dict[str, Areas]:
    judge = _Judge(checkpoint)
    sample = checkpoint.detector.preprocess.prepare(post)
    if not sample.pictures:
        raise InputError(f"the detector {checkpoint.name} looks at no picture, so it has no regions to test")
    evidence, probabilities = judge.first_look(sample)
    draw = np.random.default_rng([effort.seed, *post.id.encode()])
    values = {
        WEIGHTS: weight_of_cells(evidence, [picture.size for picture in sample.pictures]),
        RELEVANCE: relevance_of_cells(evidence, len(sample.pictures)),
        OCCLUSION: occlusion_of_cells(sample, probabilities),
    }
    orders = {method: ordered(of_cells, draw) for method, of_cells in values.items() if of_cells is not None}
    cells = int(np.prod(cells_shape(sample)))
    chance = [draw.permutation(cells) for _ in range(effort.draws)]
    tested = areas_of_orders(sample, [*orders.values(), *chance], probabilities, effort.steps)
    drawn = tested[len(orders) :]
    mean = Areas(
        float(np.mean([areas.deletion for areas in drawn])),
        float(np.mean([areas.insertion for areas in drawn])),
    )
    return {**dict(zip(orders, tested, strict=False)), RANDOM: mean}


@dataclass(frozen=True)
class _Judge:
    checkpoint: Checkpoint
    batch_size: int = 32

    @torch.inference_mode()
    def first_look(self, sample: Sample) -> tuple[Evidence, Probabilities]:
        """The evidence, and what gives the probability of the class that is predicted for the sample."""
        checkpoint = self.checkpoint
        batch = checkpoint.detector.preprocess.collate([sample]).to(_device(checkpoint))
        output = checkpoint.detector(batch)
        (evidence,) = checkpoint.detector.evidence(batch, output)
        rumor = (
            float(checkpoint.calibration.probability(output.logits)[0]) >= checkpoint.calibration.threshold
        )

        def probabilities(samples: Sequence[Sample]) -> list[float]:
            answers = self._rumor(samples)
            return answers if rumor else [1 - answer for answer in answers]

        return evidence, probabilities

    @torch.inference_mode()
    def _rumor(self, samples: Sequence[Sample]) -> list[float]:
        checkpoint, answers = self.checkpoint, list[float]()
        for start in range(0, len(samples), self.batch_size):
            batch = checkpoint.detector.preprocess.collate(samples[start : start + self.batch_size])
            logits = checkpoint.detector(batch.to(_device(checkpoint))).logits
            answers += checkpoint.calibration.probability(logits).tolist()
        return answers


def _device(checkpoint: Checkpoint) -> torch.device:
    return next((parameter.device for parameter in checkpoint.detector.parameters()), torch.device("cpu"))
