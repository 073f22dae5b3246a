"""What every tower gives: tokens of a text, regions of a picture, and how to rebuild itself offline.

Shapes: **B** posts, **T** tokens, **U** distinct pictures, **R** regions of one picture, **D** width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import PositiveInt
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from rumorscope.config import Settings
from rumorscope.errors import InputError

COMPACT = "compact"
"""The name of the towers that the package carries."""


class TextTowerConfig(Settings):
    """Which text tower: a hub name, a local folder, or "compact", the one that the package carries."""

    model: str = COMPACT
    max_tokens: PositiveInt = 64


class ImageTowerConfig(Settings):
    """Which image tower, the size in pixels it sees, and the receptive fields (scales) of its regions."""

    model: str = COMPACT
    image_size: PositiveInt = 192
    receptive_fields: tuple[PositiveInt, ...] = (32, 64)


class TextFeatures(NamedTuple):
    tokens: Tensor  # (B, T, D)
    pooled: Tensor  # (B, D), the tower's own summary of the text


class ImageFeatures(NamedTuple):
    regions: Tensor  # (U, R, D), in the order of RegionGrid
    pooled: Tensor  # (U, D), the tower's own summary of the picture


@dataclass(frozen=True)
class RegionGrid:
    """Where an image tower's regions lie: the same for every picture, since all are scaled to one size."""

    scales: Tensor  # (R,) int64, index into receptive_fields
    boxes: Tensor  # (R, 4) left, top, right, bottom as fractions of the picture
    receptive_fields: tuple[int, ...]  # pixels of the tower's input, one a scale


class TextEncoder(nn.Module, ABC):
    """A text tower with its tokenizer.

    `projection` (E, D) carries `pooled` into the space that both towers of a CLIP share. It comes with
    pretrained weights and is none of the tower's own: a detector that needs it keeps a copy.
    """

    width: int
    max_tokens: int
    tokenizer: PreTrainedTokenizerBase
    projection: Tensor | None = None

    @abstractmethod
    def forward(self, token_ids: Tensor, token_mask: Tensor) -> TextFeatures:
        """Encode (B, T) token ids; `token_mask` (B, T) is True on real tokens."""

    @abstractmethod
    def save_architecture(self, folder: Path) -> None:
        """Write all that is needed to rebuild the tower without its weights: config and tokenizer."""

    def group_layers(self, groups: int) -> None:
        """From now on give `groups` levels of the text side by side: `width` grows as many times.

        A level is the mean of consecutive layers, the lowest first. Raises InputError where a tower tells but
        its last layer.
        """
        raise InputError(f"{type(self).__name__} tells its last layer alone; use a tower of `transformers`")


class ImageEncoder(nn.Module, ABC):
    """An image tower that gives regions at several scales. It normalises its own input.

    `projection` is as for texts.
    """

    width: int
    image_size: int
    grid: RegionGrid
    projection: Tensor | None = None

    @abstractmethod
    def forward(self, pixels: Tensor) -> ImageFeatures:
        """Encode (U, 3, image_size, image_size) uint8 pictures; U may be 0."""

    @abstractmethod
    def save_architecture(self, folder: Path) -> None:
        """Write all that is needed to rebuild the tower without its weights."""


class Towers(Protocol):
    """Where a detector gets its towers from: pretrained weights, or the architectures in a checkpoint.

    `name` is the attribute under which the detector keeps the tower: "text", "image", "clip_text", …
    """

    def text(self, name: str, config: TextTowerConfig) -> TextEncoder: ...

    def image(self, name: str, config: ImageTowerConfig) -> ImageEncoder: ...
