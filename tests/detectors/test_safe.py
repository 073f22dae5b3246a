"""What SAFE alone promises; the rest is the contract's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.safe import Safe
from rumorscope.losses.binary_cross_entropy import binary_cross_entropy
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Safe:
    detector = Case(Safe, towers, changes).build()
    assert isinstance(detector, Safe)
    return detector


def test_the_loss_is_what_the_equations_say_written_out(towers: Path) -> None:
    detector = build(towers, classification_weight=0.7, similarity_weight=0.2)
    posts = [replace(tiny_posts()[3], label=None), *tiny_posts()]
    batch = detector.preprocess(posts)
    with torch.no_grad():
        output = detector(batch)
        terms = detector.losses(output, batch)
    costs = []
    for post, features in zip(posts, output.features, strict=True):
        text, image = features.chunk(2)
        similarity = (text @ image / (text.norm() * image.norm()) + 1) / 2
        if post.images and post.label is not None:
            costs.append(-torch.log(1 - similarity if post.label else similarity))
    assert len(costs) == 7  # one has no picture, another no label
    torch.testing.assert_close(terms["similarity_cross_entropy"], 0.2 * torch.stack(costs).mean())
    together = binary_cross_entropy(output.logits, batch.labels)
    torch.testing.assert_close(terms["binary_cross_entropy"], 0.7 * together)


def test_learning_from_similarity_brings_a_non_rumor_together_and_parts_a_rumor(towers: Path) -> None:
    detector = build(towers, dropout=0.0)
    batch = detector.preprocess([post for post in tiny_posts() if post.images])
    with torch.no_grad():
        before = detector(batch).similarity
    optimizer = torch.optim.Adam([*detector.of_text.parameters(), *detector.of_image.parameters()], lr=1e-3)
    for _ in range(20):
        optimizer.zero_grad()
        detector.losses(detector(batch), batch)["similarity_cross_entropy"].backward()
        optimizer.step()
    with torch.no_grad():
        change = detector(batch).similarity - before
    assert (change[batch.labels == 0] > 0).all()
    assert (change[batch.labels == 1] < 0).all()


def test_the_classifier_does_not_read_the_similarity(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        output = detector(batch)
        logits = detector.judgment(output.features).squeeze(-1)
    torch.testing.assert_close(output.logits, logits)
