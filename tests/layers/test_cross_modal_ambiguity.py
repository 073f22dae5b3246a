from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from rumorscope.layers.cross_modal_ambiguity import LEAST_SCALE, CrossModalAmbiguity, Form, symmetric_kl


def saying(means: Sequence[float], scales: Sequence[float], form: Form) -> CrossModalAmbiguity:
    """One that takes every text for N(means[0], scales[0]) and every picture for N(means[1], scales[1])."""
    ambiguity = CrossModalAmbiguity(3, latent=1, form=form)
    posteriors = (ambiguity.text_posterior, ambiguity.image_posterior)
    for posterior, mean, scale in zip(posteriors, means, scales, strict=True):
        last = posterior.layers[2]
        torch.nn.init.zeros_(last.weight)
        with torch.no_grad():
            last.bias.copy_(torch.tensor([mean, math.log(math.expm1(scale - LEAST_SCALE))]))
    return ambiguity


def kl(mean: float, scale: float, other_mean: float, other_scale: float) -> float:
    """KL of two Gaussians of one dimension."""
    ratio = (scale**2 + (mean - other_mean) ** 2) / other_scale**2
    return math.log(other_scale / scale) + ratio / 2 - 0.5


def test_divergence_is_the_closed_form() -> None:
    ambiguity = saying((0.5, -1.0), (2.0, 0.7), "printed")
    features = torch.zeros(1, 3)
    both = symmetric_kl(ambiguity.text_posterior(features), ambiguity.image_posterior(features))
    expected = (kl(0.5, 2.0, -1.0, 0.7) + kl(-1.0, 0.7, 0.5, 2.0)) / 2
    assert both.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("form", "least"), [("stretched", 0.0), ("printed", 0.5)])
def test_its_two_ends(form: Form, least: float) -> None:
    features = torch.randn(2, 3)
    agreed = saying((1.0, 1.0), (0.5, 0.5), form).eval()
    assert agreed(features, features).tolist() == pytest.approx([least] * 2, abs=1e-6)
    opposed = saying((-50.0, 50.0), (0.5, 0.5), form).eval()
    assert opposed(features, features).tolist() == pytest.approx([1.0] * 2)


def test_both_directions_count_alike() -> None:
    features = torch.zeros(1, 3)
    one = saying((0.0, 0.4), (1.0, 0.5), "stretched")(features, features)
    other = saying((0.4, 0.0), (0.5, 1.0), "stretched")(features, features)
    torch.testing.assert_close(one, other)


def test_the_printed_form_is_drawn_in_training_and_right_on_average() -> None:
    torch.manual_seed(0)
    features = torch.zeros(20_000, 3)
    ambiguity = saying((0.0, 0.5), (1.0, 1.0), "printed").train()
    drawn = ambiguity(features, features).logit()  # the divergence before the sigmoid
    assert drawn.min() < 0
    assert drawn.mean().item() == pytest.approx(kl(0.0, 1.0, 0.5, 1.0), abs=0.01)
    assert ambiguity.eval()(features, features).unique().numel() == 1
