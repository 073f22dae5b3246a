"""What CAFE alone promises; the rest is the contract's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from detectors.contract import Case
from rumorscope.detectors.cafe import Cafe
from rumorscope.losses.pair_correlation import pair_correlation
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Cafe:
    detector = Case(Cafe, towers, changes).build()
    assert isinstance(detector, Cafe)
    return detector


def always(ambiguity: float) -> Callable[..., Tensor]:
    return lambda text, image: torch.full((len(text),), ambiguity)


@pytest.mark.parametrize("ambiguity", [0.0, 0.3, 1.0])
def test_ambiguity_shifts_the_weight_from_each_modality_to_their_correlation(
    towers: Path, ambiguity: float
) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    detector.ambiguity.forward = always(ambiguity)  # type: ignore[method-assign]
    with torch.no_grad():
        unimodal, correlation = detector(batch).features.split([32, 64], dim=1)
        detector.ambiguity.forward = always(0.5)  # type: ignore[method-assign]
        half_unimodal, half_correlation = detector(batch).features.split([32, 64], dim=1)
    torch.testing.assert_close(unimodal, 2 * (1 - ambiguity) * half_unimodal)
    torch.testing.assert_close(correlation, 2 * ambiguity * half_correlation)


def test_the_shared_space_is_shaped_by_its_own_task_alone(towers: Path) -> None:
    detector = build(towers).train()
    batch = detector.preprocess(tiny_posts())
    terms = detector.losses(detector(batch), batch)
    terms["binary_cross_entropy"].backward(retain_graph=True)
    assert all(parameter.grad is None for parameter in detector.alignment.parameters())
    assert all(parameter.grad is not None for parameter in detector.unimodal.parameters())
    detector.zero_grad()
    terms["pair_correlation"].backward()
    assert all(parameter.grad is not None for parameter in detector.alignment.parameters())
    assert all(parameter.grad is None for parameter in detector.unimodal.parameters())


def test_pairs_are_the_non_rumors_with_a_picture(towers: Path) -> None:
    detector = build(towers)
    posts = tiny_posts()
    posts[3] = replace(posts[3], images=())
    batch = detector.preprocess(posts)
    with torch.no_grad():
        output = detector(batch)
    rows = [1, 5, 7]  # non-rumors are 1, 3, 5 and 7
    expected = pair_correlation(output.text[rows], output.image[rows], torch.zeros(3).bool(), margin=0.2)
    torch.testing.assert_close(detector.losses(output, batch)["pair_correlation"], expected)


def test_the_same_picture_makes_no_wrong_pair(towers: Path) -> None:
    detector = build(towers)
    posts = [replace(tiny_posts()[1], id=str(copy)) for copy in range(3)]
    batch = detector.preprocess(posts)
    with torch.no_grad():
        output = detector(batch)
    loss = detector.losses(output, batch)["pair_correlation"]
    torch.testing.assert_close(loss, 1 - torch.cosine_similarity(output.text, output.image).mean())


def test_printed_ambiguity_is_never_below_a_half_when_judging(towers: Path) -> None:
    printed, stretched = build(towers, paper_literal=True), build(towers)
    batch = printed.preprocess(tiny_posts())
    with torch.no_grad():
        ambiguity = printed(batch).ambiguity
        assert ambiguity.min() >= 0.5
        torch.testing.assert_close(stretched(batch).ambiguity, 2 * ambiguity - 1)


def test_a_frozen_tower_is_in_no_group(towers: Path) -> None:
    detector = build(towers, text_learning_rate=0)
    (stage,) = detector.stages()
    assert [group.learning_rate for group in stage.groups] == [1e-3, 1e-5]
    trained = {id(parameter) for group in stage.groups for parameter in group.parameters}
    rest = {name.split(".")[0] for name, p in detector.named_parameters() if id(p) not in trained}
    assert rest == {"text"}
