"""What CAF-ODNN alone promises; the rest is the contract's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from detectors.contract import Case
from rumorscope.detectors.caf_odnn import TEMPERATURE, CafOdnn
from rumorscope.losses.info_nce import info_nce
from tiny import tiny_clip, tiny_posts


@pytest.fixture(scope="module")
def towers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clip"))


def build(towers: Path, **changes: Any) -> CafOdnn:
    detector = Case(CafOdnn, towers, {"width": 16, **changes}).build()
    assert isinstance(detector, CafOdnn)
    return detector


def test_each_pair_adds_up_what_both_sides_say(towers: Path) -> None:
    """One post, one picture: no mask has anything to hide; every step by hand."""
    detector = build(towers)
    batch = detector.preprocess(tiny_posts()[:1])
    with torch.no_grad():
        tokens = detector.text(batch.token_ids, batch.token_mask).tokens
        regions = detector.image(batch.pixels).regions
        text, image = detector.words(tokens), detector.project(regions)
        caption = detector.words(detector.captioner(regions))  # read as the text's own tokens are
        expected = []
        for pair, sides in zip(
            detector.pairs, ((text, caption), (text, image), (caption, image)), strict=True
        ):
            masked = [(side, torch.ones(side.shape[:2]).bool()) for side in sides]
            first, second = pair.complement(*masked)
            expected.append(pair.align[0](first.mean(dim=1)) + pair.align[1](second.mean(dim=1)))
        torch.testing.assert_close(detector(batch).features, torch.cat(expected, 1), rtol=1e-4, atol=1e-5)


def test_captioning_takes_each_picture_once_and_no_post_without_one(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts())
    with torch.no_grad():
        output = detector(batch)
    rows = [0, 1, 2, 3, 5, 6]  # 4 has no picture, 7 has that of 0
    expected = info_nce(output.text[rows], output.caption[rows], TEMPERATURE)
    torch.testing.assert_close(detector.caption_losses(output, batch)["info_nce"], expected)


def test_captions_teach_the_captioner_alone(towers: Path) -> None:
    detector = build(towers)
    captioning, end_to_end = detector.stages()
    assert (captioning.data, captioning.sampling) == ("captions", "one_per_image")
    taught = {id(parameter) for group in captioning.groups for parameter in group.parameters}
    assert taught == {id(parameter) for parameter in detector.captioner.parameters()}
    learns = {id(parameter) for group in end_to_end.groups for parameter in group.parameters}
    assert learns == {id(parameter) for parameter in detector.parameters()}


def test_a_captioner_that_is_taught_knows_its_texts(towers: Path) -> None:
    detector = build(towers)
    batch = detector.preprocess(tiny_posts()[:4])
    stage = detector.stages()[0]
    optimizer = torch.optim.Adam(detector.captioner.parameters(), lr=1e-3)
    for _ in range(150):
        optimizer.zero_grad()
        loss = stage.loss(detector(batch), batch)["info_nce"]
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        output = detector(batch)
    likeness = torch.cosine_similarity(output.text.unsqueeze(1), output.caption.unsqueeze(0), dim=2)
    assert likeness.argmax(dim=1).tolist() == [0, 1, 2, 3]
