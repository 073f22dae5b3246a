"""InfoNCE: the contrastive loss that pulls a text to its own picture (MICC eq. 11).

Shapes: **N** text-image pairs, **D** width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rumorscope.errors import InputError

LOWEST_TEMPERATURE = 0.01  # as CLIP caps its logit scale at 100


def info_nce(text: Tensor, image: Tensor, temperature: Tensor | float) -> Tensor:
    """Symmetric InfoNCE over cosines: each text against all images, and each image against all texts.

    Row n of `text` (N, D) belongs to row n of `image` (N, D). One picture must not stand in two rows: the
    second would count as a wrong answer. No pair at all gives 0, through which a gradient (of 0) flows.
    """
    text, image = F.normalize(text, dim=-1), F.normalize(image, dim=-1)
    return (_one_way(text, image, temperature) + _one_way(image, text, temperature)) / 2


def text_to_image_info_nce(text: Tensor, image: Tensor, temperature: Tensor | float) -> Tensor:
    """Eq. 11 to the letter: texts against images only, by plain dot products."""
    return _one_way(text, image, temperature)


class Temperature(nn.Module):
    """The learned temperature τ of InfoNCE, kept above 0.01 without a dead gradient."""

    def __init__(self, start: float = 0.07) -> None:
        super().__init__()
        if start <= LOWEST_TEMPERATURE:
            raise InputError(f"temperature={start} is too low; start above {LOWEST_TEMPERATURE}")
        self.log_excess = nn.Parameter(torch.tensor(math.log(start - LOWEST_TEMPERATURE)))

    def forward(self) -> Tensor:
        return LOWEST_TEMPERATURE + self.log_excess.exp()


def _one_way(query: Tensor, key: Tensor, temperature: Tensor | float) -> Tensor:
    if len(query) == 0:
        return (query.sum() + key.sum()) * 0.0
    similarity = (query @ key.mT).float() / temperature  # (N, N)
    return F.cross_entropy(similarity, torch.arange(len(query), device=query.device))
