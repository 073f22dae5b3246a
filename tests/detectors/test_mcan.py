"""What MCAN alone promises; the rest is the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.mcan import Mcan
from rumorscope.post import Post
from rumorscope.training.freezing import is_frozen, train_only
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Mcan:
    detector = Case(Mcan, towers, {"width": 16, **changes}).build()
    assert isinstance(detector, Mcan)
    return detector


@pytest.mark.parametrize("layers", [1, 2])
def test_modalities_are_fused_in_turn_post_by_post(towers: Path, layers: int) -> None:
    detector = build(towers, layers=layers)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        logits = detector(batch).logits
        for row in (0, 4, 6):  # one picture, none, two
            assert logits[row].item() == pytest.approx(slow_logit(detector, tiny_posts()[row]), abs=1e-4)


def slow_logit(detector: Mcan, post: Post) -> float:
    """One post alone, every sequence without padding, so that no mask has anything to hide."""
    batch = detector.preprocess([post])
    tokens = detector.of_text(detector.text(batch.token_ids, batch.token_mask).tokens)
    fused, frequencies = detector.no_picture.vector[None, None], detector.no_frequency.vector[None, None]
    if post.images:
        fused = detector.of_image(detector.image(batch.pixels).regions).flatten(0, 1)[None]
        frequencies = detector.of_frequencies(detector.frequency(batch.pixels).regions).flatten(0, 1)[None]
    for other in (frequencies, tokens):
        for fusion in detector.fusions:
            answers, _ = fusion.asks(fused, other, torch.ones(other.shape[:2]).bool())
            asked, _ = fusion.is_asked(other, fused, torch.ones(fused.shape[:2]).bool())
            both = [torch.cat([answer, asked[0].mean(dim=0)]) for answer in answers[0]]
            fused = torch.stack([fusion.join(joined) for joined in both])[None]
    return float(detector.judgment(fused[0].mean(dim=0)))


def test_every_frequency_is_read_alike_but_known(towers: Path) -> None:
    detector = build(towers)
    with torch.no_grad():
        histograms = torch.rand(1, 1, 250).expand(1, 64, 250)
        alike = detector.of_frequencies(histograms)[0]
        torch.testing.assert_close(alike, alike[:1].expand_as(alike))
        detector.of_frequencies.which[3] += 1
        assert not torch.allclose(detector.of_frequencies(histograms)[0, 3], alike[3])


def test_frequencies_are_never_learned_and_need_no_picture_once_known(towers: Path) -> None:
    detector = build(towers)
    train_only(detector, detector.of_frequencies.parameters())
    assert is_frozen(detector.frequency)
    train_only(detector, detector.parameters())
    assert is_frozen(detector.frequency)
