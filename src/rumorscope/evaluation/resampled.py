"""The metrics of many resamples at once: a resample is a row of weights, how often it holds each post.

The definitions are those of `metrics.py`; calling scikit-learn a thousand times would take minutes where
this takes a fraction of a second. **S** resamples, **N** posts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rumorscope.evaluation.metrics import BINS, METRICS, Floats, Integers, bin_index


def measure_resampled(
    labels: Integers, probabilities: Floats, weights: Floats, threshold: float = 0.5
) -> dict[str, Floats]:
    """Every metric under each row of (S, N) weights, as (S,) values; NaN where the resample has none."""
    return measure_called(labels, probabilities, probabilities >= threshold, weights)


def measure_called(
    labels: Integers,
    probabilities: Floats,
    called: NDArray[np.bool_],
    weights: Floats,
    metrics: Sequence[str] = METRICS,
) -> dict[str, Floats]:
    """Some metrics, of (N,) posts that were called rumors or not at whatever threshold."""
    rumor = (labels == 1).astype(np.float64)
    total = weights.sum(axis=1)
    wanted, values = set(metrics), dict[str, Floats]()
    if "brier" in wanted:
        values["brier"] = weights @ (probabilities - rumor) ** 2 / total
    if "expected_calibration_error" in wanted:
        values["expected_calibration_error"] = _calibration_error(rumor, probabilities, weights) / total
    if wanted & {"auc", "average_precision"}:
        values |= _of_ranking(rumor, probabilities, weights)
    if wanted - values.keys():
        values |= _of_classes(rumor, called, weights)
    return {name: values[name] for name in metrics}


def _calibration_error(rumor: Floats, probabilities: Floats, weights: Floats) -> Floats:
    member = np.eye(BINS)[bin_index(probabilities)]  # (N, bins)
    gap = weights @ (member * (probabilities - rumor)[:, None])  # (S, bins), summed over the bin's posts
    return np.asarray(np.abs(gap).sum(axis=1))


def _of_classes(rumor: Floats, called: np.ndarray, weights: Floats) -> dict[str, Floats]:
    right = {"rumor": weights @ (rumor * called), "non_rumor": weights @ ((1 - rumor) * ~called)}
    true = {"rumor": weights @ rumor, "non_rumor": weights @ (1 - rumor)}
    predicted = {"rumor": weights @ called, "non_rumor": weights @ ~called}
    values = {"accuracy": (right["rumor"] + right["non_rumor"]) / weights.sum(axis=1)}
    for name in ("rumor", "non_rumor"):
        present = np.where(true[name] > 0, 1.0, np.nan)  # a class with no post has no scores
        values[f"{name}_precision"] = present * _ratio(right[name], predicted[name])
        values[f"{name}_recall"] = present * _ratio(right[name], true[name])
        values[f"{name}_f1"] = present * _ratio(2 * right[name], true[name] + predicted[name])
    for score in ("precision", "recall", "f1"):
        values[f"macro_{score}"] = (values[f"rumor_{score}"] + values[f"non_rumor_{score}"]) / 2
    return values


def _of_ranking(rumor: Floats, probabilities: Floats, weights: Floats) -> dict[str, Floats]:
    order = np.argsort(-probabilities, kind="stable")
    starts = np.flatnonzero(np.diff(probabilities[order], prepend=np.inf))  # equal scores rank as one
    ranked = weights[:, order]
    hits = np.add.reduceat(ranked * rumor[order], starts, axis=1)  # (S, distinct scores), the highest first
    misses = np.add.reduceat(ranked * (1 - rumor[order]), starts, axis=1)
    hits_so_far, misses_so_far = hits.cumsum(axis=1), misses.cumsum(axis=1)
    rumors, others = hits_so_far[:, -1], misses_so_far[:, -1]
    both = np.where((rumors > 0) & (others > 0), 1.0, np.nan)
    below = others[:, None] - misses_so_far + misses / 2  # a tie counts half
    precision = _ratio(hits_so_far, hits_so_far + misses_so_far)
    return {
        "auc": both * _ratio((hits * below).sum(axis=1), rumors * others),
        "average_precision": both * _ratio((hits * precision).sum(axis=1), rumors),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)
