import math

import pytest
import torch

from rumorscope.knowledge.deviation import factual_deviation


def test_the_nearest_by_direction_is_taken() -> None:
    claims = torch.tensor([[[2.0, 0.0]]])
    known = torch.tensor([[[[0.0, 1.0], [3.0, 3.0], [9.0, 0.0]]]])
    every = torch.ones(1, 1, 3, dtype=torch.bool)
    found = factual_deviation(claims, known, every)
    assert found.nearest.tolist() == [[2]]
    assert found.vectors.norm() == 0
    nearest_of_two = factual_deviation(claims, known, torch.tensor([[[True, True, False]]]))
    assert nearest_of_two.nearest.tolist() == [[1]]
    half = math.sqrt(0.5)
    torch.testing.assert_close(nearest_of_two.vectors, torch.tensor([[[1 - half, -half]]]))


@pytest.mark.parametrize(("angle", "distance"), [(0, 0.0), (60, 1.0), (90, math.sqrt(2)), (180, 2.0)])
def test_the_distance_is_a_chord_of_the_unit_circle(angle: float, distance: float) -> None:
    radians = math.radians(angle)
    known = torch.tensor([[[[4 * math.cos(radians), 4 * math.sin(radians)]]]])
    found = factual_deviation(torch.tensor([[[1.0, 0.0]]]), known, torch.ones(1, 1, 1, dtype=torch.bool))
    assert found.vectors.norm().item() == pytest.approx(distance, abs=1e-6)


def test_a_claim_of_which_nothing_is_known_deviates_from_nothing() -> None:
    claims, known = torch.randn(2, 3, 4), torch.randn(2, 3, 5, 4)
    mask = torch.zeros(2, 3, 5, dtype=torch.bool)
    mask[0, 1, 4] = True
    found = factual_deviation(claims, known, mask)
    assert found.linked.tolist() == [[False, True, False], [False, False, False]]
    assert found.nearest[0, 1] == 4
    assert found.vectors[~found.linked].abs().sum() == 0


@pytest.mark.parametrize(("claims", "known"), [(0, 0), (0, 2), (2, 0)])
def test_no_claims_or_nothing_known(claims: int, known: int) -> None:
    found = factual_deviation(
        torch.randn(3, claims, 4),
        torch.randn(3, claims, known, 4),
        torch.zeros(3, claims, known, dtype=torch.bool),
    )
    assert found.vectors.shape == (3, claims, 4)
    assert not found.linked.any()
