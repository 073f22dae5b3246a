"""What MVAE alone promises; the rest is the contract's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.mvae import Mvae, drawn
from rumorscope.post import Post
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Mvae:
    detector = Case(Mvae, towers, changes).build()
    assert isinstance(detector, Mvae)
    return detector


def terms(detector: Mvae, posts: list[Post]) -> dict[str, float]:
    batch = detector.preprocess(posts)
    with torch.no_grad():
        return {name: term.item() for name, term in detector.losses(detector(batch), batch).items()}


def test_draws_have_the_mean_and_the_variance_that_were_asked_for() -> None:
    torch.manual_seed(0)
    mean, log_variance = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.0, 1.0]])
    draws = drawn(mean.expand(200_000, 2), log_variance.expand(200_000, 2))
    torch.testing.assert_close(draws.mean(dim=0), mean[0], rtol=0, atol=0.02)
    torch.testing.assert_close(draws.var(dim=0), log_variance[0].exp(), rtol=0.02, atol=0)


def test_gradients_go_through_a_draw() -> None:
    torch.manual_seed(0)
    mean, log_variance = (torch.zeros(1, 3, requires_grad=True) for _ in range(2))
    draw = drawn(mean, log_variance)
    draw.sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones(1, 3))
    torch.testing.assert_close(log_variance.grad, draw.detach() / 2)  # d (σ ε) / d log σ² = σ ε / 2


def test_training_draws_and_judging_takes_the_mean(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        torch.testing.assert_close(detector(batch).features, detector(batch).mean)
        detector.train()
        torch.manual_seed(0)
        first, second = detector(batch), detector(batch)
    torch.testing.assert_close(first.mean, second.mean)
    assert not torch.allclose(first.features, second.features)


def test_what_is_not_there_is_not_made_again(towers: Path) -> None:
    """Neither padding nor a missing picture."""
    detector = build(towers)
    short, long = Post("s", "shark"), Post("l", "shark in the street after the storm")
    assert terms(detector, [short])["image_reconstruction"] == 0
    counts = [int(detector.preprocess([post]).token_mask.sum()) for post in (short, long)]
    alone = [terms(detector, [post])["text_reconstruction"] for post in (short, long)]
    expected = sum(count * loss for count, loss in zip(counts, alone, strict=True)) / sum(counts)
    assert terms(detector, [short, long])["text_reconstruction"] == pytest.approx(expected, rel=1e-4)
    bare = [replace(post, images=()) for post in tiny_posts()[:1]]
    both = terms(detector, [*tiny_posts()[:1], *bare])["image_reconstruction"]
    assert both == pytest.approx(terms(detector, tiny_posts()[:1])["image_reconstruction"], rel=1e-4)


def test_weights_scale_their_terms(towers: Path) -> None:
    plain = terms(build(towers), tiny_posts())
    weighted = terms(build(towers, text_weight=0.5, image_weight=2.0, divergence_weight=3.0), tiny_posts())
    scales = {"text_reconstruction": 0.5, "image_reconstruction": 2.0, "kl_divergence": 3.0}
    for name, value in plain.items():
        assert weighted[name] == pytest.approx(scales.get(name, 1.0) * value, rel=1e-5)


def test_both_modalities_are_made_again_better_than_by_their_means(towers: Path) -> None:
    """Without labels, too; a vector a post holds less of the tokens than of the picture."""
    detector = build(towers, divergence_weight=1e-6)
    posts = [replace(post, label=None) for post in tiny_posts()]
    batch = detector.preprocess(posts)
    with torch.no_grad():
        output = detector(batch)
    targets = {
        "image_reconstruction": (output.picture[output.has_picture], 0.5),
        "text_reconstruction": (output.tokens[batch.token_mask], 0.9),
    }
    (stage,) = detector.stages()
    optimizer = torch.optim.Adam(stage.groups[0].parameters, lr=5e-3)
    for _ in range(100):
        optimizer.zero_grad()
        torch.stack(list(detector.losses(detector(batch), batch).values())).sum().backward()
        optimizer.step()
    learned = terms(detector, posts)
    for name, (items, share) in targets.items():
        assert learned[name] < share * items.var(dim=0, unbiased=False).mean().item()
