"""Weigh the kept regions by meaning and by relevance, and sum them (MICC section 3.4).

Shapes: **B** posts, **K** kept regions of a post over all scales, **D** width.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from rumorscope.errors import InputError
from rumorscope.layers.masked import masked_softmax, masked_standardise

Mixing = Literal["standardised", "raw"]


class ScaleAwareFusion(nn.Module):
    """Regions of all scales under one softmax: their weights, and their weighted sum.

    `relevance_weight` is 1 - λ of eq. 20: λ weighs the score that the network gives a region's content.
    `mixing="standardised"` brings both scores of a post to mean 0 and variance 1 first, so that λ balances
    them; "raw" mixes a bounded and an unbounded score, as printed.
    """

    def __init__(
        self,
        width: int,
        *,
        hidden: int = 256,
        layers: int = 2,
        relevance_weight: float = 0.30,
        mixing: Mixing = "standardised",
    ) -> None:
        super().__init__()
        if not 0 <= relevance_weight <= 1:
            raise InputError(f"relevance_weight={relevance_weight} is no share; use a number from 0 to 1")
        self.semantic_score = _feed_forward(width, hidden, layers)
        self.relevance_weight = relevance_weight
        self.mixing = mixing

    def forward(self, regions: Tensor, relevance: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, K, D), (B, K), (B, K) → the fused picture (B, D) and the weights (B, K).

        The weights of a post sum to 1; where `mask` leaves no region, weights and picture are 0.
        """
        semantic = self.semantic_score(regions).squeeze(-1)  # (B, K), eq. 19
        if self.mixing == "standardised":
            semantic = masked_standardise(semantic, mask)
            relevance = masked_standardise(relevance, mask)
        scores = (1 - self.relevance_weight) * semantic + self.relevance_weight * relevance  # eq. 20
        weights = masked_softmax(scores, mask)  # eq. 24
        fused = (weights.unsqueeze(1) @ regions).squeeze(1)  # (B, D), eq. 25
        return fused, weights


def _feed_forward(width: int, hidden: int, layers: int) -> nn.Sequential:
    if layers < 1:
        raise InputError(f"layers={layers}: the score needs at least 1 linear layer; the paper uses 2")
    widths = [width, *[hidden] * (layers - 1)]
    steps: list[nn.Module] = []
    for before, after in pairwise(widths):
        steps += [nn.Linear(before, after), nn.ReLU()]
    # Eq. 19's last bias is left out: the softmax of eq. 24 cancels what is added to every score.
    return nn.Sequential(*steps, nn.Linear(widths[-1], 1, bias=False))
