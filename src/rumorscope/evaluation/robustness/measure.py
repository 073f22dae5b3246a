"""What each perturbation changes: answers before and after, on the same posts and the same resamples.

**S** resamples, **N** posts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rumorscope.data.images import image_key
from rumorscope.evaluation.assess import PLAIN, Resampling
from rumorscope.evaluation.bootstrap import Interval, percentile_interval, resample_weights
from rumorscope.evaluation.clusters import Clusters, cluster_posts
from rumorscope.evaluation.metrics import Floats, Integers, measure
from rumorscope.evaluation.predictions import check_labelled, predict
from rumorscope.evaluation.resampled import measure_called
from rumorscope.evaluation.robustness.registry import Perturbation, perturbations
from rumorscope.evaluation.robustness.swaps import Change
from rumorscope.post import Post
from rumorscope.training.checkpoint import Checkpoint

SHOWN = ("accuracy", "macro_f1", "auc")
SHIFT, FLIPPED = "mean_shift", "flipped"
"""The mean distance between the probabilities before and after; the share of posts called otherwise."""

CHUNK = 256
"""Posts altered at a time: their pictures are bytes in memory."""


@dataclass(frozen=True)
class Shift:
    """One metric before and after, and how much of it the perturbation moved."""

    before: float | None  # None for `mean_shift` and `flipped`, which compare the two
    after: float | None
    change: float | None  # None where the posts do not define the metric, as AUC on one class
    interval: Interval | None  # 95%, of the change


@dataclass(frozen=True)
class Scope:
    """What changed on one set of posts."""

    posts: int
    clusters: int
    shifts: dict[str, Shift]


@dataclass(frozen=True)
class Effect:
    """What one perturbation did: to the posts that it altered, and to the metrics over all posts."""

    name: str
    what: str
    touched: Scope | None  # None where it altered no post
    all: Scope


@dataclass(frozen=True)
class Robustness:
    """Every perturbation on one checkpoint, and what is needed to say what was measured."""

    detector: str
    checkpoint: str
    data: str | None  # fingerprint of the manifest
    posts: int
    threshold: float
    cluster: str
    resampling: Resampling
    before: dict[str, float]  # the metrics of the posts as they are
    effects: tuple[Effect, ...]

    def by_harm(self) -> list[Effect]:
        """The largest loss of accuracy over all posts first; then the largest mean shift."""
        return sorted(self.effects, key=lambda effect: (_change(effect, SHOWN[0]), -_change(effect, SHIFT)))

    def as_dict(self) -> dict[str, Any]:
        """Every number as plain JSON values."""
        return asdict(self)


def measure_robustness(
    checkpoint: Checkpoint,
    posts: Sequence[Post],
    *,
    only: Sequence[str] | None = None,
    fingerprint: str | None = None,
    resampling: Resampling = PLAIN,
    batch_size: int = 32,
    advance: Callable[[str, int, int], object] = lambda name, done, total: None,
) -> Robustness:
    """Judge the labelled posts as they are, and again under each perturbation that `only` names, or all.

    Posts that a perturbation leaves equal are not judged again. `advance` is told of the perturbation, the
    posts done, and how many there are. Raises InputError for posts without a label and for pictures that
    cannot be read, before or after they were altered.
    """
    check_labelled(posts)
    chosen = perturbations(only)
    judge = _Judge(checkpoint, batch_size, advance)
    before = judge(posts, np.arange(len(posts)), lambda post: post, "unchanged")
    labels = np.array([post.label for post in posts], dtype=np.int64)
    clusters = cluster_posts(posts, resampling.cluster)
    threshold = checkpoint.calibration.threshold
    pair = _Pair(labels, before, threshold, clusters, resampling)
    values = measure(labels, before, threshold).values
    return Robustness(
        detector=checkpoint.name,
        checkpoint=checkpoint.hash,
        data=fingerprint,
        posts=len(posts),
        threshold=threshold,
        cluster=clusters.by,
        resampling=resampling,
        before={name: values[name] for name in SHOWN if name in values},
        effects=tuple(_effect(item, posts, judge, pair) for item in chosen),
    )


@dataclass(frozen=True)
class _Judge:
    """Gives probabilities of altered posts, a chunk of neighbors at a time."""

    checkpoint: Checkpoint
    batch_size: int
    advance: Callable[[str, int, int], object]

    def __call__(self, posts: Sequence[Post], rows: NDArray[np.int64], change: Change, name: str) -> Floats:
        """The probability of each of the rows, (len(rows),)."""
        order = sorted(range(len(rows)), key=lambda place: _neighborhood(posts[int(rows[place])]))
        answers = np.empty(len(rows))
        for start in range(0, len(order), CHUNK):
            places = order[start : start + CHUNK]
            altered = [change(posts[int(rows[place])]) for place in places]
            answers[places] = predict(
                self.checkpoint.detector, self.checkpoint.calibration, altered, batch_size=self.batch_size
            )
            self.advance(name, min(start + CHUNK, len(order)), len(order))
        return answers


def _neighborhood(post: Post) -> tuple[list[str], int]:
    sources = [str(source) if isinstance(source, Path) else image_key(source) for source in post.images]
    return sources, len(post.text)


def _effect(perturbation: Perturbation, posts: Sequence[Post], judge: _Judge, pair: _Pair) -> Effect:
    change = perturbation.prepare(posts, pair.resampling.seed)
    rows = np.array([row for row, post in enumerate(posts) if _is_touched(perturbation, change, post)], int)
    after = pair.before.copy()
    after[rows] = judge(posts, rows, change, perturbation.name)
    return Effect(
        name=perturbation.name,
        what=perturbation.what,
        touched=pair.scope(after, rows) if len(rows) else None,
        all=pair.scope(after, np.arange(len(posts))),
    )


def _is_touched(perturbation: Perturbation, change: Change, post: Post) -> bool:
    """Whether a post is altered; a picture that is decoded and encoded anew counts as altered."""
    if perturbation.kind == "redrawn":
        return bool(post.images)
    return change(post) != post


@dataclass(frozen=True)
class _Pair:
    """The answers before, against which each perturbation's are held."""

    labels: Integers  # (N,)
    before: Floats  # (N,)
    threshold: float
    clusters: Clusters
    resampling: Resampling

    def scope(self, after: Floats, rows: NDArray[np.int64]) -> Scope:
        """The shifts over some rows, with intervals drawn over those rows' clusters."""
        labels, before, after = self.labels[rows], self.before[rows], after[rows]
        index = np.unique(self.clusters.index[rows], return_inverse=True)[1]
        moved = np.stack([np.abs(after - before), (after >= self.threshold) != (before >= self.threshold)])
        parts = [
            self._resampled(labels, before, after, moved, weights)
            for weights in resample_weights(index, self.resampling.resamples, self.resampling.seed)
        ]
        count = int(index.max()) + 1
        intervals = {
            name: percentile_interval(np.concatenate([part[name] for part in parts])) if count > 1 else None
            for name in parts[0]
        }
        old = measure(labels, before, self.threshold).values
        new = measure(labels, after, self.threshold).values
        shifts = {name: _shift(old.get(name), new.get(name), intervals[name]) for name in SHOWN}
        for name, values in zip((SHIFT, FLIPPED), moved, strict=True):
            shifts[name] = Shift(None, None, float(values.mean()), intervals[name])
        return Scope(len(rows), count, shifts)

    def _resampled(
        self, labels: Integers, before: Floats, after: Floats, moved: Floats, weights: Floats
    ) -> dict[str, Floats]:
        old = measure_called(labels, before, before >= self.threshold, weights, SHOWN)
        new = measure_called(labels, after, after >= self.threshold, weights, SHOWN)
        shift, flipped = moved @ weights.T / weights.sum(axis=1)  # each (S,)
        return {name: new[name] - old[name] for name in SHOWN} | {SHIFT: shift, FLIPPED: flipped}


def _shift(before: float | None, after: float | None, interval: Interval | None) -> Shift:
    if before is None or after is None:
        return Shift(before, after, None, None)
    return Shift(before, after, after - before, interval)


def _change(effect: Effect, metric: str) -> float:
    return effect.all.shifts[metric].change or 0.0
