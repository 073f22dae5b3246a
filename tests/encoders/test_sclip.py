"""SCLIP against the tower it is built from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoModel, CLIPImageProcessorPil

from rumorscope.encoders._interface import ImageTowerConfig
from rumorscope.encoders.sclip import SclipImageEncoder
from rumorscope.encoders.sources import PretrainedTowers

KINDS = ["clip", "chinese_clip"]
Noise = Callable[[int, int], Tensor]


def _encoder(folder: Path, image_size: int, *receptive_fields: int) -> SclipImageEncoder:
    config = ImageTowerConfig(model=str(folder), image_size=image_size, receptive_fields=receptive_fields)
    encoder = PretrainedTowers().image("image", config).eval()
    assert isinstance(encoder, SclipImageEncoder)
    return encoder


def _normalised(pixels: Tensor) -> Tensor:
    """As the image processor that belongs to CLIP does it."""
    processor = CLIPImageProcessorPil(do_resize=False, do_center_crop=False)
    return processor(list(pixels), return_tensors="pt")["pixel_values"]


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_at_the_towers_own_sizes_the_features_are_the_towers(
    checkpoints: Path, pixels: Noise, kind: str
) -> None:
    encoder, pictures = _encoder(checkpoints / kind, 32, 8), pixels(3, 32)
    tower = AutoModel.from_pretrained(checkpoints / kind).vision_model.eval()
    theirs = tower(encoder.normalise(pictures))
    ours = encoder(pictures)
    assert torch.equal(ours.regions, tower.post_layernorm(theirs.last_hidden_state[:, 1:]))
    assert torch.equal(ours.pooled, theirs.pooler_output)


@torch.no_grad()
def test_pixels_are_normalised_as_the_image_processor_does(checkpoints: Path, pixels: Noise) -> None:
    encoder, pictures = _encoder(checkpoints / "clip", 32, 8), pixels(2, 32)
    torch.testing.assert_close(encoder.normalise(pictures), _normalised(pictures), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_at_another_size_the_features_are_those_of_the_interpolating_tower(
    checkpoints: Path, pixels: Noise, kind: str
) -> None:
    encoder, pictures = _encoder(checkpoints / kind, 48, 8), pixels(2, 48)
    tower = AutoModel.from_pretrained(checkpoints / kind).vision_model.eval()
    theirs = tower(encoder.normalise(pictures), interpolate_pos_encoding=True)
    torch.testing.assert_close(encoder(pictures).pooled, theirs.pooler_output)


@torch.no_grad()
def test_a_larger_receptive_field_sees_an_enlarged_picture_as_the_tower_sees_the_picture(
    checkpoints: Path,
) -> None:
    """Patches of one colour are enlarged without a loss, so 16 pixels a patch must tell what 8 did."""
    colours = torch.randint(
        0, 256, (2, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    small = colours.repeat_interleave(8, 2).repeat_interleave(8, 3)
    large = colours.repeat_interleave(16, 2).repeat_interleave(16, 3)
    own = _encoder(checkpoints / "clip", 32, 8)(small)
    wide = _encoder(checkpoints / "clip", 64, 16)(large)
    torch.testing.assert_close(wide.regions, own.regions, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(wide.pooled, own.pooled, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_each_scale_is_a_sequence_of_its_own(checkpoints: Path, pixels: Noise) -> None:
    pictures = pixels(2, 48)
    both = _encoder(checkpoints / "clip", 48, 8, 16)(pictures)
    fine, coarse = (_encoder(checkpoints / "clip", 48, field)(pictures) for field in (8, 16))
    torch.testing.assert_close(both.regions, torch.cat([fine.regions, coarse.regions], dim=1))
    torch.testing.assert_close(both.pooled, (fine.pooled + coarse.pooled) / 2)


@torch.no_grad()
def test_scales_keep_the_order_of_the_configuration(checkpoints: Path, pixels: Noise) -> None:
    pictures = pixels(1, 48)
    coarse_first = _encoder(checkpoints / "clip", 48, 16, 8)(pictures).regions
    fine_first = _encoder(checkpoints / "clip", 48, 8, 16)(pictures).regions
    torch.testing.assert_close(coarse_first, torch.cat([fine_first[:, 36:], fine_first[:, :36]], dim=1))


@torch.no_grad()
def test_the_scale_embedding_starts_at_zero_and_moves_its_scale_alone(
    checkpoints: Path, pixels: Noise
) -> None:
    encoder, pictures = _encoder(checkpoints / "clip", 48, 8, 16), pixels(1, 48)
    before = encoder(pictures).regions
    assert not encoder.scale_embedding.any()
    encoder.scale_embedding[1] = torch.linspace(-1, 1, 32)
    after = encoder(pictures).regions
    fine, coarse = (encoder.grid.scales == scale for scale in (0, 1))
    assert torch.equal(after[:, fine], before[:, fine])
    assert not torch.isclose(after[:, coarse], before[:, coarse]).all(dim=-1).any()


@torch.no_grad()
def test_a_regions_box_is_where_its_pixels_are(checkpoints: Path, pixels: Noise) -> None:
    """Without the layers that mix the patches, a region answers to the pixels in its box and no others."""
    encoder, pictures = _encoder(checkpoints / "clip", 48, 8, 16), pixels(1, 48)
    encoder.tower.encoder.layers = torch.nn.ModuleList()
    before = encoder(pictures).regions[0]
    for region in (0, 5, 6, 35):
        left, top, right, bottom = (encoder.grid.boxes[region] * 48).round().int().tolist()
        painted = pictures.clone()
        painted[..., top:bottom, left:right] = 0
        changed = (encoder(painted).regions[0] != before).any(dim=-1).nonzero().flatten().tolist()
        around = 36 + (top // 16) * 3 + left // 16  # the region of 16 pixels that holds it
        assert changed == [region, around]


def test_each_scale_has_a_kernel_of_its_own(checkpoints: Path, pixels: Noise) -> None:
    encoder = _encoder(checkpoints / "clip", 48, 8, 16)
    encoder(pixels(1, 48)).regions[:, encoder.grid.scales == 1].sum().backward()
    fine, coarse = encoder.kernels
    assert fine.shape[-1] == 8
    assert coarse.shape[-1] == 16
    assert not fine.grad.any()
    assert coarse.grad.any()


def test_every_parameter_learns(checkpoints: Path, pixels: Noise) -> None:
    encoder = _encoder(checkpoints / "clip", 48, 12, 24).train()
    features = encoder(pixels(2, 48))
    (features.regions.square().sum() + features.pooled.sum()).backward()
    assert [name for name, parameter in encoder.named_parameters() if not parameter.grad.any()] == []


@torch.no_grad()
def test_an_answer_does_not_depend_on_batch_mates(checkpoints: Path, pixels: Noise) -> None:
    encoder, pictures = _encoder(checkpoints / "chinese_clip", 64, 32, 64), pixels(3, 64)
    alone = torch.cat([encoder(picture[None]).regions for picture in pictures])
    torch.testing.assert_close(encoder(pictures).regions, alone)
