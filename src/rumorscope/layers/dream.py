"""DREAM, the dilated refinement attention module of MambaRec (arXiv 2509.09114), over a picture's regions.

Every cell of a map looks at itself, at its neighbours in three distances, and at the whole map; channels and
places that matter are let through, and what was seen is added to the map. What is decided here:

- The paper's dilations, 6, 12 and 18, see nothing but padding on a grid of 3 to 8 cells: here 1, 2 and 3.
- It standardises by batch; here each map is standardised by itself, so that no answer depends on a neighbour.
- Channel attention gives each channel a weight, by the bottleneck of CBAM (arXiv 1807.06521), its model.
- The result is added to the map. In its place, the last ReLU would leave no negative coordinate to compare.

Shapes: **U** pictures, **R** regions of one over all scales, **H**, **W** cells of a map, **D** width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rumorscope.encoders._interface import RegionGrid
from rumorscope.errors import InputError

DILATIONS = (1, 2, 3)
REDUCTION = 16  # of the channel attention's bottleneck, as in CBAM


class Dream(nn.Module):
    """One map refined: (U, D, H, W) → (U, D, H, W). U may be 0."""

    def __init__(self, width: int, dilations: Sequence[int] = DILATIONS) -> None:
        super().__init__()
        if not dilations or min(dilations) < 1:
            raise InputError(f"dilations={list(dilations)}: give positive numbers, such as {list(DILATIONS)}")
        self.near = _step(width, nn.Conv2d(width, width, 1, bias=False))
        self.around = nn.ModuleList(
            _step(width, nn.Conv2d(width, width, 3, padding=rate, dilation=rate, bias=False))
            for rate in dilations
        )
        self.whole = _step(width, nn.Conv2d(width, width, 1, bias=False))
        joined = (2 + len(dilations)) * width
        self.channel_weight = _bottleneck(joined)
        self.place_weight = nn.Conv2d(joined, 1, 1)
        self.join = _step(width, nn.Conv2d(joined, width, 1, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        whole = self.whole(features.mean(dim=(2, 3), keepdim=True)).expand_as(features)
        seen = [self.near(features), *(step(features) for step in self.around), whole]
        joined = torch.cat(seen, dim=1)  # (U, branches * D, H, W)
        channels = self.channel_weight(joined.mean(dim=(2, 3), keepdim=True)).sigmoid()
        places = self.place_weight(joined).sigmoid()  # (U, 1, H, W)
        refined: Tensor = features + self.join(joined * torch.maximum(channels, places))
        return refined


class RegionRefinement(nn.Module):
    """Regions refined scale by scale, with one DREAM for all: (U, R, D) → (U, R, D), in the grid's order."""

    def __init__(self, width: int, grid: RegionGrid, dilations: Sequence[int] = DILATIONS) -> None:
        super().__init__()
        self.dream = Dream(width, dilations)
        self.regions = grid.scales.bincount().tolist()  # of each scale, a square

    def forward(self, regions: Tensor) -> Tensor:
        return torch.cat([self._refine(scale) for scale in torch.split(regions, self.regions, dim=1)], dim=1)

    def _refine(self, scale: Tensor) -> Tensor:
        pictures, regions, width = scale.shape
        side = math.isqrt(regions)
        refined: Tensor = self.dream(scale.mT.reshape(pictures, width, side, side))
        return refined.flatten(2).mT


def _step(width: int, convolution: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.GroupNorm(1, width), nn.ReLU())


def _bottleneck(width: int) -> nn.Sequential:
    narrow = max(width // REDUCTION, 1)
    return nn.Sequential(nn.Conv2d(width, narrow, 1), nn.ReLU(), nn.Conv2d(narrow, width, 1))
