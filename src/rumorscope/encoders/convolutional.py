"""Regions at several scales from any convolutional tower: its last map, pooled to the grid of each scale.

Shapes: **U** pictures, **S** pixels of a side, **R** regions, **D** channels of the map.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rumorscope.encoders._interface import ImageFeatures
from rumorscope.encoders.image import ImageArchitecture, PretrainedImageEncoder
from rumorscope.errors import InputError


class ConvolutionalImageEncoder(PretrainedImageEncoder):
    """A ResNet, a MobileNetV2 or the like. A region is the mean of its part of the map; `pooled`, of all.

    Its batch norms use the statistics that they came with while it learns, too: a few hundred pictures tell
    no better ones, and where the published scales were folded into the weights there are none to learn.

    Raises InputError where the tower gives no map, or a receptive field is finer than a cell of it: such
    regions would be copies of each other.
    """

    def __init__(self, tower: Any, architecture: ImageArchitecture) -> None:
        super().__init__(tower, architecture)
        _keep_statistics(tower)
        self._sides = [self.image_size // field for field in self.grid.receptive_fields]
        self.width, cells = _map_shape(tower, self.image_size)
        cell = -(-self.image_size // cells)
        for field, side in zip(self.grid.receptive_fields, self._sides, strict=True):
            if side > cells:
                raise InputError(
                    f"the receptive field {field} is finer than the {cell} pixels of a cell in the map of "
                    f"{tower.config.model_type} at image_size={self.image_size}; use {cell} or more"
                )

    def _encode(self, pixels: Tensor) -> ImageFeatures:
        if self.tower.training:  # in this layout convolutions learn 1.4 times as fast on a CPU
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        features = self.tower(pixels).last_hidden_state  # (U, D, cells, cells)
        regions = [F.adaptive_avg_pool2d(features, side).flatten(2).mT for side in self._sides]
        return ImageFeatures(torch.cat(regions, dim=1), features.mean(dim=(2, 3)))


class _KnownBatchNorm(nn.BatchNorm2d):
    """A batch norm that never looks at the batch."""

    def forward(self, features: Tensor) -> Tensor:
        return F.batch_norm(
            features,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=False,
            eps=self.eps,
        )


def _keep_statistics(tower: nn.Module) -> None:
    for parent in list(tower.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.BatchNorm2d:
                known = _KnownBatchNorm(child.num_features, child.eps, child.momentum, child.affine)
                known.load_state_dict(child.state_dict())
                setattr(parent, name, known.train(child.training))


def _map_shape(tower: Any, image_size: int) -> tuple[int, int]:
    """Channels and cells of a side of the tower's map; found by trying, since configurations do not agree."""
    kind = tower.config.model_type
    training = tower.training
    tower.eval()
    try:
        with torch.no_grad():
            features = tower(torch.zeros(1, 3, image_size, image_size)).last_hidden_state
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"the image tower ({kind}) cannot read {image_size} pixels: {error}") from error
    finally:
        tower.train(training)
    if features.dim() != 4:
        raise InputError(
            f"the image tower ({kind}) gives no feature map; use CLIP, Chinese-CLIP, or a convolutional one "
            "such as ResNet or MobileNetV2"
        )
    return features.shape[1], features.shape[2]
