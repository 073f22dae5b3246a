"""Weak cross-modal alignment (KECL): real posts should reconstruct better than rumors, and no more is asked.

Shapes: **B** posts, **D** width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def reconstruction_error(aligned: Tensor, shared: Tensor) -> Tensor:
    """How far what was found in the other modality is from what asked for it: (B, D), (B, D) → (B,).

    The squared distance of both at unit length, 0 to 4, so that the margin means the same at every width.
    """
    return (F.normalize(aligned, dim=1) - F.normalize(shared, dim=1)).square().sum(dim=1)


def weak_alignment(errors: Tensor, labels: Tensor, paired: Tensor, margin: float = 0.5) -> Tensor:
    """max(0, mean error of non-rumors - mean error of rumors + margin), over posts with text and picture.

    `errors` is (B,), `labels` (B,) with 1 = rumor, 0 = non-rumor, NaN = unknown, `paired` (B,) bool. A batch
    that lacks either class gives 0, through which a gradient (of 0) flows.
    """
    rumors, others = (labels == 1) & paired, (labels == 0) & paired
    if not (rumors.any() and others.any()):
        return errors.sum() * 0.0
    return F.relu(errors[others].mean() - errors[rumors].mean() + margin)
