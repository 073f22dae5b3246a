"""One checkpoint on one set of posts: what was found, and what it was found with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from rumorscope.evaluation.abstention import Abstention, abstention
from rumorscope.evaluation.assess import PLAIN, Assessment, Resampling, assess
from rumorscope.evaluation.bootstrap import LEVEL
from rumorscope.evaluation.clusters import Clusters, cluster_posts
from rumorscope.evaluation.predictions import Predictions, check_labelled, predict
from rumorscope.post import Post
from rumorscope.training.checkpoint import Checkpoint


@dataclass(frozen=True)
class Evaluation:
    """How good a checkpoint is on some posts, with all that is needed to say what was measured."""

    assessment: Assessment
    predictions: Predictions = field(repr=False)
    checkpoint: str  # its hash
    temperature: float  # what logits were divided by
    calibration: str  # how they became probabilities, in words
    data: str | None  # fingerprint of the manifest, where the posts come from one
    rumor_share: float
    resampling: Resampling
    clusters: Clusters
    abstention: Abstention

    @property
    def posts(self) -> int:
        return len(self.predictions.ids)

    @property
    def majority_accuracy(self) -> float:
        """What the better of the two constant answers scores on these posts."""
        return max(self.rumor_share, 1 - self.rumor_share)

    def as_dict(self) -> dict[str, Any]:
        """Every number for a program, as plain JSON values; predictions are written apart."""
        return {
            "detector": asdict(self.assessment),
            "abstention": asdict(self.abstention),
            "checkpoint": self.checkpoint,
            "temperature": self.temperature,
            "calibration": self.calibration,
            "data": self.data,
            "posts": self.posts,
            "rumor_share": self.rumor_share,
            "majority_accuracy": self.majority_accuracy,
            "intervals": {
                "level": LEVEL,
                "cluster": self.clusters.by,
                "clusters": self.clusters.count,
                "resamples": self.resampling.resamples,
                "seed": self.resampling.seed,
            },
        }


def evaluate(
    checkpoint: Checkpoint,
    posts: Sequence[Post],
    *,
    fingerprint: str | None = None,
    resampling: Resampling = PLAIN,
    batch_size: int = 32,
    advance: Callable[[int], object] = lambda posts: None,
) -> Evaluation:
    """Judge a checkpoint by labelled posts, at its own temperature and threshold.

    `fingerprint` is of the manifest that the posts come from; `advance` is told of the posts done. Raises
    InputError for posts without a label and for posts that cannot be read, naming them.
    """
    check_labelled(posts)
    answers = predict(
        checkpoint.detector, checkpoint.calibration, posts, batch_size=batch_size, advance=advance
    )
    predictions = Predictions.of(posts, answers)
    clusters = cluster_posts(posts, resampling.cluster)
    threshold = checkpoint.calibration.threshold
    return Evaluation(
        assessment=assess(checkpoint.name, predictions, clusters, threshold=threshold, resampling=resampling),
        predictions=predictions,
        checkpoint=checkpoint.hash,
        temperature=checkpoint.calibration.temperature,
        calibration=checkpoint.calibration.method,
        data=fingerprint,
        rumor_share=float(np.mean(predictions.labels)),
        resampling=resampling,
        clusters=clusters,
        abstention=abstention(
            predictions.labels,
            predictions.probabilities,
            clusters,
            threshold=threshold,
            resamples=resampling.resamples,
            seed=resampling.seed,
        ),
    )
