from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from rumorscope.errors import InputError
from rumorscope.layers.scale_aware_fusion import ScaleAwareFusion

ALL = torch.ones(1, 2, dtype=torch.bool)


def first_number_scores(relevance_weight: float, mixing: str = "standardised") -> ScaleAwareFusion:
    """A fusion whose semantic score is the region's first number."""
    fusion = ScaleAwareFusion(2, layers=1, relevance_weight=relevance_weight, mixing=mixing)  # type: ignore[arg-type]
    score = fusion.semantic_score[0]
    assert isinstance(score, nn.Linear)
    with torch.no_grad():
        score.weight.copy_(torch.tensor([[1.0, 0.0]]))
    return fusion


REGIONS = torch.tensor([[[0.0, 10.0], [math.log(3), 20.0]]])
RELEVANCE = torch.tensor([[math.log(4), 0.0]])


def test_without_relevance_the_content_alone_decides() -> None:  # lambda 1
    fused, weights = first_number_scores(0.0, "raw")(REGIONS, RELEVANCE, ALL)
    assert weights[0].tolist() == pytest.approx([1 / 4, 3 / 4])
    assert fused[0, 1].item() == pytest.approx(17.5)


def test_with_relevance_alone_the_content_is_not_asked() -> None:  # lambda 0
    fused, weights = first_number_scores(1.0, "raw")(REGIONS, RELEVANCE, ALL)
    assert weights[0].tolist() == pytest.approx([4 / 5, 1 / 5])
    assert fused[0, 1].item() == pytest.approx(12.0)


def test_lambda_mixes_the_two_scores() -> None:
    _, weights = first_number_scores(0.5, "raw")(REGIONS, RELEVANCE, ALL)
    odds = math.sqrt(4 / 3)  # half of log 4 against half of log 3
    assert weights[0].tolist() == pytest.approx([odds / (1 + odds), 1 / (1 + odds)])


def test_standardised_scores_are_balanced_by_lambda_whatever_their_scale() -> None:
    fusion = first_number_scores(0.30)
    _, weights = fusion(REGIONS, RELEVANCE, ALL)
    _, larger = fusion(REGIONS, RELEVANCE * 1000, ALL)
    odds = math.exp(2 * (0.70 - 0.30))  # scores -1, 1 weighed 0.70 and 1, -1 weighed 0.30
    assert weights[0].tolist() == pytest.approx([1 / (1 + odds), odds / (1 + odds)], abs=1e-4)
    torch.testing.assert_close(weights, larger, rtol=0, atol=1e-4)


def test_one_region_takes_all_the_weight() -> None:
    fused, weights = first_number_scores(0.3)(REGIONS, RELEVANCE, torch.tensor([[False, True]]))
    assert weights.tolist() == [[0.0, 1.0]]
    torch.testing.assert_close(fused[0], REGIONS[0, 1])


def test_no_region_gives_zeros() -> None:
    fused, weights = first_number_scores(0.3)(REGIONS, RELEVANCE, ~ALL)
    assert fused.tolist() == [[0.0, 0.0]]
    assert weights.tolist() == [[0.0, 0.0]]


def test_agrees_with_a_slow_loop() -> None:
    torch.manual_seed(0)
    fusion = ScaleAwareFusion(5, hidden=7, layers=3, relevance_weight=0.35)
    regions, relevance, mask = torch.randn(4, 6, 5), torch.randn(4, 6) * 3, torch.rand(4, 6) > 0.4
    fused, weights = fusion(regions, relevance, mask)
    for post in range(4):
        own = [i for i in range(6) if mask[post, i]]
        semantic = torch.stack([fusion.semantic_score(regions[post, i])[0] for i in own])
        dot = torch.stack([relevance[post, i] for i in own])
        score = 0.65 * _standard(semantic) + 0.35 * _standard(dot)
        shares = [math.exp(s) / sum(math.exp(t) for t in score.tolist()) for s in score.tolist()]
        assert weights[post][mask[post]].tolist() == pytest.approx(shares, abs=1e-4)
        expected = sum(share * regions[post, i] for share, i in zip(shares, own, strict=True))
        torch.testing.assert_close(fused[post], expected, rtol=1e-3, atol=1e-4)


def _standard(values: torch.Tensor) -> torch.Tensor:
    return (values - values.mean()) / values.std(unbiased=False)


@pytest.mark.parametrize(("layers", "linear"), [(1, 1), (2, 2), (6, 6)])
def test_layers_counts_linear_layers(layers: int, linear: int) -> None:
    score = ScaleAwareFusion(4, hidden=3, layers=layers).semantic_score
    assert sum(isinstance(step, nn.Linear) for step in score) == linear


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(InputError, match=r"relevance_weight=1.5"):
        ScaleAwareFusion(4, relevance_weight=1.5)
    with pytest.raises(InputError, match="layers=0"):
        ScaleAwareFusion(4, layers=0)
