from __future__ import annotations

import math

import pytest
import torch

from rumorscope.errors import InputError
from rumorscope.losses.info_nce import Temperature, info_nce, text_to_image_info_nce


def test_identical_pairs_are_chance() -> None:
    same = torch.ones(8, 4)
    assert info_nce(same, same, 1.0).item() == pytest.approx(math.log(8))


def test_orthogonal_pairs_have_a_closed_form() -> None:
    pairs = torch.eye(5) * 3  # lengths do not count
    expected = math.log(1 + 4 * math.exp(-1 / 0.5))
    assert info_nce(pairs, pairs, 0.5).item() == pytest.approx(expected, rel=1e-5)


def test_symmetric_in_its_two_sides() -> None:
    torch.manual_seed(0)
    text, image = torch.randn(6, 3), torch.randn(6, 3)
    torch.testing.assert_close(info_nce(text, image, 0.2), info_nce(image, text, 0.2))
    assert text_to_image_info_nce(text, image, 0.2) != text_to_image_info_nce(image, text, 0.2)


def test_agrees_with_a_slow_loop() -> None:
    torch.manual_seed(1)
    text, image = torch.randn(6, 3), torch.randn(6, 3)
    total = 0.0
    for a, b in ((text, image), (image, text)):
        for i in range(6):
            exponents = [math.exp(torch.cosine_similarity(a[i], b[j], dim=0).item() / 0.3) for j in range(6)]
            total -= math.log(exponents[i] / sum(exponents)) / 12
    assert info_nce(text, image, 0.3).item() == pytest.approx(total, rel=1e-4)


def test_literal_form_is_equation_11() -> None:
    torch.manual_seed(2)
    text, image = torch.randn(5, 3), torch.randn(5, 3)
    total = 0.0
    for i in range(5):
        exponents = [math.exp((text[i] @ image[j]).item() / 2.0) for j in range(5)]
        total -= math.log(exponents[i] / sum(exponents)) / 5
    assert text_to_image_info_nce(text, image, 2.0).item() == pytest.approx(total, rel=1e-4)


@pytest.mark.parametrize("pairs", [0, 1])
@pytest.mark.parametrize("loss", [info_nce, text_to_image_info_nce])
def test_nothing_to_tell_apart_is_no_loss_but_has_a_gradient(loss: object, pairs: int) -> None:
    text, image = torch.randn(pairs, 3, requires_grad=True), torch.randn(pairs, 3, requires_grad=True)
    value = loss(text, image, 0.1)  # type: ignore[operator]
    assert value.item() == pytest.approx(0.0)
    value.backward()
    assert text.grad is not None
    assert image.grad is not None


def test_temperature_starts_where_it_is_told_and_learns() -> None:
    temperature = Temperature(0.07)
    assert temperature().item() == pytest.approx(0.07)
    torch.manual_seed(0)
    pairs = torch.randn(8, 4)
    info_nce(pairs, pairs, temperature()).backward()
    assert temperature.log_excess.grad is not None
    assert temperature.log_excess.grad > 0  # matched pairs want it lower


def test_temperature_stays_above_its_floor_with_a_living_gradient() -> None:
    temperature = Temperature(0.07)
    with torch.no_grad():
        temperature.log_excess.fill_(-8.0)
    value = temperature()
    value.backward()
    assert value.item() > 0.01
    assert temperature.log_excess.grad is not None
    assert temperature.log_excess.grad > 0
    with pytest.raises(InputError, match=r"temperature=0.01"):
        Temperature(0.01)
