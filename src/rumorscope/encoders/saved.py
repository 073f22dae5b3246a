"""The towers of a checkpoint: architectures, written beside its weights and rebuilt without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from rumorscope.encoders._interface import ImageEncoder, ImageTowerConfig, TextEncoder, TextTowerConfig
from rumorscope.encoders.architecture import build_tower
from rumorscope.encoders.convolutional import ConvolutionalImageEncoder
from rumorscope.encoders.image import Channels, ImageArchitecture, PretrainedImageEncoder
from rumorscope.encoders.loading import load_tokenizer
from rumorscope.encoders.sclip import VISION_TOWERS, SclipImageEncoder
from rumorscope.encoders.text import PretrainedTextEncoder
from rumorscope.errors import CheckpointError, InputError


class SavedTowers:
    """The architectures in a checkpoint, at the sizes of the configuration, to be filled from its weights."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def text(self, name: str, config: TextTowerConfig) -> TextEncoder:
        """Rebuild a text tower with random weights. Raises CheckpointError where it was not saved."""
        folder = self._folder / name
        tower = build_tower(folder, "text")
        try:
            tokenizer = load_tokenizer(str(folder), tower)
        except InputError as error:
            raise CheckpointError(f"the checkpoint is damaged: {error}") from error
        return PretrainedTextEncoder(tower, tokenizer, config.max_tokens)

    def image(self, name: str, config: ImageTowerConfig) -> ImageEncoder:
        """Rebuild an image tower with random weights. Raises CheckpointError where it was not saved."""
        folder = self._folder / name
        saved = ImageArchitecture.load(folder)
        return image_encoder(build_tower(folder, "image"), config, saved.mean, saved.std)


def save_towers(detector: nn.Module, folder: Path) -> None:
    """Write the architecture of every tower that is an attribute of `detector` to `folder/<attribute>/`."""
    for name, child in detector.named_children():
        if isinstance(child, TextEncoder | ImageEncoder):
            child.save_architecture(folder / name)


def image_encoder(
    tower: Any, config: ImageTowerConfig, mean: Channels, std: Channels
) -> PretrainedImageEncoder:
    """The encoder that knows a tower's layers, or else the one that reads its feature map."""
    architecture = ImageArchitecture(
        image_size=config.image_size, receptive_fields=config.receptive_fields, mean=mean, std=std
    )
    if tower.config.model_type in VISION_TOWERS:
        return SclipImageEncoder(tower, architecture)
    return ConvolutionalImageEncoder(tower, architecture)
