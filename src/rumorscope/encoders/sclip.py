"""SCLIP (MICC, arXiv 2508.11141, section 3.2): a CLIP vision tower that sees a picture at several scales.

One pretrained transformer serves every scale. Each scale has a patch kernel of its own (eq. 5), which starts
as the tower's, resampled to the receptive field by the pseudo-inverse resize (see `resampling`); the tower's
positions are interpolated to each grid. At the tower's own patch and image size nothing is resampled, and the
features are the tower's own.

Shapes: **U** pictures, **S** pixels of a side, **R** regions, **D** width.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rumorscope.encoders._interface import ImageFeatures
from rumorscope.encoders.image import ImageArchitecture, PretrainedImageEncoder
from rumorscope.encoders.resampling import kernel_matrix, resample_kernel, resample_positions

VISION_TOWERS = frozenset({"clip_vision_model", "chinese_clip_vision_model"})
"""The model types whose layers this encoder knows."""


class SclipImageEncoder(PretrainedImageEncoder):
    """A CLIP or Chinese-CLIP vision tower; every scale is a sequence of its own through the one transformer.

    Regions are the last hidden states of the patches after the tower's post layer norm, which CLIP applies to
    the class token: both then lie in one space. `pooled` is the mean of the scales' class tokens.
    """

    def __init__(self, tower: Any, architecture: ImageArchitecture) -> None:
        super().__init__(tower, architecture)
        self.width = int(tower.config.hidden_size)
        self.scale_embedding = nn.Parameter(torch.zeros(len(architecture.receptive_fields), self.width))
        patch = tower.embeddings.patch_embedding.weight.detach()
        self.kernels = nn.ParameterList(
            resample_kernel(patch, kernel_matrix(tower.config.patch_size, field)).clone()
            for field in architecture.receptive_fields
        )
        tower.embeddings.patch_embedding = nn.Identity()  # its kernel lives on in `kernels`

    def _encode(self, pixels: Tensor) -> ImageFeatures:
        scales = [self._encode_scale(pixels, scale) for scale in range(len(self.grid.receptive_fields))]
        regions = torch.cat([hidden[:, 1:] for hidden in scales], dim=1)
        return ImageFeatures(regions, torch.stack([hidden[:, 0] for hidden in scales]).mean(dim=0))

    def _encode_scale(self, pixels: Tensor, scale: int) -> Tensor:
        """(U, 1 + regions of the scale, D): the class token and the patches, out of the transformer."""
        field = self.grid.receptive_fields[scale]
        embeddings = self.tower.embeddings
        patches = F.conv2d(pixels, self.kernels[scale], stride=field).flatten(2).mT
        summary = embeddings.class_embedding.expand(pixels.shape[0], 1, -1)
        positions = resample_positions(embeddings.position_embedding.weight, self.image_size // field)
        tokens = torch.cat([summary, patches], dim=1) + positions + self.scale_embedding[scale]
        hidden = self.tower.encoder(inputs_embeds=self.tower.pre_layrnorm(tokens)).last_hidden_state
        encoded: Tensor = self.tower.post_layernorm(hidden)
        return encoded
