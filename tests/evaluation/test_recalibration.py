from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from rumorscope.errors import InputError
from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Integers
from rumorscope.evaluation.recalibration import AS_IT_WAS, Choice, cross_validated, recalibrate
from rumorscope.training.calibration import Calibration, Method, calibrated


def _sample(posts: int = 600) -> tuple[torch.Tensor, Integers, Clusters]:
    """Logits three times too sure of themselves, two posts a cluster."""
    generator = np.random.default_rng(0)
    logits = generator.normal(size=posts) * 3
    labels = (generator.random(posts) < 1 / (1 + np.exp(-logits / 3))).astype(np.int64)
    return torch.tensor(logits).float(), labels, Clusters("image", np.arange(posts) // 2)


def test_no_post_is_judged_by_a_curve_that_saw_its_cluster() -> None:
    """A cluster whose labels are turned changes no answer of its own."""
    logits, labels, clusters = _sample(60)
    turned = labels.copy()
    turned[10:12] = labels[10:12][::-1]
    labels[10], labels[11] = 0, 1
    turned[10], turned[11] = 1, 0
    for method in get_args(Method):
        one, other = (cross_validated(method, logits, truth, clusters) for truth in (labels, turned))
        np.testing.assert_array_equal(one[10:12], other[10:12])


def test_isotonic_does_not_flatter_itself() -> None:
    """On labels that are pure chance an isotonic curve fits its own posts, and fails on others."""
    generator = np.random.default_rng(1)
    logits, labels = torch.tensor(generator.normal(size=80)).float(), generator.integers(0, 2, 80)
    clusters = Clusters("none", np.arange(80))
    found = recalibrate(Calibration(), logits, labels, clusters, Choice("isotonic"))
    itself = calibrated("isotonic", logits, torch.tensor(labels)).probability(logits).numpy()
    assert np.mean((itself - labels) ** 2) < 0.25 < found.quality["isotonic"].brier


def test_temperature_mends_confidence_and_keeps_threshold_and_band() -> None:
    before = Calibration(threshold=0.4, uncertain=0.1, uncertain_below=0.05)
    found = recalibrate(before, *_sample(), Choice())
    assert found.calibration.temperature == pytest.approx(3, rel=0.2)
    assert replace(found.calibration, temperature=1.0) == before
    quality = found.quality
    assert quality["temperature"].negative_log_likelihood < quality[AS_IT_WAS].negative_log_likelihood
    assert quality["none"] == quality[AS_IT_WAS]


def test_a_new_threshold_takes_the_band_of_the_old_away() -> None:
    found = recalibrate(Calibration(uncertain=0.1), *_sample(), Choice(threshold="0.3"))
    assert found.calibration.undecided == (0.3, 0.3)


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_the_band_answers_the_coverage(threshold: float) -> None:
    found = recalibrate(Calibration(), *_sample(), Choice(threshold=str(threshold), coverage=0.7))
    low, high = found.calibration.undecided
    inside = (found.probabilities > low + 1e-9) & (found.probabilities < high - 1e-9)
    assert 1 - inside.mean() == pytest.approx(0.7, abs=0.005)
    assert (threshold - low) / threshold == pytest.approx((high - threshold) / (1 - threshold))


def test_the_band_is_as_accurate_as_asked() -> None:
    found = recalibrate(Calibration(), *_sample(), Choice(accuracy=0.8))
    low, high = found.calibration.undecided
    answered = (found.probabilities <= low) | (found.probabilities >= high)
    right = (found.probabilities >= 0.5) == (found.labels == 1)
    assert 0.8 <= right[answered].mean() < 0.83
    assert right.mean() < 0.75


def test_a_coverage_of_all_decides_every_post() -> None:
    before = Calibration(uncertain=0.2)
    assert recalibrate(before, *_sample(), Choice(coverage=1.0)).calibration.undecided == (0.5, 0.5)


@pytest.mark.parametrize(
    ("labels", "clusters"),
    [([1, 1, 1, 1], [0, 1, 2, 3]), ([0, 1, 0, 1], [0] * 4), ([0, 1, 1, 1], [0, 1, 2, 3])],
)
def test_too_little_to_calibrate_on(labels: list[int], clusters: list[int]) -> None:
    with pytest.raises(InputError, match="too few to calibrate on"):
        recalibrate(
            Calibration(), torch.zeros(4), np.array(labels), Clusters("image", np.array(clusters)), Choice()
        )
