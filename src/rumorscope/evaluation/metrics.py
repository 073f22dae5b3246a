"""How good rumor probabilities are against the known labels: the definitions, one number a metric.

A post is called a rumor when its probability is at least the threshold. Rumor is the positive class.
**N** posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    precision_recall_fscore_support,
    roc_auc_score,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CLASSES = ("non_rumor", "rumor")  # in the order of Label
BINS = 10  # of the reliability table: a few hundred posts fill ten bins, not a hundred
METRICS = (
    "accuracy", "macro_precision", "macro_recall", "macro_f1",
    "rumor_precision", "rumor_recall", "rumor_f1",
    "non_rumor_precision", "non_rumor_recall", "non_rumor_f1",
    "auc", "average_precision", "brier", "expected_calibration_error",
)  # fmt: skip


@dataclass(frozen=True)
class Measures:
    """The value of every metric of `METRICS` that the posts define, and why the others have none."""

    values: Mapping[str, float]
    undefined: Mapping[str, str]


@dataclass(frozen=True)
class Confusion:
    """Counts of posts by their true and their predicted class."""

    true_rumors: int
    missed_rumors: int  # rumors called non-rumors
    false_alarms: int  # non-rumors called rumors
    true_non_rumors: int


@dataclass(frozen=True)
class ReliabilityBin:
    """The posts whose rumor probability lies in [low, high); the last bin holds 1 as well."""

    low: float
    high: float
    posts: int
    mean_probability: float | None  # None in an empty bin
    rumor_share: float | None


def measure(labels: Integers, probabilities: Floats, threshold: float = 0.5) -> Measures:
    """Every metric of (N,) rumor probabilities against (N,) labels (1 = rumor), N at least 1.

    Precision is 0 for a class that is never predicted, the convention of the field. A class with no post
    has no precision, recall or F1, and without both classes there is no macro mean and nothing to rank.
    """
    predicted = (probabilities >= threshold).astype(np.int64)
    values = {
        "accuracy": float(np.mean(predicted == labels)),
        "brier": float(brier_score_loss(labels, probabilities, pos_label=1)),
        "expected_calibration_error": expected_calibration_error(labels, probabilities),
        **_of_classes(labels, predicted),
    }
    if len(np.unique(labels)) == len(CLASSES):
        values["auc"] = float(roc_auc_score(labels, probabilities))
        values["average_precision"] = float(average_precision_score(labels, probabilities))
    only = "rumor" if labels[0] == 1 else "non-rumor"
    undefined = {name: f"every post is a {only}" for name in METRICS if name not in values}
    return Measures({name: values[name] for name in METRICS if name in values}, undefined)


def _of_classes(labels: Integers, predicted: Integers) -> dict[str, float]:
    table = precision_recall_fscore_support(labels, predicted, labels=[0, 1], zero_division=0.0)[:3]
    scores = dict(zip(("precision", "recall", "f1"), np.asarray(table), strict=True))  # each (2,)
    present = [index for index in range(len(CLASSES)) if np.any(labels == index)]
    values = {f"{CLASSES[i]}_{name}": float(score[i]) for name, score in scores.items() for i in present}
    if len(present) == len(CLASSES):
        values |= {f"macro_{name}": float(np.mean(score)) for name, score in scores.items()}
    return values


def confusion(labels: Integers, probabilities: Floats, threshold: float = 0.5) -> Confusion:
    """Count the four outcomes of calling a post a rumor at the threshold or above."""
    called, rumor = probabilities >= threshold, labels == 1
    return Confusion(
        true_rumors=int(np.sum(called & rumor)),
        missed_rumors=int(np.sum(~called & rumor)),
        false_alarms=int(np.sum(called & ~rumor)),
        true_non_rumors=int(np.sum(~called & ~rumor)),
    )


def expected_calibration_error(labels: Integers, probabilities: Floats, bins: int = BINS) -> float:
    """How far stated probabilities are from what happens, 0 (calibrated) to 1.

    The rumor probability (not the confidence in the predicted class) is cut into `bins` bins of equal
    width; in each, the distance between the mean probability and the share of rumors; then the mean over
    bins weighted by their posts (Naeini et al. 2015, for the positive class of a binary task).
    """
    table = reliability(labels, probabilities, bins)
    gaps = [row.posts * abs(row.mean_probability - row.rumor_share) for row in table
            if row.mean_probability is not None and row.rumor_share is not None]  # fmt: skip
    return sum(gaps) / len(labels)


def reliability(labels: Integers, probabilities: Floats, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """The reliability table: for each bin of probability, what was stated and what was so."""
    index = bin_index(probabilities, bins)
    rows = []
    for number in range(bins):
        inside = index == number
        posts = int(inside.sum())
        stated = float(probabilities[inside].mean()) if posts else None
        found = float(labels[inside].mean()) if posts else None
        rows.append(ReliabilityBin(number / bins, (number + 1) / bins, posts, stated, found))
    return tuple(rows)


def bin_index(probabilities: Floats, bins: int = BINS) -> Integers:
    """The number of the equal-width bin that each probability falls in; 1 falls in the last."""
    edges = np.arange(1, bins) / bins  # the same numbers that the table prints: 0.3 opens the fourth of ten
    return np.searchsorted(edges, probabilities, side="right").astype(np.int64)
