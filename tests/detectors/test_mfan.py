"""What MFAN alone promises; the rest is the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.mfan import Mfan
from rumorscope.post import Post
from rumorscope.training.objective import loss_terms
from tiny import tiny_clip, tiny_picture, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Mfan:
    detector = Case(Mfan, towers, {"channels": 8, **changes}).build()
    assert isinstance(detector, Mfan)
    return detector


def test_the_equations_are_followed_post_by_post(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        logits = detector(batch).logits
        for row in (0, 4, 6):  # one picture, none, two
            assert logits[row].item() == pytest.approx(slow_logit(detector, tiny_posts()[row]), abs=1e-4)


def slow_logit(detector: Mfan, post: Post) -> float:
    """One post alone, every sequence without padding, so that no mask has anything to hide."""
    batch = detector.preprocess([post])
    tokens = detector.text(batch.token_ids, batch.token_mask).tokens
    found = detector.windows.fragments(tokens, batch.token_mask)
    image = detector.no_picture.vector[None, None]
    if post.images:
        image = detector.project(detector.image(batch.pixels).regions).flatten(0, 1)[None]
    everything = torch.ones(1, image.shape[1]).bool()
    text = detector.text_self(found, found, batch.token_mask)[0]
    image = detector.image_self(image, image, everything)[0]
    enhanced = detector.enhance(image, text, batch.token_mask)[0]
    of_text = detector.co_attention.text_asks(enhanced, image, everything)[0].mean(dim=1)
    of_image = detector.co_attention.image_asks(image, enhanced, everything)[0].mean(dim=1)
    return float(detector.judgment(torch.cat([of_text, of_image], dim=1)))


def test_the_attack_hurts_more_than_chance(towers: Path) -> None:
    detector = build(towers, attack=0.5, dropout=0.0).train()
    batch = detector.preprocess(tiny_posts())
    terms = detector.losses(detector(batch), batch)
    assert terms["attacked"] > terms["binary_cross_entropy"]


def test_only_training_is_attacked(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    assert set(detector.losses(detector(batch), batch)) == {"binary_cross_entropy", "alignment"}
    unattacked = build(towers, attack=0.0).train()
    assert set(unattacked.losses(unattacked(batch), batch)) == {"binary_cross_entropy", "alignment"}


def test_the_attack_works_on_what_half_precision_read(towers: Path) -> None:
    detector = build(towers).train()
    batch = detector.preprocess(tiny_posts())
    with torch.autocast("cpu", torch.bfloat16):
        output = detector(batch)
    terms = loss_terms(detector.stages()[0], output, batch)  # outside autocast, as in training
    assert terms["attacked"].isfinite()


def test_a_post_without_a_picture_is_not_aligned(towers: Path) -> None:
    detector = build(towers)
    posts = [Post("0", "a shark", (tiny_picture("red"),)), Post("1", "a bridge")]
    batch, with_picture = detector.preprocess(posts), detector.preprocess(posts[:1])
    with torch.no_grad():
        both = detector.losses(detector(batch), batch)["alignment"]
        one = detector.losses(detector(with_picture), with_picture)["alignment"]
    torch.testing.assert_close(both, one)
