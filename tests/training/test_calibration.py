from __future__ import annotations

import math

import pytest
import torch
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from rumorscope.training.calibration import (
    SMOOTH_SHARE,
    TEMPERATURE_RANGE,
    Calibration,
    Isotonic,
    calibrated,
    fit_isotonic,
    fit_temperature,
)


def test_known_answer() -> None:
    """Of the posts at log-odds ±z three in four are what they say, so the right log-odds are ±log 3."""
    z = 2.5 * math.log(3)
    logits = torch.tensor([z, z, z, z, -z, -z, -z, -z])
    labels = torch.tensor([1.0, 1, 1, 0, 0, 0, 0, 1])
    assert fit_temperature(logits, labels) == pytest.approx(2.5, abs=1e-4)


def test_agrees_with_a_search() -> None:
    torch.manual_seed(0)
    logits = torch.randn(300).double() * 4
    labels = torch.bernoulli(torch.sigmoid(logits / 1.7))

    def loss(temperature: float) -> float:
        return torch.nn.functional.binary_cross_entropy_with_logits(logits / temperature, labels).item()

    best = min((step / 1000 for step in range(500, 4000)), key=loss)
    assert fit_temperature(logits, labels) == pytest.approx(best, abs=1e-3)


def test_scales_with_the_logits() -> None:
    torch.manual_seed(1)
    logits = torch.randn(100)
    labels = torch.bernoulli(torch.sigmoid(logits))
    assert fit_temperature(3 * logits, labels) == pytest.approx(3 * fit_temperature(logits, labels), rel=1e-3)


def test_stays_finite_without_errors_and_without_signal() -> None:
    labels = torch.tensor([0.0, 1.0] * 4)
    lowest, highest = TEMPERATURE_RANGE
    assert fit_temperature(labels * 20 - 10, labels) >= lowest
    assert fit_temperature(10 - labels * 20, labels) == pytest.approx(highest)


@pytest.mark.parametrize("labels", [[], [1.0, 1.0]])
def test_is_one_where_nothing_can_be_learnt(labels: list[float]) -> None:
    assert fit_temperature(torch.zeros(len(labels)), torch.tensor(labels)) == 1.0


def test_probability_divides_by_the_temperature() -> None:
    probability = Calibration(temperature=2.0).probability(torch.tensor([0.0, 2 * math.log(3)]))
    assert probability.tolist() == pytest.approx([0.5, 0.75])


def _sample(posts: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits whose log-odds are a third of what they say, above 0, and right below."""
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(posts, generator=generator) * 3
    truth = torch.where(logits > 0, logits / 3, logits)
    return logits, torch.bernoulli(torch.sigmoid(truth), generator=generator)


def test_isotonic_known_answer() -> None:
    """Pool adjacent violators: 0, (1, 0 → 1/2), 1, held away from 0 and 1 by Laplace's rule of four posts."""
    isotonic = fit_isotonic(torch.tensor([-2.0, -1.0, 1.0, 2.0]), torch.tensor([0.0, 1.0, 0.0, 1.0]))
    assert isotonic is not None
    asked = torch.tensor([-9.0, -2.0, -1.0, 0.0, 1.0, 1.5, 2.0, 9.0])
    half_way = (0.5 + 5 / 6) / 2
    expected = [1 / 6, 1 / 6, 0.5, 0.5, 0.5, half_way, 5 / 6, 5 / 6]
    assert isotonic(asked).tolist() == pytest.approx(expected)


def test_isotonic_agrees_with_scikit_learn() -> None:
    logits, labels = _sample()
    isotonic = fit_isotonic(logits, labels)
    assert isotonic is not None
    reference = IsotonicRegression(y_min=1 / 402, y_max=401 / 402, out_of_bounds="clip")
    reference.fit(logits.double().numpy(), labels.numpy())
    asked = torch.linspace(-12, 12, 999)
    expected = reference.predict(asked.double().numpy()).tolist()
    assert isotonic(asked).tolist() == pytest.approx(expected, abs=1e-5)


def test_isotonic_keeps_the_order() -> None:
    """On a step of the curve the temperature's share decides, so no pair of posts ties or swaps."""
    logits, labels = _sample()
    probability = calibrated("isotonic", logits, labels).probability(logits)
    assert torch.equal(probability.argsort(), logits.argsort())
    assert roc_auc_score(labels, probability) == pytest.approx(roc_auc_score(labels, logits), abs=1e-12)
    assert 0 < probability.min() < probability.max() < 1


def test_isotonic_mends_what_no_temperature_can() -> None:
    logits, labels = _sample(20_000)

    def loss(calibration: Calibration) -> float:
        return torch.nn.functional.binary_cross_entropy(calibration.probability(logits), labels).item()

    truth = torch.sigmoid(torch.where(logits > 0, logits / 3, logits))
    best = torch.nn.functional.binary_cross_entropy(truth, labels).item()
    assert loss(calibrated("isotonic", logits, labels)) == pytest.approx(best, abs=0.003)
    assert loss(calibrated("temperature", logits, labels)) > best + 0.02


def test_methods_fall_back() -> None:
    logits, ones = torch.tensor([1.0, 2.0]), torch.ones(2)
    assert calibrated("isotonic", logits, ones) == Calibration()
    assert calibrated("none", *_sample()) == Calibration()


def test_a_single_knot_is_constant() -> None:
    probability = Calibration(isotonic=Isotonic((0.0,), (0.3,))).probability(torch.tensor([0.0, 50.0]))
    assert probability.tolist() == pytest.approx([0.297 + SMOOTH_SHARE / 2, 0.297 + SMOOTH_SHARE])


@pytest.mark.parametrize(
    ("logits", "probabilities"),
    [
        ((), ()),
        ((0.0, 1.0), (0.5,)),
        ((0.0, 0.0), (0.1, 0.2)),
        ((0.0, math.inf), (0.1, 0.2)),
        ((0.0, 1.0), (0.3, 0.2)),
        ((0.0, 1.0), (0.3, 1.2)),
        ((0.0, 1.0), (math.nan, 0.2)),
    ],
)
def test_knots_that_are_no_rising_curve_are_refused(
    logits: tuple[float, ...], probabilities: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="knots"):
        Isotonic(logits, probabilities)


def test_says_how_it_calibrates() -> None:
    assert Calibration(temperature=1.234).method == "temperature 1.23"
    assert Calibration(isotonic=Isotonic((0.0, 1.0), (0.3, 0.4))).method == "isotonic regression of 2 knots"


def test_the_undecided_band() -> None:
    assert Calibration(threshold=0.6, uncertain=0.1).undecided == pytest.approx((0.5, 0.7))
    assert Calibration(threshold=0.6, uncertain=0.1, uncertain_below=0.3).undecided == pytest.approx(
        (0.3, 0.7)
    )
