"""Plain baselines beside a detector: each fitted on the training posts alone, by the loop that trains all.

Temperature and threshold are left at 1 and 0.5, since no validation posts are asked for.

Shapes: **N** posts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rumorscope.detectors import Detector, detector_class
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.evaluation.assess import Assessment, Resampling, assess
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats
from rumorscope.evaluation.predictions import Predictions, predict
from rumorscope.post import Post
from rumorscope.training.calibration import Calibration
from rumorscope.training.config import TrainingConfig
from rumorscope.training.loop import Trainer
from rumorscope.training.material import Material

IMAGE_SIZE, RECEPTIVE_FIELD = 224, 32  # what most towers were trained at

WITHOUT_TOWERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "majority class": ("majority", {}),
    "picture look-up": ("lookup", {}),
    "text TF-IDF": ("tfidf", {}),
}
"""The references that load no tower: name → detector and its configuration."""


def references(image_tower: str | None = None) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name → detector and its configuration; an image tower, by hub name or folder, adds two."""
    if image_tower is None:
        return dict(WITHOUT_TOWERS)
    image = {"model": image_tower, "image_size": IMAGE_SIZE, "receptive_fields": (RECEPTIVE_FIELD,)}
    return {
        **WITHOUT_TOWERS,
        "image features": ("features", {"modality": "image", "image": image}),
        "mean of text and images": ("late_fusion", {"image": image}),
    }


def assess_references(
    train: Sequence[Post],
    posts: Sequence[Post],
    clusters: Clusters,
    resampling: Resampling,
    image_tower: str | None = None,
) -> list[Assessment]:
    """The references judged on the posts and the resamples that a detector was judged on.

    Raises InputError for training posts without a label or of a single class.
    """
    return [
        assess(
            name,
            Predictions.of(posts, answer(detector, train, posts, config)),
            clusters,
            resampling=resampling,
        )
        for name, (detector, config) in references(image_tower).items()
    ]


def answer(
    name: str, train: Sequence[Post], posts: Sequence[Post], config: Mapping[str, Any] | None = None
) -> Floats:
    """The rumor probability (N,) of `posts` by the baseline of that name, as `fitted` on `train`."""
    return predict(fitted(name, train, config), Calibration(), posts)


def fitted(name: str, train: Sequence[Post], config: Mapping[str, Any] | None = None) -> Detector:
    """The baseline of that name, fitted on `train`. Raises InputError where they do not serve it."""
    kind = detector_class(name)
    detector = kind(kind.Config.parse(dict(config or {})), PretrainedTowers())
    with tempfile.TemporaryDirectory() as folder:
        Trainer(detector, Material(train), TrainingConfig(), Path(folder)).run()
    return detector
