"""Whether detectors differ by more than chance: the chance of the posts and the chance of the seed.

A row's metric is its mean over seeds. Its variance is the sum of two: that of the mean over cluster-bootstrap
resamples of the *posts*, which are the same for all rows, and that of the mean over *seeds*, from their
spread. Noise of a seed on single posts counts in both, which errs on the safe side (Owen 2007, "The
pigeonhole bootstrap"). The sum is referred to Student's t with Satterthwaite's degrees of freedom, so that
few seeds or few clusters widen the interval; the p-values of a family of pairs are adjusted by Holm's
step-down method (1979).
**B** resamples, **S** seeds, **N** posts, **G** clusters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy import stats

from rumorscope.errors import InputError
from rumorscope.evaluation.bootstrap import LEVEL, MOST_UNDEFINED, Interval, resample_weights
from rumorscope.evaluation.metrics import METRICS, Floats
from rumorscope.evaluation.pooled import Pooled
from rumorscope.evaluation.resampled import measure_called

ALPHA = 1 - LEVEL
LOWER_IS_BETTER = {"brier", "expected_calibration_error"}


@dataclass(frozen=True)
class SeedEstimate:
    """A metric's mean over seeds, and where it lies with 95% confidence for other posts and other seeds."""

    mean: float | None
    interval: Interval | None
    seed_deviation: float | None  # standard deviation between seeds; None with one
    seeds: int
    reason: str | None = None  # why there is no mean or no interval, or what the interval leaves out


@dataclass(frozen=True)
class Difference:
    """Row `a` minus row `b`; `adjusted` is the p-value after correction over the family of pairs."""

    a: str
    b: str
    metric: str
    value: float
    interval: Interval | None  # None where a single cluster says nothing of variance
    p_value: float
    adjusted: float
    note: str | None = None  # what the interval and the p-value leave out


@dataclass(frozen=True)
class _Measured:
    """One row's values of one metric."""

    whole: Floats  # (S,) on all posts
    resampled: Floats  # (B, S)

    @property
    def mean(self) -> float:
        return float(self.whole.mean())

    @property
    def seed_variance(self) -> float:
        """Of the mean; 0 with one seed, which says nothing of it."""
        seeds = len(self.whole)
        return float(self.whole.var(ddof=1)) / seeds if seeds > 1 else 0.0


def estimate(pooled: Pooled, *, resamples: int = 1000, seed: int = 0) -> dict[str, SeedEstimate]:
    """Every metric of `METRICS`: its mean over seeds with a 95% interval over clusters and seeds."""
    pooled = pooled.by_id()
    [measured] = _measure([pooled], METRICS, resamples, seed)
    return {name: _estimate(pooled, measured[name]) for name in METRICS}


def differences(
    rows: Mapping[str, Pooled],
    *,
    metric: str = "accuracy",
    pairs: Literal["all", "first"] = "all",
    resamples: int = 1000,
    seed: int = 0,
) -> list[Difference]:
    """Compare rows on the same posts: all pairs, or each later row against the first.

    The pairs of one call are one family. Empty where the metric is undefined on these posts. Raises
    InputError where the rows were not tested on the same posts.
    """
    names, pooled = list(rows), [row.by_id() for row in rows.values()]
    for name, row in zip(names, pooled, strict=True):
        _check_same_posts(names[0], pooled[0], name, row)
    chosen = [pair for pair in combinations(range(len(names)), 2) if pairs == "all" or pair[0] == 0]
    if not chosen:
        return []
    measured = [values[metric] for values in _measure(pooled, [metric], resamples, seed)]
    if math.isnan(measured[0].mean):
        return []
    if pairs == "first":  # each later row minus the first
        chosen = [(b, a) for a, b in chosen]
    found = [_difference(names, pooled, measured, metric, a, b) for a, b in chosen]
    adjusted = holm([difference.p_value for difference in found])
    return [_adjust(difference, p) for difference, p in zip(found, adjusted, strict=True)]


def winner(rows: Sequence[str] | Mapping[str, Pooled], differences: Sequence[Difference]) -> str | None:
    """The row whose lead over every other row is significant after correction, if there is one."""
    for name in rows:
        beaten = {_loser(difference) for difference in differences if _leader(difference) == name}
        if len(rows) > 1 and beaten >= set(rows) - {name}:
            return name
    return None


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given: the chance of any false claim stays below the level."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _measure(
    rows: Sequence[Pooled], metrics: Sequence[str], resamples: int, seed: int
) -> list[dict[str, _Measured]]:
    whole = np.ones((1, len(rows[0].ids)))
    values = [_values(row, metrics, whole) for row in rows]
    chunks = [
        [_values(row, metrics, weights) for row in rows]
        for weights in resample_weights(rows[0].clusters.index, resamples, seed)
    ]
    return [
        {
            name: _Measured(
                values[i][name][0], _defined(np.concatenate([chunk[i][name] for chunk in chunks]))
            )
            for name in metrics
        }
        for i in range(len(rows))
    ]


def _values(row: Pooled, metrics: Sequence[str], weights: Floats) -> dict[str, Floats]:
    """Each metric under each row of (B, N) weights and for each seed, (B, S)."""
    seeds = [
        measure_called(row.labels, probabilities, called, weights, metrics)
        for probabilities, called in zip(row.probabilities, row.called, strict=True)
    ]
    return {name: np.stack([values[name] for values in seeds], axis=1) for name in metrics}


def _defined(values: Floats) -> Floats:
    """The resamples that define the metric, which the labels alone decide; none where too few do."""
    defined = values[~np.isnan(values).any(axis=1)]
    return defined if len(defined) >= (1 - MOST_UNDEFINED) * len(values) else defined[:0]


def _estimate(pooled: Pooled, measured: _Measured) -> SeedEstimate:
    if math.isnan(measured.mean):
        return SeedEstimate(None, None, None, pooled.seeds, "every post is of one class")
    deviation = float(measured.whole.std(ddof=1)) if pooled.seeds > 1 else None
    spread = _spread(pooled, measured.resampled.mean(axis=1), [measured])
    if spread is None:
        reason = "too few posts of a class, or a single cluster, to say how sure it is"
        return SeedEstimate(measured.mean, None, deviation, pooled.seeds, reason)
    low, high = _around(measured.mean, *spread)
    interval = Interval(max(0.0, low), min(1.0, high))  # every metric lies within 0 and 1
    return SeedEstimate(measured.mean, interval, deviation, pooled.seeds, _one_seed([pooled]))


def _difference(
    names: Sequence[str], rows: Sequence[Pooled], measured: Sequence[_Measured], metric: str, a: int, b: int
) -> Difference:
    value = measured[a].mean - measured[b].mean
    resampled = measured[a].resampled.mean(axis=1) - measured[b].resampled.mean(axis=1)
    spread = _spread(rows[a], resampled, [measured[a], measured[b]])
    note = _one_seed([rows[a], rows[b]])
    if spread is None:
        return Difference(names[a], names[b], metric, value, None, 1.0, 1.0, note)
    p_value = _p_value(value, *spread, clusters=rows[a].clusters.count)
    return Difference(
        names[a], names[b], metric, value, Interval(*_around(value, *spread)), p_value, p_value, note
    )


def _spread(row: Pooled, resampled: Floats, parts: Sequence[_Measured]) -> tuple[float, float] | None:
    """The standard error and its degrees of freedom; None where the posts say nothing of variance."""
    clusters = row.clusters.count
    if clusters < 2 or not len(resampled):
        return None
    posts = float(resampled.var()) * clusters / (clusters - 1)  # a resample knows the mean of its clusters
    by_seed = [part for part in parts if len(part.whole) > 1]
    total = posts + sum(part.seed_variance for part in by_seed)
    noise = posts**2 / (_equal_clusters(row) - 1)
    noise += sum(part.seed_variance**2 / (len(part.whole) - 1) for part in by_seed)
    return math.sqrt(total), total**2 / noise if noise > 0 else math.inf


def _equal_clusters(row: Pooled) -> float:
    """How many clusters of equal size say as much (Kish): a huge one weighs more than many small."""
    sizes = np.bincount(row.clusters.index)
    return max(2.0, float(sizes.sum() ** 2 / (sizes**2).sum()))


def _around(value: float, error: float, freedom: float) -> tuple[float, float]:
    reach = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    return value - reach, value + reach


def _p_value(value: float, error: float, freedom: float, clusters: int) -> float:
    """Two-sided, and never below what an exact test could give that turns the sign of each cluster."""
    if value == 0:
        return 1.0
    by_t = 2 * float(stats.t.sf(abs(value) / error, freedom)) if error > 0 else 0.0
    return max(by_t, 2.0 ** (1 - min(clusters, 1000)))


def _adjust(difference: Difference, adjusted: float) -> Difference:
    return Difference(**{**vars(difference), "adjusted": adjusted})


def _leader(difference: Difference) -> str | None:
    if difference.adjusted > ALPHA or difference.value == 0:
        return None
    ahead = difference.value > 0
    return difference.a if ahead != (difference.metric in LOWER_IS_BETTER) else difference.b


def _loser(difference: Difference) -> str:
    return difference.b if _leader(difference) == difference.a else difference.a


def _one_seed(rows: Sequence[Pooled]) -> str | None:
    if any(row.seeded and row.seeds == 1 for row in rows):
        return "one seed: the interval is over posts alone, another seed may fall outside"
    return None


def _check_same_posts(first: str, reference: Pooled, name: str, row: Pooled) -> None:
    if row.ids == reference.ids and np.array_equal(row.labels, reference.labels):
        return
    unshared = sorted(set(row.ids) ^ set(reference.ids))
    what = f"{len(unshared)} posts such as {unshared[0]}" if unshared else "labels"
    raise InputError(
        f"'{first}' and '{name}' were not tested on the same posts: they differ in {what}; "
        "test both on the same split"
    )
