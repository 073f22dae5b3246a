from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from rumorscope.detectors._modality_dropout import hide_modalities
from rumorscope.encoders.preprocess import Batch
from rumorscope.post import Post

EMPTY = (7, 8)  # token ids of ""
LABELS = torch.tensor([0.0, 1.0]).repeat(500)


def batch() -> Batch:
    count = len(LABELS)
    return Batch(
        posts=(Post("", ""),) * count,
        token_ids=torch.full((count, 4), 9),
        token_mask=torch.ones(count, 4, dtype=torch.bool),
        pixels=torch.zeros(1, 3, 2, 2, dtype=torch.uint8),
        image_index=torch.zeros(count, 2, dtype=torch.int64),
        labels=LABELS,
    )


def hidden(before: Batch, probability: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Which posts lost their text, and which their pictures; whatever is left is unchanged."""
    torch.manual_seed(0)
    after = hide_modalities(before, probability, EMPTY)
    text, image = (
        (after.token_mask != before.token_mask).any(1),
        (after.image_index != before.image_index).any(1),
    )
    assert (after.token_ids[text][:, :2] == torch.tensor(EMPTY)).all()
    assert (after.token_mask[text] == torch.tensor([True, True, False, False])).all()
    assert (after.image_index[image] == -1).all()
    assert torch.equal(after.token_ids[~text], before.token_ids[~text])
    return text, image


def test_hides_each_modality_as_often_as_told_and_never_both() -> None:
    text, image = hidden(batch(), 0.2)
    assert text.float().mean().item() == pytest.approx(0.2, abs=0.04)
    assert image.float().mean().item() == pytest.approx(0.2, abs=0.04)
    assert not (text & image).any()


def test_one_half_leaves_every_post_exactly_one_modality() -> None:
    text, image = hidden(batch(), 0.5)
    assert (text ^ image).all()


def test_caption_pairs_and_posts_without_pictures_stay_whole() -> None:
    unlabelled = replace(batch(), labels=LABELS * torch.nan)
    no_pictures = replace(batch(), image_index=torch.full((1000, 2), -1))
    for whole in (unlabelled, no_pictures):
        assert not torch.stack(hidden(whole, 0.5)).any()


def test_zero_hides_nothing_and_draws_nothing() -> None:
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    whole = batch()
    assert hide_modalities(whole, 0.0, EMPTY) is whole
    assert torch.equal(torch.random.get_rng_state(), before)
