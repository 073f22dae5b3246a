"""All that one set of predictions is judged by: metrics with intervals, outcomes, calibration, events.

A detector, a plain baseline and a file of probabilities are judged by the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rumorscope.evaluation.bootstrap import Interval, bootstrap_intervals
from rumorscope.evaluation.clusters import ClusterBy, Clusters
from rumorscope.evaluation.metrics import (
    METRICS,
    Confusion,
    ReliabilityBin,
    confusion,
    measure,
    reliability,
)
from rumorscope.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Resampling:
    """How intervals are drawn."""

    cluster: ClusterBy = "auto"
    resamples: int = 1000
    seed: int = 0


@dataclass(frozen=True)
class Estimate:
    """A metric's value and its 95% interval; where it has none, `reason` says why."""

    value: float | None
    interval: Interval | None = None
    reason: str | None = None


@dataclass(frozen=True)
class EventScore:
    """How one event's posts were judged; None where the event has a single class."""

    event: str | None  # None: the posts that name no event
    posts: int
    rumor_share: float
    accuracy: float
    macro_f1: float | None
    auc: float | None


@dataclass(frozen=True)
class Assessment:
    """How good one set of predictions is."""

    name: str
    threshold: float
    metrics: Mapping[str, Estimate]  # in the order of METRICS
    confusion: Confusion
    reliability: tuple[ReliabilityBin, ...]
    events: tuple[EventScore, ...]  # the largest first; empty where no post names an event


PLAIN = Resampling()


def assess(
    name: str,
    predictions: Predictions,
    clusters: Clusters,
    *,
    threshold: float = 0.5,
    resampling: Resampling = PLAIN,
) -> Assessment:
    """Judge predictions; `clusters` says which of their posts are not independent."""
    labels, probabilities = predictions.labels, predictions.probabilities
    intervals = bootstrap_intervals(
        labels,
        probabilities,
        clusters.index,
        threshold=threshold,
        resamples=resampling.resamples,
        seed=resampling.seed,
    )
    measured = measure(labels, probabilities, threshold)
    return Assessment(
        name=name,
        threshold=threshold,
        metrics={
            metric: Estimate(measured.values[metric], intervals[metric])
            if metric in measured.values
            else Estimate(None, reason=measured.undefined[metric])
            for metric in METRICS
        },
        confusion=confusion(labels, probabilities, threshold),
        reliability=reliability(labels, probabilities),
        events=_by_event(predictions, threshold),
    )


def _by_event(predictions: Predictions, threshold: float) -> tuple[EventScore, ...]:
    if all(event is None for event in predictions.events):
        return ()
    rows = [_event_score(event, predictions, threshold) for event in dict.fromkeys(predictions.events)]
    return tuple(sorted(rows, key=lambda row: -row.posts))


def _event_score(event: str | None, predictions: Predictions, threshold: float) -> EventScore:
    inside = np.array([other == event for other in predictions.events])
    labels, probabilities = predictions.labels[inside], predictions.probabilities[inside]
    values = measure(labels, probabilities, threshold).values
    return EventScore(
        event=event,
        posts=len(labels),
        rumor_share=float(labels.mean()),
        accuracy=values["accuracy"],
        macro_f1=values.get("macro_f1"),
        auc=values.get("auc"),
    )
