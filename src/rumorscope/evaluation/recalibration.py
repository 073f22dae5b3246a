"""A calibration, a threshold and an undecided band for a trained detector, chosen on validation posts.

Each way is judged by cross-validation over clusters of the same posts, so that no curve is praised for the
posts it was drawn through. **N** posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import torch
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.model_selection import StratifiedGroupKFold
from torch import Tensor

from rumorscope.errors import InputError
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats, Integers, expected_calibration_error
from rumorscope.training.calibration import Calibration, Method, calibrated
from rumorscope.training.thresholds import certainty, choose_threshold, coverage_for, needed_certainty

FOLDS = 5
AS_IT_WAS = "as it was"


@dataclass(frozen=True)
class Quality:
    """How well stated probabilities fit what is so; less is better."""

    negative_log_likelihood: float
    brier: float
    expected_calibration_error: float

    @classmethod
    def of(cls, labels: Integers, probabilities: Floats) -> Quality:
        """Measure (N,) probabilities against (N,) labels."""
        return cls(
            float(log_loss(labels, probabilities, labels=[0, 1])),
            float(brier_score_loss(labels, probabilities)),
            expected_calibration_error(labels, probabilities),
        )


@dataclass(frozen=True)
class Choice:
    """What to choose, and by what."""

    method: Method = "temperature"
    threshold: str | None = None  # a rule of `choose_threshold`; None keeps the one that was
    coverage: float | None = None  # share of the posts to answer
    accuracy: float | None = None  # or how accurate the answers must be


@dataclass(frozen=True)
class Recalibration:
    """What was chosen, and how each way fares on posts that it was not fitted to."""

    calibration: Calibration
    quality: Mapping[str, Quality]  # as it was, and each method
    labels: Integers  # (N,)
    probabilities: Floats  # (N,) of the chosen method, cross-validated: what the choices rest on
    clusters: Clusters


def recalibrate(
    before: Calibration, logits: Tensor, labels: Integers, clusters: Clusters, choice: Choice
) -> Recalibration:
    """Choose on (N,) logits and labels (1 = rumor) of posts that the detector did not learn from.

    Raises InputError where the posts are too few or of one class, and for what no threshold or band does.
    """
    truth = torch.from_numpy(labels)
    answers = {method: cross_validated(method, logits, labels, clusters) for method in get_args(Method)}
    as_it_was = before.probability(logits).double().numpy()
    chosen = replace(
        calibrated(choice.method, logits, truth),
        threshold=before.threshold,
        uncertain=before.uncertain,
        uncertain_below=before.uncertain_below,
    )
    probabilities = answers[choice.method]
    if choice.threshold is not None:
        threshold = choose_threshold(choice.threshold, labels, probabilities)
        chosen = replace(chosen, threshold=threshold, uncertain=0.0, uncertain_below=None)
    chosen = _with_band(chosen, labels, probabilities, choice)
    quality = {AS_IT_WAS: Quality.of(labels, as_it_was)}
    quality |= {method: Quality.of(labels, found) for method, found in answers.items()}
    return Recalibration(chosen, quality, labels, probabilities, clusters)


def cross_validated(method: Method, logits: Tensor, labels: Integers, clusters: Clusters) -> Floats:
    """The probability (N,) of each post by a calibration fitted to the posts of other clusters."""
    splitter = StratifiedGroupKFold(_folds(labels, clusters), shuffle=True, random_state=0)
    answers = np.full(len(labels), np.nan)
    for fitted, held in splitter.split(np.zeros(len(labels)), labels, clusters.index):
        calibration = calibrated(method, logits[fitted], torch.from_numpy(labels[fitted]))
        answers[held] = calibration.probability(logits[held]).double().numpy()
    return answers


def _folds(labels: Integers, clusters: Clusters) -> int:
    """As many as both classes and the clusters can fill, at the most `FOLDS`."""
    folds = min(FOLDS, clusters.count, *(int(np.sum(labels == label)) for label in (0, 1)))
    if folds < 2:
        raise InputError(
            f"{len(labels)} posts in {clusters.count} clusters with {int(labels.sum())} rumors are too few "
            "to calibrate on; it takes two of each class, in two clusters"
        )
    return folds


def _with_band(
    calibration: Calibration, labels: Integers, probabilities: Floats, choice: Choice
) -> Calibration:
    coverage, threshold = choice.coverage, calibration.threshold
    sure = certainty(probabilities, threshold)
    if choice.accuracy is not None:
        right = (probabilities >= threshold) == (labels == 1)
        coverage = coverage_for(choice.accuracy, right, sure)
    if coverage is None:
        return calibration
    needed = needed_certainty(sure, coverage) if coverage < 1 else 0.0
    return replace(calibration, uncertain=needed * (1 - threshold), uncertain_below=needed * threshold)
