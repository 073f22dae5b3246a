"""How text and picture of a post interact: do they judge alike, and do they speak of the same?

MIMoE-FND (arXiv 2501.12431) tells four interactions apart by these two questions.

Shapes: **B** posts.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

INTERACTIONS = ("disagreed, misaligned", "disagreed, aligned", "agreed, misaligned", "agreed, aligned")
"""By the number that `interaction` gives them."""


def interaction(
    divergence: Tensor, similarity: Tensor, *, agreed_below: float, aligned_above: float
) -> Tensor:
    """The number (B,) of each post's interaction, from the divergence and the similarity (B,).

    It is 2 where the judgments diverge less than `agreed_below`, plus 1 where the similarity is more than
    `aligned_above`.
    """
    return 2 * (divergence < agreed_below).long() + (similarity > aligned_above).long()


def jensen_shannon(first: Tensor, second: Tensor) -> Tensor:
    """How far two judgments, given as log-odds (B,), diverge: (B,) from 0 to ln 2."""
    sides = torch.stack([first, second]).float()
    log_odds = torch.stack([sides, -sides], dim=-1)  # (2, B, 2) of rumor and of non-rumor
    logarithms = F.logsigmoid(log_odds)
    middle = logarithms.logsumexp(dim=0) - torch.tensor(2.0).log()  # (B, 2)
    return (logarithms.exp() * (logarithms - middle)).sum(dim=-1).mean(dim=0).clamp(min=0)
