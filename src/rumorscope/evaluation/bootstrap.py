"""Percentile bootstrap intervals of every metric, drawn by cluster.

Posts that share a picture (or an event) stand or fall together, so a resample draws whole clusters with
replacement: as many as there are, each equally likely (the cluster bootstrap; Field and Welsh 2007). A
resample's size and its share of rumors therefore vary, as they would in another collection of data: draws
are not stratified by class, which would hide that variance and is impossible for clusters of both classes.
**S** resamples, **N** posts, **G** clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rumorscope.evaluation.metrics import METRICS, Floats, Integers
from rumorscope.evaluation.resampled import measure_resampled

LEVEL = 0.95
MOST_UNDEFINED = 0.05  # share of resamples that may lack a metric before it gets no interval
_CHUNK_NUMBERS = 4_000_000  # weights held at a time: 32 MB


@dataclass(frozen=True)
class Interval:
    """Where 95% of the resamples fall."""

    low: float
    high: float


def bootstrap_intervals(
    labels: Integers,
    probabilities: Floats,
    clusters: Integers,
    *,
    threshold: float = 0.5,
    resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Interval | None]:
    """The interval of each metric from (N,) labels, probabilities and cluster numbers 0 … G-1.

    Resamples in which a metric is undefined (one class only) are left out; where they are more than 5%,
    or there is a single cluster, which says nothing of variance, the metric has no interval (None).
    """
    if clusters.max() == 0:
        return dict.fromkeys(METRICS, None)
    chunks = [
        measure_resampled(labels, probabilities, weights, threshold)
        for weights in resample_weights(clusters, resamples, seed)
    ]
    return {name: percentile_interval(np.concatenate([chunk[name] for chunk in chunks])) for name in METRICS}


def resample_weights(clusters: Integers, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each resample holds each post, in chunks of rows of an (S, N) table.

    The rows depend on the clusters and the seed alone: two detectors judged on the same posts get the same
    resamples, so that their differences can be taken resample by resample.
    """
    generator = np.random.default_rng(seed)
    count = int(clusters.max()) + 1
    rows = max(1, _CHUNK_NUMBERS // max(len(clusters), count))
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        drawn = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        yield times[:, clusters].astype(np.float64)


def percentile_interval(values: Floats) -> Interval | None:
    """The middle 95% of (S,) resampled values; None where more than 5% of them are undefined (NaN)."""
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
