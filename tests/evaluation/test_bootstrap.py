"""Intervals: the weighted metrics against scikit-learn, and widths against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from rumorscope.evaluation.bootstrap import bootstrap_intervals, resample_weights
from rumorscope.evaluation.metrics import METRICS, Floats, Integers, measure
from rumorscope.evaluation.resampled import measure_resampled


def _predictor(posts: int, seed: int = 0) -> tuple[Integers, Floats]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(2, size=posts)
    return labels, np.clip(labels * 0.2 + generator.normal(0.4, 0.2, posts), 0, 1).round(2)  # with ties


@given(st.integers(0, 10_000), st.integers(1, 30))
@settings(deadline=None, max_examples=50)
def test_a_resample_is_measured_as_the_posts_it_holds(seed: int, posts: int) -> None:
    labels, probabilities = _predictor(posts, seed)
    (weights,) = resample_weights(np.arange(posts), resamples=3, seed=seed)
    resampled = measure_resampled(labels, probabilities, weights, threshold=0.45)
    for row, times in enumerate(weights.astype(int)):
        held = np.repeat(np.arange(posts), times)
        plain = measure(labels[held], probabilities[held], threshold=0.45).values
        for name in METRICS:
            assert resampled[name][row] == pytest.approx(plain.get(name, math.nan), nan_ok=True), name


def test_fractional_weights_agree_with_scikit_learn() -> None:
    labels, probabilities = _predictor(200)
    weights = np.random.default_rng(1).random((4, 200))
    resampled = measure_resampled(labels, probabilities, weights)
    for row, weight in enumerate(weights):
        f1 = f1_score(labels, probabilities >= 0.5, sample_weight=weight, average="macro")
        assert resampled["auc"][row] == pytest.approx(
            roc_auc_score(labels, probabilities, sample_weight=weight)
        )
        assert resampled["macro_f1"][row] == pytest.approx(f1)
        precision = average_precision_score(labels, probabilities, sample_weight=weight)
        assert resampled["average_precision"][row] == pytest.approx(precision)


def test_accuracy_is_a_mean_and_its_interval_the_normal_one() -> None:
    labels, probabilities = _predictor(2000)
    accuracy = np.mean((probabilities >= 0.5) == labels)
    half = 1.96 * math.sqrt(accuracy * (1 - accuracy) / 2000)
    interval = bootstrap_intervals(labels, probabilities, np.arange(2000), resamples=4000)["accuracy"]
    assert interval is not None
    assert interval.low == pytest.approx(accuracy - half, abs=half / 8)
    assert interval.high == pytest.approx(accuracy + half, abs=half / 8)


def test_copies_of_posts_tell_nothing_new() -> None:
    labels, probabilities = _predictor(150)
    once = bootstrap_intervals(labels, probabilities, np.arange(150))
    copies = [np.repeat(values, 9) for values in (labels, probabilities, np.arange(150))]
    by_cluster = bootstrap_intervals(*copies)
    by_post = bootstrap_intervals(copies[0], copies[1], np.arange(9 * 150))
    for name in ("accuracy", "macro_f1", "auc", "brier"):
        a, b, narrow = once[name], by_cluster[name], by_post[name]
        assert a is not None
        assert b is not None
        assert narrow is not None
        assert (a.low, a.high) == pytest.approx((b.low, b.high))  # the same clusters, the same draws
        assert (b.high - b.low) == pytest.approx(3 * (narrow.high - narrow.low), rel=0.15)  # sqrt(9)


def test_the_same_seed_draws_the_same_resamples() -> None:
    labels, probabilities = _predictor(60)
    intervals = [bootstrap_intervals(labels, probabilities, np.arange(60), seed=seed) for seed in (3, 3, 4)]
    assert intervals[0] == intervals[1]
    assert intervals[0] != intervals[2]


def test_clusters_are_drawn_whole_and_as_many_as_there_are() -> None:
    clusters = np.array([0, 1, 1, 2, 2, 2])
    (weights,) = resample_weights(clusters, resamples=50, seed=0)
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert (weights[:, 1] == weights[:, 2]).all()
    assert (weights[:, [3, 4]] == weights[:, [5, 5]]).all()


def test_many_resamples_come_in_chunks_of_bounded_memory() -> None:
    sizes = [weights.shape for weights in resample_weights(np.arange(50_000), resamples=200, seed=0)]
    assert sum(rows for rows, _ in sizes) == 200
    assert max(rows for rows, _ in sizes) == 80


def test_one_cluster_says_nothing_of_variance() -> None:
    labels, probabilities = _predictor(20)
    assert set(bootstrap_intervals(labels, probabilities, np.zeros(20, dtype=np.int64)).values()) == {None}


def test_a_class_that_many_resamples_miss_gets_no_interval() -> None:
    labels, probabilities = np.array([1, 0, 0, 0, 0, 0]), np.linspace(0, 1, 6)
    intervals = bootstrap_intervals(labels, probabilities, np.arange(6))
    assert intervals["auc"] is None  # a third of the resamples hold no rumor
    assert intervals["accuracy"] is not None
