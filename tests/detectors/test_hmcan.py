"""What HMCAN alone promises; the rest is the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from detectors.contract import Case
from rumorscope.detectors.hmcan import Hmcan
from rumorscope.post import Post
from tiny import WIDTH, tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Hmcan:
    detector = Case(Hmcan, towers, {"width": 16, "heads": 4, **changes}).build()
    assert isinstance(detector, Hmcan)
    return detector


def test_the_equations_are_followed_post_by_post(towers: Path) -> None:
    detector = build(towers, text_share=0.7)
    with torch.no_grad():
        features = detector(detector.preprocess(tiny_posts())).features
        for row in (0, 4, 6):  # one picture, none, two
            expected = slow_features(detector, tiny_posts()[row], share=0.7)
            torch.testing.assert_close(features[row], expected, rtol=1e-4, atol=1e-5)


def slow_features(detector: Hmcan, post: Post, share: float) -> Tensor:
    """One post alone, every sequence without padding, so that no mask has anything to hide."""
    batch = detector.preprocess([post])
    layers = detector.text.tower(batch.token_ids, output_hidden_states=True).hidden_states[1:]
    levels = (layers[0], (layers[0] + layers[1]) / 2, layers[1])  # the tiny tower has two layers
    image = detector.no_picture.vector[None, None]
    if post.images:
        pictures = [detector.of_image(regions) for regions in detector.image(batch.pixels).regions]
        image = torch.cat([regions + detector.places for regions in pictures])[None]
    found = []
    for level in levels:
        text = detector.of_text(level)
        sides = ((detector.text_first, text, image), (detector.image_first, image, text))
        first, second = (slow_context(*side) for side in sides)
        found.append(share * first + (1 - share) * second)
    return torch.cat(found)


def slow_context(transformer: Any, read: Tensor, asking: Tensor) -> Tensor:
    everything = torch.ones(read.shape[:2]).bool()
    for block in transformer.reads:
        read = block(read, read, everything)[0]
    for block in transformer.asks:
        asking = block(asking, read, everything)[0]
    return torch.cat([read[0].mean(dim=0), asking[0].mean(dim=0)])


@pytest.mark.parametrize(("share", "silent"), [(1.0, "image_first"), (0.0, "text_first")])
def test_the_share_says_which_transformer_counts(towers: Path, share: float, silent: str) -> None:
    detector = build(towers, text_share=share)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        before = detector(batch).logits
        for parameter in getattr(detector, silent).parameters():
            parameter.add_(1.0)
        torch.testing.assert_close(detector(batch).logits, before)


def test_the_text_tower_gives_three_levels(towers: Path) -> None:
    detector = build(towers)
    assert detector.text.width == 3 * WIDTH
    assert detector.of_text[0].in_features == WIDTH
