"""Cross-entropy of telling which event a post is about (EANN, KDD 2018).

Shapes: **B** posts, **E** events.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

UNKNOWN = -1
"""In place of an event's number, where a post has none."""


def event_discrimination(logits: Tensor, events: Tensor) -> Tensor:
    """The mean over posts whose event is known: (B, E), (B,) int64 below E, or `UNKNOWN`.

    A batch without known events gives 0, through which a gradient (of 0) flows.
    """
    known = events != UNKNOWN
    if not known.any():
        return logits.sum() * 0.0
    return F.cross_entropy(logits[known].float(), events[known])
