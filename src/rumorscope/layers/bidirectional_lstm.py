"""A text read from both ends (Schuster and Paliwal, 1997, with the LSTM of Hochreiter and Schmidhuber, 1997).

Shapes: **B** posts, **T** tokens, **D** width of a token, **H** hidden width of one direction.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence


class BidirectionalLstm(nn.Module):
    """What each direction remembers at its end. Padding, which stands behind a text, is never read."""

    def __init__(self, width: int, hidden: int, *, layers: int = 1) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, hidden, layers, batch_first=True, bidirectional=True)
        self.width = 2 * hidden

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) → (B, 2H): from the left, then from the right, of the last layer.

        A text without any token counts as its first slot.
        """
        lengths = mask.sum(dim=1).clamp(min=1).cpu()  # where packing wants them
        packed = pack_padded_sequence(tokens, lengths, batch_first=True, enforce_sorted=False)
        _, (states, _) = self.lstm(packed)  # (2 · layers, B, H)
        return torch.cat([states[-2], states[-1]], dim=1)
