"""What a detector gains by leaving its least certain posts to a person: risk against coverage.

Certainty is the probability's distance from the threshold, as a share of the room on its side, which is also
what a checkpoint's undecided band is cut by (`training.thresholds`). Posts of equal certainty are answered in
random order, so ties favour nobody (El-Yaniv and Wiener 2010; AURC: Geifman et al. 2019).
**N** posts, **S** resamples, **M** distinct certainties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rumorscope.evaluation.bootstrap import Interval, percentile_interval, resample_weights
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.training.thresholds import certainty, needed_certainty, undecided_band

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.5)


@dataclass(frozen=True)
class RiskCoverage:
    """The share of wrong answers when only the most certain are given."""

    coverage: Floats  # (N,) 1/N, 2/N … 1 of the posts answered
    risk: Floats  # (N,) errors among them
    aurc: float  # the mean risk over all coverages; the error rate where certainty says nothing


@dataclass(frozen=True)
class SelectiveAccuracy:
    """The accuracy on the most certain posts."""

    coverage: float  # share of the posts that are answered
    accuracy: float
    interval: Interval | None
    certainty: float  # of the least certain answer
    band: tuple[float, float]  # probabilities between these are left to a person


@dataclass(frozen=True)
class Abstention:
    """What is gained by answering only the most certain posts."""

    aurc: float
    risk: float  # the error rate where all are answered
    selective: tuple[SelectiveAccuracy, ...]


def abstention(
    labels: Integers,
    probabilities: Floats,
    clusters: Clusters,
    *,
    threshold: float = 0.5,
    resamples: int = 1000,
    seed: int = 0,
) -> Abstention:
    """The area under the curve and the accuracy at `COVERAGES`."""
    curve = risk_coverage(labels, probabilities, threshold)
    rows = selective_accuracies(
        labels, probabilities, clusters, threshold=threshold, resamples=resamples, seed=seed
    )
    return Abstention(curve.aurc, float(curve.risk[-1]), tuple(rows))


def risk_coverage(labels: Integers, probabilities: Floats, threshold: float | Floats = 0.5) -> RiskCoverage:
    """The curve of (N,) rumor probabilities judged at a threshold, or each at its own."""
    wrong, groups = _ordered(labels, probabilities, threshold)
    errors = wrong[groups.order]
    starts = np.append(groups.starts, len(errors))
    sizes = np.diff(starts)
    expected = np.repeat(np.add.reduceat(errors, groups.starts) / sizes, sizes)  # of a tie in random order
    answered = np.arange(1, len(errors) + 1)
    risk = expected.cumsum() / answered
    return RiskCoverage(answered / len(errors), risk, float(risk.mean()))


def selective_accuracies(
    labels: Integers,
    probabilities: Floats,
    clusters: Clusters,
    *,
    threshold: float = 0.5,
    coverages: Sequence[float] = COVERAGES,
    resamples: int = 1000,
    seed: int = 0,
) -> list[SelectiveAccuracy]:
    """The accuracy at each coverage with its 95% interval over clusters, on the resamples of all metrics."""
    wrong, groups = _ordered(labels, probabilities, threshold)
    values = _accuracy_at(wrong, groups, np.ones((1, len(labels))), coverages)[0]
    intervals: list[Interval | None] = [None] * len(coverages)
    if clusters.count > 1:
        chunks = resample_weights(clusters.index, resamples, seed)
        drawn = np.concatenate([_accuracy_at(wrong, groups, weights, coverages) for weights in chunks])
        intervals = [percentile_interval(column) for column in drawn.T]
    sure = certainty(probabilities, threshold)
    needed = [needed_certainty(sure, coverage) for coverage in coverages]
    return [
        SelectiveAccuracy(coverage, float(value), interval, least, undecided_band(least, threshold))
        for coverage, value, interval, least in zip(coverages, values, intervals, needed, strict=True)
    ]


@dataclass(frozen=True)
class _Groups:
    """Posts from the most to the least certain, and where each group of equal certainty starts."""

    order: Integers  # (N,)
    starts: Integers  # (M,)


def _ordered(labels: Integers, probabilities: Floats, threshold: float | Floats) -> tuple[Floats, _Groups]:
    wrong = ((probabilities >= threshold) != (labels == 1)).astype(np.float64)
    sure = certainty(probabilities, threshold)
    order = np.argsort(-sure, kind="stable")
    return wrong, _Groups(order, np.flatnonzero(np.diff(sure[order], prepend=np.inf)))


def _accuracy_at(wrong: Floats, groups: _Groups, weights: Floats, coverages: Sequence[float]) -> Floats:
    """The accuracy (S, coverages) of the most certain share under each row of (S, N) weights."""
    ranked = weights[:, groups.order]
    sizes = np.add.reduceat(ranked, groups.starts, axis=1)  # (S, M)
    errors = np.add.reduceat(ranked * wrong[groups.order], groups.starts, axis=1)
    answered, failed = sizes.cumsum(axis=1), errors.cumsum(axis=1)
    rows = np.arange(len(weights))
    columns = []
    for coverage in coverages:
        wanted = coverage * answered[:, -1]
        last = np.minimum(
            (answered < wanted[:, None] - 1e-9).sum(axis=1), sizes.shape[1] - 1
        )  # its group is cut
        missing = (answered[rows, last] - wanted) / np.maximum(sizes[rows, last], 1)
        columns.append(1 - (failed[rows, last] - missing * errors[rows, last]) / wanted)
    return np.stack(columns, axis=1)
