"""What the image encoders share: how pixels are normalised, where regions lie, what rebuilds a tower.

Shapes: **U** pictures, **S** pixels of a side, **R** regions of a picture.
"""

from __future__ import annotations

from abc import abstractmethod
from math import lcm
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from rumorscope.encoders._interface import ImageEncoder, ImageFeatures, RegionGrid
from rumorscope.encoders.architecture import Architecture
from rumorscope.errors import InputError

Channels = tuple[float, float, float]
"""One number for red, green and blue."""

ALL_FIELDS_FIT = 192
"""The smallest size in pixels that every receptive field of the paper (24, 32, 48, 64) divides."""


class ImageArchitecture(Architecture):
    """What an image encoder needs beside its tower's configuration."""

    image_size: int
    receptive_fields: tuple[int, ...]
    mean: Channels  # of the channels, pixels being 0 to 1
    std: Channels


class PretrainedImageEncoder(ImageEncoder):
    """A tower of `transformers` with its regions and its normalisation; a child class says how it encodes."""

    def __init__(self, tower: Any, architecture: ImageArchitecture) -> None:
        super().__init__()
        self.tower = tower
        self.architecture = architecture
        self.image_size = architecture.image_size
        self.grid = region_grid(architecture.image_size, architecture.receptive_fields)
        self.normalise = Normalisation(architecture.mean, architecture.std)

    def forward(self, pixels: Tensor) -> ImageFeatures:
        """(U, 3, S, S) uint8 → (U, R, D) regions and (U, D) pooled."""
        if pixels.shape[0] == 0:
            return self._nothing()
        return self._encode(self.normalise(pixels).to(self.tower.dtype))

    @abstractmethod
    def _encode(self, pixels: Tensor) -> ImageFeatures:
        """Encode (U, 3, S, S) normalised pictures, U being at least 1."""

    def _nothing(self) -> ImageFeatures:
        # Towers refuse an empty batch. The parameters still get a gradient, of zeros: several processes that
        # train together wait for one from each, whether or not its posts had a picture.
        link = torch.stack([parameter.flatten()[:0].sum() for parameter in self.parameters()]).sum()
        regions = link.new_zeros(0, len(self.grid.scales), self.width) + link
        return ImageFeatures(regions, link.new_zeros(0, self.width) + link)

    def save_architecture(self, folder: Path) -> None:
        """Write config.json and rumorscope.json."""
        self.architecture.save(folder, self.tower)


class Normalisation(nn.Module):
    """(U, 3, S, S) uint8 pixels → float32, standardised as the tower was trained."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Channels, std: Channels) -> None:
        super().__init__()
        # Part of the architecture, so not of the state dict.
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        return (pixels.float() / 255 - self.mean) / self.std


def region_grid(image_size: int, receptive_fields: tuple[int, ...]) -> RegionGrid:
    """The regions of a square picture: scale after scale in the order given, each row by row.

    Raises InputError where a receptive field does not divide the image size, or one is named twice.
    """
    if not receptive_fields or len(set(receptive_fields)) < len(receptive_fields):
        raise InputError(f"receptive_fields={list(receptive_fields)}: give different sizes, such as [32, 64]")
    for field in receptive_fields:
        if image_size % field:
            works = _sizes_that_work(image_size, receptive_fields)
            raise InputError(
                f"image_size={image_size} is no multiple of the receptive field {field}; use {works}"
            )
    sides = [image_size // field for field in receptive_fields]
    return RegionGrid(
        scales=torch.cat([torch.full((side * side,), scale) for scale, side in enumerate(sides)]),
        boxes=torch.cat([_boxes(side) for side in sides]),
        receptive_fields=receptive_fields,
    )


def _boxes(side: int) -> Tensor:
    """(side², 4) left, top, right, bottom of the cells of a square grid, as fractions, row by row."""
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([column, row, column + 1, row + 1], dim=-1).reshape(-1, 4) / side


def _sizes_that_work(image_size: int, receptive_fields: tuple[int, ...]) -> str:
    step = lcm(*receptive_fields)
    if ALL_FIELDS_FIT % step == 0:
        step = ALL_FIELDS_FIT
    below = max(image_size // step, 1) * step
    return f"{below} or {below + step}"
