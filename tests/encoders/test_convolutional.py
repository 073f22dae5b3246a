"""Regions from feature maps, against the towers' own outputs and a slow reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import AutoModel, MobileNetV2ImageProcessorPil, ViTConfig, ViTModel

from rumorscope.encoders._interface import ImageTowerConfig
from rumorscope.encoders.convolutional import ConvolutionalImageEncoder
from rumorscope.encoders.preprocess import read_picture
from rumorscope.encoders.sources import PretrainedTowers
from rumorscope.errors import InputError

Noise = Callable[[int, int], Tensor]


def _encoder(folder: Path, image_size: int, *receptive_fields: int) -> ConvolutionalImageEncoder:
    config = ImageTowerConfig(model=str(folder), image_size=image_size, receptive_fields=receptive_fields)
    encoder = PretrainedTowers().image("image", config).eval()
    assert isinstance(encoder, ConvolutionalImageEncoder)
    return encoder


@pytest.mark.parametrize(("kind", "cell"), [("resnet", 8), ("mobilenet", 32)])
@torch.no_grad()
def test_at_the_maps_own_grid_the_regions_are_its_cells(
    checkpoints: Path, pixels: Noise, kind: str, cell: int
) -> None:
    encoder, pictures = _encoder(checkpoints / kind, 96, cell), pixels(2, 96)
    theirs = AutoModel.from_pretrained(checkpoints / kind).eval()(encoder.normalise(pictures))
    ours = encoder(pictures)
    for region, (left, top, *_) in enumerate((encoder.grid.boxes * 96 / cell).round().int().tolist()):
        torch.testing.assert_close(ours.regions[:, region], theirs.last_hidden_state[:, :, top, left])
    torch.testing.assert_close(ours.pooled, theirs.pooler_output.flatten(1))


@torch.no_grad()
def test_a_region_is_the_mean_of_the_cells_in_its_box(checkpoints: Path, pixels: Noise) -> None:
    encoder, pictures = _encoder(checkpoints / "resnet", 96, 16, 48), pixels(2, 96)
    features = encoder.tower(encoder.normalise(pictures)).last_hidden_state  # 12 x 12 cells of 8 pixels
    ours = encoder(pictures).regions
    for region, box in enumerate((encoder.grid.boxes * 12).round().int().tolist()):
        left, top, right, bottom = box
        cells = [features[:, :, y, x] for y in range(top, bottom) for x in range(left, right)]
        torch.testing.assert_close(ours[:, region], torch.stack(cells).mean(dim=0))


@torch.no_grad()
def test_pixels_are_normalised_as_the_towers_processor_does(checkpoints: Path, pixels: Noise) -> None:
    encoder, pictures = _encoder(checkpoints / "mobilenet", 64, 32), pixels(2, 64)
    processor = MobileNetV2ImageProcessorPil(do_resize=False, do_center_crop=False)
    theirs = processor(list(pictures), return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(encoder.normalise(pictures), theirs, rtol=1e-5, atol=1e-5)


def test_a_field_finer_than_the_map_is_refused(checkpoints: Path) -> None:
    with pytest.raises(InputError, match=r"receptive field 16 is finer than the 32 pixels.*use 32 or more"):
        _encoder(checkpoints / "mobilenet", 192, 16)


def test_a_tower_without_a_map_is_refused(checkpoints: Path, tmp_path: Path) -> None:
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    ViTModel(ViTConfig(image_size=32, patch_size=8, **size)).save_pretrained(tmp_path)
    MobileNetV2ImageProcessorPil().save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"\(vit\) gives no feature map; use CLIP"):
        _encoder(tmp_path, 32, 8)
    with pytest.raises(InputError, match=r"\(vit\) cannot read 64 pixels"):
        _encoder(tmp_path, 64, 8)


def test_building_leaves_the_batch_statistics_alone(checkpoints: Path) -> None:
    ours = _encoder(checkpoints / "resnet", 64, 32).tower.state_dict()
    theirs = AutoModel.from_pretrained(checkpoints / "resnet").state_dict()
    assert all(torch.equal(ours[name], value) for name, value in theirs.items())


@pytest.mark.parametrize("kind", ["resnet", "mobilenet"])
@torch.no_grad()
def test_a_learning_tower_sees_as_it_will_when_it_has_learnt(
    checkpoints: Path, pixels: Noise, kind: str
) -> None:
    """Its batch norms look at no batch: answers are those of evaluation, whatever else is in the batch."""
    encoder, pictures = _encoder(checkpoints / kind, 96, 48), pixels(3, 96)
    expected = encoder(pictures).pooled
    encoder.train()
    torch.testing.assert_close(encoder(pictures).pooled, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(encoder(pictures[:1]).pooled, expected[:1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["resnet", "mobilenet"])
def test_every_parameter_learns(checkpoints: Path, pixels: Noise, kind: str) -> None:
    encoder = _encoder(checkpoints / kind, 64, 32).train()
    features = encoder(pixels(2, 64))
    (features.regions.square().sum() + features.pooled.sum()).backward()
    assert [name for name, parameter in encoder.named_parameters() if parameter.grad is None] == []


@torch.no_grad()
def test_real_mobilenet_features_of_real_pictures(real_models: Path, real_data: Path) -> None:
    """Against the pipeline of `transformers`: its processor on the picture, its model, its pooled output."""
    folder = real_models / "mobilenet_v2_1.0_224"
    files = sorted((real_data / "flickr8k_1000").rglob("*.jpg"))[:4]
    pictures = torch.stack([read_picture(file, 224).pixels for file in files])
    processor = MobileNetV2ImageProcessorPil.from_pretrained(folder, do_resize=False, do_center_crop=False)
    theirs = AutoModel.from_pretrained(folder).eval()(**processor(list(pictures), return_tensors="pt"))
    ours = _encoder(folder, 224, 32, 112)(pictures)
    torch.testing.assert_close(ours.pooled, theirs.pooler_output, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        ours.regions[:, :49], theirs.last_hidden_state.flatten(2).mT, rtol=1e-4, atol=1e-4
    )
    assert ours.regions.shape == (4, 49 + 4, 1280)
