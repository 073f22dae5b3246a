"""Towers from folders, from checkpoints and from the package; and what is said where there are none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import T5Config, T5Model

from rumorscope.encoders._interface import ImageEncoder, ImageTowerConfig, TextEncoder, TextTowerConfig
from rumorscope.encoders.preprocess import Preprocess
from rumorscope.encoders.sources import PretrainedTowers, SavedTowers, save_towers
from rumorscope.errors import CheckpointError, InputError
from tiny import tiny_posts

Noise = Callable[[int, int], Tensor]
TEXTS = ["clip", "chinese_clip", "bert"]
IMAGES = ["clip", "chinese_clip", "resnet", "mobilenet"]


class Pair(nn.Module):
    """What a detector is to this module: towers as attributes, and something else beside them."""

    def __init__(self, text: TextEncoder, image: ImageEncoder) -> None:
        super().__init__()
        self.text = text
        self.image = image
        self.head = nn.Linear(2, 2)


def _settings(text: Path, image: Path) -> tuple[TextTowerConfig, ImageTowerConfig]:
    return (
        TextTowerConfig(model=str(text), max_tokens=40),
        ImageTowerConfig(model=str(image), image_size=64, receptive_fields=(32, 64)),
    )


def _pretrained(checkpoints: Path, text: str, image: str) -> Pair:
    settings = _settings(checkpoints / text, checkpoints / image)
    towers = PretrainedTowers()
    return Pair(towers.text("text", settings[0]), towers.image("image", settings[1])).eval()


def _answers(pair: Pair) -> list[Tensor]:
    batch = Preprocess(pair.text.tokenizer, pair.text.max_tokens, pair.image.image_size)(tiny_posts())
    return [*pair.text(batch.token_ids, batch.token_mask), *pair.image(batch.pixels)]


def _equal(ours: list[Tensor], theirs: list[Tensor]) -> bool:
    return all(map(torch.equal, ours, theirs))


@pytest.mark.parametrize(("text", "image"), [*zip(TEXTS, IMAGES, strict=False), ("bert", "mobilenet")])
@torch.no_grad()
def test_saved_towers_with_the_weights_answer_as_before(
    checkpoints: Path, tmp_path: Path, text: str, image: str
) -> None:
    before = _pretrained(checkpoints, text, image)
    save_towers(before, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["image", "text"]
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".bin", ".safetensors", ".pt")]
    elsewhere = _settings(Path("moved/away"), Path("moved/away"))
    saved = SavedTowers(tmp_path)
    after = Pair(saved.text("text", elsewhere[0]), saved.image("image", elsewhere[1])).eval()
    after.load_state_dict(before.state_dict())
    assert _equal(_answers(after), _answers(before))


@pytest.mark.parametrize("kind", IMAGES)
def test_no_picture_gives_empty_features_and_gradients_of_zero(
    checkpoints: Path, pixels: Noise, kind: str
) -> None:
    encoder = _pretrained(checkpoints, "bert", kind).image.train()
    features = encoder(pixels(0, 64))
    assert features.regions.shape == (0, 5, encoder.width)
    assert features.pooled.shape == (0, encoder.width)
    (features.regions.sum() + features.pooled.sum()).backward()
    assert not any(parameter.grad.any() for parameter in encoder.parameters())


@pytest.mark.parametrize("kind", IMAGES)
@torch.no_grad()
def test_mixed_and_half_precision_come_close(checkpoints: Path, pixels: Noise, kind: str) -> None:
    encoder, pictures = _pretrained(checkpoints, "bert", kind).image, pixels(2, 64)
    exact = encoder(pictures).regions
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = encoder(pictures).regions
    half = encoder.to(torch.bfloat16)(pictures).regions
    assert half.dtype == torch.bfloat16
    for found in (mixed, half):
        assert (found.float() - exact).square().mean() < 0.02 * exact.square().mean()


@pytest.mark.parametrize("kind", IMAGES)
def test_every_tensor_of_an_image_tower_moves_with_it(checkpoints: Path, pixels: Noise, kind: str) -> None:
    """On the meta device, which refuses to compute with a tensor that stayed behind."""
    encoder = _pretrained(checkpoints, "bert", kind).image.to("meta")
    for count in (2, 0):
        assert encoder(pixels(count, 64).to("meta")).regions.device.type == "meta"


@pytest.mark.parametrize("kind", IMAGES)
def test_towers_have_names_that_a_checkpoint_can_hold(checkpoints: Path, kind: str) -> None:
    """No buffer that the architecture gives anyway, and no tensor that shares memory with another."""
    state = _pretrained(checkpoints, "clip", kind).state_dict()
    assert len({tensor.data_ptr() for tensor in state.values()}) == len(state)
    assert not [name for name in state if "normalise" in name]


# The towers of the package -------------------------------------------------------------------------------


@pytest.fixture
def compact(checkpoints: Path, tmp_path: Path) -> tuple[Path, Pair]:
    """A checkpoint folder as the package carries it, and the towers that it holds."""
    pair = _pretrained(checkpoints, "clip", "mobilenet")
    with torch.no_grad():
        for parameter in pair.parameters():
            parameter.copy_(parameter.half().float())  # so that float16 on disk loses nothing
    save_towers(pair, tmp_path / "towers")
    half = {name: tensor.half() for name, tensor in pair.state_dict().items()}
    save_file(half, tmp_path / "model.safetensors")
    return tmp_path, pair


@torch.no_grad()
def test_compact_towers_answer_as_those_of_the_checkpoint(compact: tuple[Path, Pair]) -> None:
    folder, expected = compact
    towers = PretrainedTowers(compact=folder)
    text = towers.text("clip_text", TextTowerConfig(model="compact", max_tokens=40))
    image = towers.image("clip_image", ImageTowerConfig(model="compact", image_size=64))
    found = Pair(text, image).eval()
    assert {parameter.dtype for parameter in found.parameters()} == {torch.float32}
    assert _equal(_answers(found), _answers(expected))


def test_compact_towers_take_other_settings(compact: tuple[Path, Pair]) -> None:
    folder, _ = compact
    towers = PretrainedTowers(compact=folder)
    config = ImageTowerConfig(model="compact", image_size=192, receptive_fields=(96, 64, 192))
    image = towers.image("image", config)
    regions = image(torch.zeros(1, 3, 192, 192, dtype=torch.uint8)).regions
    assert regions.shape == (1, 4 + 9 + 1, image.width)
    assert towers.text("text", TextTowerConfig(model="compact", max_tokens=12)).max_tokens == 12
    with pytest.raises(InputError, match="use 77 or fewer"):
        towers.text("text", TextTowerConfig(model="compact", max_tokens=100))


def test_a_damaged_compact_checkpoint_is_told(compact: tuple[Path, Pair], tmp_path: Path) -> None:
    folder, pair = compact
    config = TextTowerConfig(model="compact")
    with pytest.raises(CheckpointError, match=r"no compact towers in .*nowhere; name a hub model or a local"):
        PretrainedTowers(compact=tmp_path / "nowhere").text("text", config)
    weights = folder / "model.safetensors"
    save_file({f"image.{name}": tensor for name, tensor in pair.image.state_dict().items()}, weights)
    with pytest.raises(CheckpointError, match="has not the weights"):
        PretrainedTowers(compact=folder).text("text", config)
    os.truncate(weights, 1000)
    with pytest.raises(CheckpointError, match="cannot read the compact towers"):
        PretrainedTowers(compact=folder).text("text", config)


# What cannot be loaded -----------------------------------------------------------------------------------


def _load_text(model: str | Path) -> TextEncoder:
    return PretrainedTowers().text("text", TextTowerConfig(model=str(model)))


def _load_image(model: str | Path) -> ImageEncoder:
    return PretrainedTowers().image("image", ImageTowerConfig(model=str(model)))


@pytest.fixture
def bert(checkpoints: Path, tmp_path: Path) -> Path:
    """A BERT checkpoint to spoil."""
    return Path(shutil.copytree(checkpoints / "bert", tmp_path / "bert"))


@pytest.mark.parametrize("model", ["./no/folder", "/no/folder", "a/b/c", "~/towers"])
def test_a_missing_folder(model: str) -> None:
    with pytest.raises(InputError, match=f"there is no folder {model}; name a folder with config.json"):
        _load_text(model)


@pytest.mark.parametrize("model", ["somebody/some-tower", "some-tower"])
def test_a_hub_that_cannot_be_reached(model: str) -> None:
    with pytest.raises(InputError, match=f"cannot load '{model}' from the Hugging Face hub.*offline"):
        _load_image(model)


def test_pickled_weights_are_refused(bert: Path) -> None:
    (bert / "model.safetensors").rename(bert / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"only pickled weights \(pytorch_model.bin\).*never unpickles"):
        _load_text(bert)


def test_a_folder_without_weights_or_configuration(bert: Path) -> None:
    (bert / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"holds no weights; rumorscope reads model\.safetensors"):
        _load_text(bert)
    (bert / "config.json").unlink()
    with pytest.raises(InputError, match=r"holds no config\.json"):
        _load_text(bert)


def test_weights_that_are_cut_off(bert: Path) -> None:
    os.truncate(bert / "model.safetensors", 5000)
    with pytest.raises(InputError, match=r"cannot load .* from that folder"):
        _load_text(bert)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "num_hidden_layers",
            3,
            r"lacks weights that its config\.json asks for: encoder.* and 15 more",
        ),
        ("intermediate_size", 48, r"lacks weights that its config\.json asks for: .*intermediate"),
        ("vocab_size", 50, r"asks for: embeddings\.word_embeddings\.weight$"),
        ("model_type", "martian", "does not recognize this architecture"),
    ],
)
def test_weights_that_are_another_models(bert: Path, key: str, value: object, message: str) -> None:
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps(config | {key: value}))
    with pytest.raises(InputError, match=message):
        _load_text(bert)


def test_a_missing_tokenizer(bert: Path) -> None:
    (bert / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"put the tokenizer's own files \(tokenizer.json\) beside"):
        _load_text(bert)


def test_a_missing_or_silent_image_processor(checkpoints: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints / "resnet", tmp_path / "resnet"))
    (folder / "preprocessor_config.json").write_text("{}")
    with pytest.raises(InputError, match="image_mean"):
        _load_image(folder)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(InputError, match=r"preprocessor_config\.json"):
        _load_image(folder)


def test_a_tower_of_the_other_kind(checkpoints: Path) -> None:
    with pytest.raises(InputError, match=r"\(resnet\) has no text tower; name"):
        _load_text(checkpoints / "resnet")
    with pytest.raises(InputError, match=r"\(bert\) has no image tower"):
        _load_image(checkpoints / "bert")


def test_a_text_tower_with_a_decoder(tmp_path: Path) -> None:
    config = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    T5Model(config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"is an encoder-decoder \(t5\); use an encoder such as BERT"):
        _load_text(tmp_path)


def test_a_checkpoint_without_its_towers(checkpoints: Path, tmp_path: Path) -> None:
    text, image = _settings(Path("any"), Path("any"))
    with pytest.raises(CheckpointError, match=r"config\.json"):
        SavedTowers(tmp_path).text("text", text)
    with pytest.raises(CheckpointError, match=r"rumorscope\.json"):
        SavedTowers(tmp_path).image("image", image)
    save_towers(_pretrained(checkpoints, "bert", "clip"), tmp_path)
    (tmp_path / "text" / "tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match="tokenizer"):
        SavedTowers(tmp_path).text("text", text)
    (tmp_path / "image" / "rumorscope.json").write_text('{"image_size": 64}')
    with pytest.raises(CheckpointError, match=r"rumorscope\.json"):
        SavedTowers(tmp_path).image("image", image)


def test_loading_is_quiet_and_leaves_the_log_level_alone(
    checkpoints: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    _pretrained(checkpoints, "clip", "chinese_clip")
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
