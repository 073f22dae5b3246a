from __future__ import annotations

import math

import pytest
import torch

from rumorscope.training.calibration import TEMPERATURE_RANGE, Calibration, fit_temperature


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
