"""Text-CNN (Kim, EMNLP 2014, arXiv 1408.5882): windows of several lengths slide over a text's tokens.

Shapes: **B** posts, **T** tokens, **D** width of a token, **F** filters of all windows together.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TextCnn(nn.Module):
    """What each filter finds in a text, or in each of its places.

    A window is laid around every token, over zeros where it reaches past the text: a text shorter than the
    longest window is read too, and padding changes nothing.
    """

    def __init__(self, width: int, *, channels: int = 100, windows: Sequence[int] = (3, 4, 5)) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv1d(width, channels, window) for window in windows)
        self.windows = tuple(windows)
        self.width = channels * len(self.windows)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) → (B, F): each filter's best place; 0 where it finds none."""
        return self.fragments(tokens, mask).amax(dim=1)

    def fragments(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) → (B, T, F): what the windows find around every token, 0 at padding."""
        channels = torch.where(mask.unsqueeze(-1), tokens, 0).mT  # (B, D, T)
        found = [
            convolution(F.pad(channels, ((window - 1) // 2, window // 2)))
            for window, convolution in zip(self.windows, self.convolutions, strict=True)
        ]
        return torch.cat(found, dim=1).mT.relu() * mask.unsqueeze(-1)
