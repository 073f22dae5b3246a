from __future__ import annotations

import math

import numpy as np
import pytest

from rumorscope.evaluation.abstention import risk_coverage, selective_accuracies
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats, Integers


def _answers(wrong: Floats, certainty: Floats) -> tuple[Integers, Floats]:
    """Labels and probabilities of calls at 0.5 that are wrong where stated, and so certain."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, len(wrong))
    called = np.where(wrong == 1, 1 - labels, labels)
    return labels, 0.5 + np.where(called == 1, 0.5, -0.5) * certainty


def test_a_perfect_order_of_certainty_has_the_least_risk() -> None:
    """Of N posts the E wrong ones come last: risk (k - (N - E)) / k, which tends to r + (1 - r) ln(1 - r)."""
    posts, errors = 1000, 200
    wrong = (np.arange(posts) >= posts - errors).astype(float)
    curve = risk_coverage(*_answers(wrong, np.linspace(1, 0.01, posts)))
    exact = sum((k - (posts - errors)) / k for k in range(posts - errors + 1, posts + 1)) / posts
    assert curve.aurc == pytest.approx(exact, abs=1e-12)
    assert curve.aurc == pytest.approx(0.2 + 0.8 * math.log(0.8), abs=1e-3)
    assert curve.risk[: posts - errors].max() == 0
    assert (curve.coverage[-1], curve.risk[-1]) == (1, 0.2)


def test_the_worst_order_has_the_most_risk() -> None:
    posts, errors = 10, 2
    curve = risk_coverage(*_answers((np.arange(posts) < errors).astype(float), np.linspace(1, 0.1, posts)))
    assert curve.risk == pytest.approx([min(1, errors / k) for k in range(1, posts + 1)])


def test_a_certainty_that_says_nothing_has_the_error_rate_everywhere() -> None:
    wrong = np.array([1.0, 0, 0, 1, 0])
    curve = risk_coverage(*_answers(wrong, np.full(5, 0.6)))
    assert curve.risk == pytest.approx([0.4] * 5)
    assert curve.aurc == pytest.approx(0.4)


def test_ties_are_the_mean_over_their_orders() -> None:
    generator = np.random.default_rng(1)
    wrong, certainty = generator.integers(0, 2, 60).astype(float), generator.integers(1, 5, 60) / 5
    expected = risk_coverage(*_answers(wrong, certainty)).aurc
    orders = [
        risk_coverage(*_answers(wrong, certainty + 1e-6 * generator.random(60))).aurc for _ in range(4000)
    ]
    assert np.mean(orders) == pytest.approx(expected, abs=2e-3)


def test_the_order_of_posts_does_not_matter() -> None:
    generator = np.random.default_rng(2)
    labels, answers = generator.integers(0, 2, 50), generator.integers(0, 9, 50) / 8
    order = generator.permutation(50)
    one, other = risk_coverage(labels, answers, 0.4), risk_coverage(labels[order], answers[order], 0.4)
    np.testing.assert_allclose(one.risk, other.risk)


def test_each_post_may_have_its_own_threshold() -> None:
    labels, answers = np.array([1, 0, 1]), np.array([0.3, 0.3, 0.9])
    assert risk_coverage(labels, answers, np.array([0.2, 0.4, 0.5])).risk[-1] == 0
    assert risk_coverage(labels, answers).risk[-1] == pytest.approx(1 / 3)


def test_selective_accuracy_agrees_with_the_curve() -> None:
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, 200)
    answers = np.clip(0.5 + (labels - 0.5) * 0.4 + generator.normal(0, 0.3, 200), 0, 1).round(2)
    curve = risk_coverage(labels, answers, 0.45)
    rows = selective_accuracies(
        labels, answers, Clusters("none", np.arange(200)), threshold=0.45, coverages=(1, 0.8, 0.5, 0.01)
    )
    for row in rows:
        assert row.accuracy == pytest.approx(1 - curve.risk[round(row.coverage * 200) - 1])
    whole = rows[0].interval
    assert whole is not None
    assert whole.low < rows[0].accuracy < whole.high


def test_the_interval_covers_in_repeated_samples() -> None:
    """Certain answers (half of all) are right at 0.9, the others at 0.6."""
    generator = np.random.default_rng(4)
    covered = []
    for _ in range(200):
        certainty = 0.1 + 0.8 * generator.random(300)
        wrong = (generator.random(300) > np.where(certainty > 0.5, 0.9, 0.6)).astype(float)
        [row] = selective_accuracies(
            *_answers(wrong, certainty), Clusters("none", np.arange(300)), coverages=[0.4], resamples=200
        )
        assert row.interval is not None
        covered.append(row.interval.low <= 0.9 <= row.interval.high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_one_cluster_has_no_interval() -> None:
    labels, answers = np.array([0, 1, 1]), np.array([0.2, 0.8, 0.4])
    tied = Clusters("event", np.zeros(3, dtype=np.int64))
    [row] = selective_accuracies(labels, answers, tied, coverages=[1.0])
    assert row.interval is None
    assert row.certainty == pytest.approx(0.2)
