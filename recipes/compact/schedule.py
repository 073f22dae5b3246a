"""The learning rate of both distillations, over a time that the clock measures."""

from __future__ import annotations

import math


def one_cycle(progress: float, peak: float, warmup: float = 0.05) -> float:
    """The rate at `progress` (0 to 1): up to the peak in a line, then down to zero along a cosine."""
    return peak * min(1, progress / warmup) * 0.5 * (1 + math.cos(math.pi * progress))
