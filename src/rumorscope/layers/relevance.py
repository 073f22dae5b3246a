"""How much each region has to do with the text (MICC section 3.3).

Shapes: **B** posts, **N** regions of a post, **D** width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def dot_product_relevance(text: Tensor, regions: Tensor) -> Tensor:
    """`T · v` for every region: (B, D), (B, N, D) → (B, N). Unbounded."""
    return (regions @ text.unsqueeze(-1)).squeeze(-1)


def cosine_relevance(text: Tensor, regions: Tensor) -> Tensor:
    """The cosine of text and region, -1 to 1, as the variant without SCLIP uses it (MICC table 5)."""
    return dot_product_relevance(F.normalize(text, dim=-1), F.normalize(regions, dim=-1))
