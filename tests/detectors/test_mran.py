"""What MRAN alone promises; the rest is the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.mran import Mran
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> Mran:
    detector = Case(Mran, towers, {"width": 16, **changes}).build()
    assert isinstance(detector, Mran)
    return detector


def test_a_text_is_its_words_its_phrases_and_its_whole(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        text = detector.text(batch.token_ids, batch.token_mask)
        levels, mask = detector.levels(text, batch.token_mask)
        length = batch.token_ids.shape[1]
        words, phrases, whole = levels.split([length, length, 1], dim=1)
        torch.testing.assert_close(
            words, detector.levels.words(text.tokens)
        )  # the levels begin alike, at zero
        torch.testing.assert_close(whole.squeeze(1), detector.levels.whole(text.pooled))
        found = detector.levels.windows.fragments(text.tokens, batch.token_mask)
        torch.testing.assert_close(phrases, detector.levels.phrases(found))
    assert mask.sum(dim=1).tolist() == (2 * batch.token_mask.sum(dim=1) + 1).tolist()


def test_each_layer_relates_what_the_one_before_gathered(towers: Path) -> None:
    detector = build(towers, layers=2)
    batch = detector.preprocess(tiny_posts()[:1])  # one post and one picture: no mask has anything to hide
    with torch.no_grad():
        text, mask = detector.levels(detector.text(batch.token_ids, batch.token_mask), batch.token_mask)
        image = detector.project(detector.image(batch.pixels).regions)
        seen = torch.ones(image.shape[:2]).bool()
        for relate in detector.relations:
            text, image = relate((text, mask), (image, seen))
        expected = torch.cat([text.mean(dim=1), image.mean(dim=1)], dim=1)
        torch.testing.assert_close(detector(batch).features, expected, rtol=1e-4, atol=1e-5)
