"""What EANN alone promises; the rest is the contract's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from detectors.contract import Case
from rumorscope.detectors.eann import Eann, event_numbers
from rumorscope.losses.event_discrimination import UNKNOWN
from rumorscope.post import Post
from tiny import tiny_clip, tiny_posts

Build = Callable[[float], Eann]


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def build(towers: Path) -> Build:
    def built(reversal: float) -> Eann:
        detector = Case(Eann, towers, {"reversal": reversal}).build()
        assert isinstance(detector, Eann)
        return detector

    return built


def gradients(detector: Eann, term: str, posts: list[Post]) -> dict[str, Tensor]:
    detector.train()
    batch = detector.preprocess(posts)
    detector.losses(detector(batch), batch)[term].backward()
    return {name: p.grad for name, p in detector.named_parameters() if p.grad is not None and p.grad.any()}


def test_features_climb_the_loss_that_the_discriminator_descends(build: Build) -> None:
    """λ scales and turns the gradient of the features, and leaves the discriminator's as it is."""
    weak, strong = (gradients(build(x), "event_discrimination", tiny_posts()) for x in (0.5, 2.0))
    assert weak.keys() == strong.keys()
    for name in weak:
        scale = 1 if name.startswith("discriminator") else 4
        torch.testing.assert_close(strong[name], scale * weak[name], rtol=1e-4, atol=1e-6)

    detector = build(1.0).train()
    detector.discriminator[0] = torch.nn.Identity()
    plain = gradients(detector, "event_discrimination", tiny_posts())
    for name in ("of_text.0.weight", "of_image.0.weight"):
        torch.testing.assert_close(weak[name], -0.5 * plain[name], rtol=1e-4, atol=1e-6)


def test_without_reversal_the_features_know_nothing_of_events(build: Build) -> None:
    found = gradients(build(0.0), "event_discrimination", tiny_posts())
    assert {name.split(".")[0] for name in found} == {"discriminator"}


def test_posts_without_an_event_have_no_part(build: Build) -> None:
    posts = [replace(post, event=None) for post in tiny_posts()]
    assert gradients(build(1.0), "event_discrimination", posts) == {}
    assert gradients(build(1.0), "binary_cross_entropy", posts)


def test_outside_training_no_event_is_asked_for(build: Build) -> None:
    detector = build(1.0).eval()
    batch = detector.preprocess(tiny_posts())
    output = detector(batch)
    assert list(detector.losses(output, batch)) == ["binary_cross_entropy"]
    bare = [replace(post, event=None, label=None) for post in tiny_posts()]
    torch.testing.assert_close(detector(detector.preprocess(bare)).logits, output.logits)


def test_an_event_has_one_number_everywhere() -> None:
    posts = [Post("a", "", event=event) for event in ("storm", None, "bridge", "storm")]
    numbers = event_numbers(posts, 256).tolist()
    assert numbers == [158, UNKNOWN, 38, 158]  # recorded: other processes and versions must agree
    assert event_numbers(posts, 2).max() <= 1
