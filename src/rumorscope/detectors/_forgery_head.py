"""Whether a picture was altered, and where: linear layers on what the image tower says (KECL).

Unless masks teach where, one layer reads the summary of the picture and each of its regions. Where the
summary is their mean, as in a convolutional tower, the log-odds of the picture are the mean of the places: a
class activation map (Zhou et al. 2016). Masks need a layer of their own: most places of an altered picture
are as they were, so by the same layer the picture would be, too.

Shapes: **U** pictures, **R** regions of one, **F** of them at the finest scale, **B** posts.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rumorscope.detectors._kecl_reading import TAMPERED
from rumorscope.encoders._interface import ImageFeatures, RegionGrid
from rumorscope.encoders.preprocess import Batch

_MOMENTUM = 0.1  # of the running level of authentic pictures


class ForgeryHead(nn.Module):
    """Log-odds of altered, for pictures and places, and what they are for authentic pictures."""

    finest: Tensor  # (F,) which regions
    authentic: Tensor  # () mean log-odds of authentic pictures; NaN before any was seen in training

    def __init__(self, width: int, grid: RegionGrid, *, learns_places: bool) -> None:
        super().__init__()
        self.score = nn.Linear(width, 1)
        self.place_score = nn.Linear(width, 1) if learns_places else None
        scale = grid.receptive_fields.index(min(grid.receptive_fields))
        finest = (grid.scales == scale).nonzero().squeeze(-1)
        rows_first = sorted(
            finest.tolist(), key=lambda region: (grid.boxes[region, 1], grid.boxes[region, 0])
        )
        self.register_buffer("finest", torch.tensor(rows_first), persistent=False)
        self.register_buffer("authentic", torch.tensor(torch.nan))
        self.side = math.isqrt(len(finest))

    @property
    def is_trained(self) -> bool:
        """Whether it has seen authentic pictures; before, it tells nothing."""
        return not bool(self.authentic.isnan())

    def forward(self, pictures: ImageFeatures) -> tuple[Tensor, Tensor]:
        """(U, R, ·) regions, (U, ·) summaries → log-odds of the pictures (U,) and of their places (U, F)."""
        whole: Tensor = self.score(pictures.pooled).squeeze(-1)
        score = self.score if self.place_score is None else self.place_score
        places: Tensor = score(pictures.regions[:, self.finest]).squeeze(-1)
        return whole, places

    def as_grid(self, places: Tensor) -> Tensor:
        """(U, F) → (U, rows, columns)."""
        return places.reshape(-1, self.side, self.side)

    @torch.no_grad()
    def remember_authentic(self, whole: Tensor, batch: Batch) -> None:
        """Follow the log-odds (U,) of the pictures that a forgery set calls authentic, while this learns."""
        if not (self.training and batch.image_index.shape[1]):
            return
        authentic = (batch.extras[TAMPERED] == 0) & batch.labels.isnan()
        shown = batch.image_index[authentic, 0]
        if not len(shown):
            return
        level = whole[shown].float().mean()
        self.authentic.copy_(torch.lerp(self.authentic, level, _MOMENTUM) if self.is_trained else level)

    def as_authentic(self, pooled: Tensor, whole: Tensor) -> Tensor:
        """The summaries (U, ·), moved just so far that their log-odds (U,) are an authentic one's."""
        direction = self.score.weight.squeeze(0)  # (·,)
        excess = (whole - self.authentic).clamp(min=0).unsqueeze(1)
        return pooled - excess * direction / direction.square().sum()
