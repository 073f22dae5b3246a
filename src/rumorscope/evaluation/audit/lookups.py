"""What looking up the training posts' labels scores on test: no model at all, only memory.

A look-up that beats the majority class shows that the split repeats itself, and what a detector scores on it
may be memory too. **N** test posts, **S** resamples, **L** look-ups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rumorscope.evaluation.audit.record import Lookup
from rumorscope.evaluation.audit.things import Things
from rumorscope.evaluation.bootstrap import Interval, percentile_interval, resample_weights
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.post import Label, Post

RESAMPLES = 1000


def majority_class(labels: Integers) -> int:
    """The more frequent label; rumor where there are as many of each."""
    return int(labels.mean() >= 0.5)


def score_lookups(
    things: Sequence[Things],
    posts: Sequence[Post],
    train: Sequence[int],
    test: Sequence[int],
    clusters: Integers,
) -> list[Lookup]:
    """Each kind's look-up, learnt from the labelled posts at `train` and scored on those at `test`.

    `clusters` (N,) says which test posts are drawn together. The interval of the gain is that of the
    difference within each resample, so it is narrower than the accuracies' own.
    A kind is left out where test posts have none of it, or only training posts of one class have: it would be
    scored for being there.
    """
    labels = np.array([posts[row].label for row in test], dtype=np.int64)
    fallback = majority_class(np.array([posts[row].label for row in train], dtype=np.int64))
    used = [kind for kind in things if is_scored(kind, posts, train, test)]
    shares = np.array([rumor_shares(kind, posts, train, test) for kind in used]).reshape(len(used), len(test))
    called = np.where(np.isnan(shares), fallback, shares >= 0.5)  # (L, N)
    correct = (called == labels).astype(np.float64)
    plain = (labels == fallback).astype(np.float64)  # (N,)
    accuracies = list(_intervals(correct, clusters))
    gains = list(_intervals(correct - plain, clusters))
    return [
        Lookup(
            kind.kind,
            covered=float(np.mean(~np.isnan(shares[row]))),
            accuracy=float(correct[row].mean()),
            interval=accuracies[row],
            gain=float((correct[row] - plain).mean()),
            gain_interval=gains[row],
        )
        for row, kind in enumerate(used)
    ]


def is_scored(kind: Things, posts: Sequence[Post], train: Sequence[int], test: Sequence[int]) -> bool:
    """Whether test posts have things of this kind, and training posts of both classes have."""
    classes = {posts[row].label for row in train if kind.keys[row]}
    return len(classes) == len(Label) and any(kind.keys[row] for row in test)


def rumor_shares(kind: Things, posts: Sequence[Post], train: Sequence[int], test: Sequence[int]) -> Floats:
    """(N,) the share of rumors among the training posts that a test post has something in common with.

    A training post counts once for each thing in common; NaN where there is none.
    """
    known = {key: [posts[row].label for row in rows] for key, rows in kind.groups(train).items()}
    tallies = {key: (sum(label or 0 for label in labels), len(labels)) for key, labels in known.items()}
    shares = np.full(len(test), np.nan)
    for position, row in enumerate(test):
        found = [tallies[key] for key in kind.keys[row] if key in tallies]
        if found:
            shares[position] = sum(rumors for rumors, _ in found) / sum(count for _, count in found)
    return shares


def _intervals(values: Floats, clusters: Integers) -> Iterator[Interval | None]:
    """The interval of the mean of each row of (L, N) values, by the cluster bootstrap."""
    if clusters.max() == 0:  # a single cluster says nothing of variance
        yield from [None] * len(values)
        return
    means = np.concatenate(
        [
            weights @ values.T / weights.sum(axis=1, keepdims=True)
            for weights in resample_weights(clusters, RESAMPLES, seed=0)
        ]
    )  # (S, L)
    yield from map(percentile_interval, means.T)
