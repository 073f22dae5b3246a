"""How MICC and each of its published variants joins text and picture (section 3.4 and table 5).

Shapes: **B** posts, **T** tokens, **N** regions of a post, **K** kept regions over all scales, **D** width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rumorscope.layers.co_attention import CoAttention
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.scale_aware_fusion import ScaleAwareFusion
from rumorscope.layers.top_k import Kept


@dataclass(frozen=True)
class Aligned:
    """Text and regions in the shared space, and which regions the alignment keeps."""

    text: Tensor  # (B, D), T of eq. 10
    tokens: Tensor  # (B, T, D)
    token_mask: Tensor  # (B, T)
    regions: Tensor  # (B, N, D), picture by picture
    region_mask: Tensor  # (B, N)
    relevance: Tensor  # (B, N)
    kept: Kept


class Fused(NamedTuple):
    features: Tensor  # (B, F), what the classifier reads
    kept: Kept  # the regions that the features rest on one by one; no slot where a variant keeps none
    weights: Tensor  # (B, K), each region's share; the shares of a post sum to 1


class Fusion(nn.Module, ABC):
    """One way to join text and picture. A learned vector stands wherever a picture is missing."""

    features: int  # width of what the classifier reads

    def __init__(self, width: int) -> None:
        super().__init__()
        self.no_picture = nn.Parameter(torch.zeros(width))

    @abstractmethod
    def forward(self, aligned: Aligned) -> Fused: ...

    def instead(self, vectors: Tensor, real: Tensor) -> Tensor:
        """`vectors` (…, D) where `real` (…) is True, elsewhere the vector that stands for no picture."""
        return torch.where(real.unsqueeze(-1), vectors, self.no_picture)


class ScaleAware(Fusion):
    """MICC itself: T ⊕ V_refact (eq. 26)."""

    def __init__(self, width: int, weighing: ScaleAwareFusion) -> None:
        super().__init__(width)
        self.weighing = weighing
        self.features = 2 * width

    def forward(self, aligned: Aligned) -> Fused:
        kept = aligned.kept
        regions, relevance = kept.of(aligned.regions), kept.of(aligned.relevance)
        image, weights = self.weighing(regions, relevance, kept.mask)
        image = self.instead(image, kept.mask.any(dim=1))
        return Fused(torch.cat([aligned.text, image], dim=1), kept, weights)


class ConcatenateKept(Fusion):
    """Ms/α: the kept regions side by side, without weights."""

    def __init__(self, width: int, slots: int) -> None:
        super().__init__(width)
        self.features = width + slots * width

    def forward(self, aligned: Aligned) -> Fused:
        kept = aligned.kept
        regions = self.instead(kept.of(aligned.regions), kept.mask)  # (B, K, D)
        return Fused(torch.cat([aligned.text, regions.flatten(1)], dim=1), kept, _equal_shares(kept))


class ReduceAndConcatenateKept(Fusion):
    """Ms/β: as Ms/α, each region made narrower by a linear layer first."""

    def __init__(self, width: int, slots: int, reduced: int) -> None:
        super().__init__(width)
        self.reduce = nn.Linear(width, reduced)
        self.features = width + slots * reduced

    def forward(self, aligned: Aligned) -> Fused:
        kept = aligned.kept
        regions = self.reduce(self.instead(kept.of(aligned.regions), kept.mask))
        return Fused(torch.cat([aligned.text, regions.flatten(1)], dim=1), kept, _equal_shares(kept))


class ConcatenateAll(Fusion):
    """A/γ: all regions of a picture side by side, unaligned; several pictures are averaged place by place."""

    def __init__(self, width: int, regions: int) -> None:
        super().__init__(width)
        self.regions = regions
        self.features = width + regions * width

    def forward(self, aligned: Aligned) -> Fused:
        posts, total, width = aligned.regions.shape
        pictures = aligned.regions.reshape(posts, total // self.regions, self.regions * width)
        real = aligned.region_mask[:, :: self.regions]  # (B, I)
        regions = masked_mean(pictures, real).reshape(posts, self.regions, width)
        regions = self.instead(regions, real.any(dim=1, keepdim=True))
        return _without_regions(aligned, regions.flatten(1))


class ConcatenateGlobal(Fusion):
    """A/δ: the global image feature, V of eq. 10."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.features = 2 * width

    def forward(self, aligned: Aligned) -> Fused:
        image = masked_mean(aligned.regions, aligned.region_mask)
        return _without_regions(aligned, self.instead(image, aligned.region_mask.any(dim=1)))


class CoAttended(Fusion):
    """Concate: MFAN's cross-modal attention between the text's tokens and the kept regions."""

    def __init__(self, width: int, co_attention: CoAttention) -> None:
        super().__init__(width)
        self.co_attention = co_attention
        self.features = 2 * width

    def forward(self, aligned: Aligned) -> Fused:
        kept = aligned.kept
        regions = self.instead(kept.of(aligned.regions), kept.mask)
        text, image, weights = self.co_attention(aligned.tokens, aligned.token_mask, regions, kept.mask)
        return Fused(torch.cat([text, image], dim=1), kept, weights * kept.mask)


def _equal_shares(kept: Kept) -> Tensor:
    return kept.mask / kept.mask.sum(dim=1, keepdim=True).clamp(min=1)


def _without_regions(aligned: Aligned, image: Tensor) -> Fused:
    none = Kept(aligned.kept.index[:, :0], aligned.kept.mask[:, :0])
    return Fused(torch.cat([aligned.text, image], dim=1), none, image[:, :0])
