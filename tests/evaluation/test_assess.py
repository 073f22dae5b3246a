"""What one set of predictions is judged by."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from rumorscope.evaluation.assess import Resampling, assess
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import METRICS, measure
from rumorscope.evaluation.predictions import Predictions


def _predictions(events: tuple[str | None, ...] = (None,) * 6) -> Predictions:
    labels = np.array([1, 1, 0, 0, 1, 1])
    probabilities = np.array([0.9, 0.6, 0.7, 0.2, 0.8, 0.1])
    return Predictions(tuple("abcdef"), labels, probabilities, events)


ALONE = Clusters("none", np.arange(6))


def test_values_are_the_metrics_and_lie_in_their_intervals() -> None:
    assessment = assess("it", _predictions(), ALONE)
    plain = measure(_predictions().labels, _predictions().probabilities).values
    assert list(assessment.metrics) == list(METRICS)
    assert {name: estimate.value for name, estimate in assessment.metrics.items()} == plain
    accuracy = assessment.metrics["accuracy"]
    assert accuracy.interval is not None
    assert accuracy.interval.low < 4 / 6 < accuracy.interval.high


def test_the_threshold_moves_labels_but_no_ranking() -> None:
    low, high = (assess("it", _predictions(), ALONE, threshold=t) for t in (0.05, 0.5))
    assert (low.confusion.true_rumors, low.confusion.false_alarms) == (4, 2)
    assert (high.confusion.true_rumors, high.confusion.false_alarms) == (3, 1)
    assert low.metrics["auc"] == high.metrics["auc"]


def test_a_row_for_each_event_the_largest_first() -> None:
    first, second, nameless = assess("it", _predictions(("y", "x", "x", "x", "y", None)), ALONE).events
    assert (first.event, first.posts, first.rumor_share) == ("x", 3, pytest.approx(1 / 3))
    assert (first.accuracy, first.auc) == (pytest.approx(2 / 3), 0.5)
    assert (second.event, second.accuracy, second.auc, second.macro_f1) == (
        "y",
        1.0,
        None,
        None,
    )  # all rumors
    assert (nameless.event, nameless.posts, nameless.accuracy) == (None, 1, 0.0)


def test_no_events_no_rows() -> None:
    assert assess("it", _predictions(), ALONE).events == ()


def test_a_single_class_says_why_it_has_no_auc() -> None:
    rumors = Predictions(("a", "b"), np.array([1, 1]), np.array([0.9, 0.2]), (None, None))
    estimate = assess("it", rumors, Clusters("none", np.arange(2))).metrics["auc"]
    assert (estimate.value, estimate.interval, estimate.reason) == (None, None, "every post is a rumor")


def test_the_same_resamples_for_everyone_judged_on_the_same_posts() -> None:
    """What a paired comparison stands on: equal predictions under two names get equal intervals."""
    one = assess("one", _predictions(), ALONE, resampling=Resampling(seed=5))
    other = assess("other", _predictions(), ALONE, resampling=Resampling(seed=5))
    assert one.metrics == other.metrics


def test_an_assessment_is_plain_data() -> None:
    values = asdict(assess("it", _predictions(("x", "x", "x", "y", "y", "y")), ALONE))
    assert values["metrics"]["accuracy"]["value"] == pytest.approx(4 / 6)
    assert set(values["metrics"]["accuracy"]["interval"]) == {"low", "high"}
    assert values["confusion"]["true_rumors"] == 3
