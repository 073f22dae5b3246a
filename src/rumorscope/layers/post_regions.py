"""Which pictures are whose: from the regions of distinct pictures to the regions of each post.

Shapes: **U** distinct pictures, **R** regions of one, **B** posts, **I** pictures a post, **D** width.
"""

from __future__ import annotations

import torch
from torch import Tensor


def regions_of_posts(regions: Tensor, image_index: Tensor) -> tuple[Tensor, Tensor]:
    """Gather the regions of all pictures of each post, so that they can compete.

    `regions` is (U, R, D), `image_index` (B, I) with -1 for "no more pictures". Gives (B, I·R, D), picture
    by picture, and the mask (B, I·R) of the real ones; the others are zero. U and I may be 0.
    """
    pictures, count, width = regions.shape
    posts, images = image_index.shape
    padded = torch.cat([regions, regions.new_zeros(1, count, width)])
    index = torch.where(image_index < 0, pictures, image_index)  # the appended picture stands for none
    gathered = padded[index].reshape(posts, images * count, width)
    return gathered, (image_index >= 0).repeat_interleave(count, dim=1)


def first_with_its_pictures(image_index: Tensor) -> Tensor:
    """(B, I) → (B,): False where an earlier post has the same pictures and would count as a wrong answer."""
    same = (image_index.unsqueeze(0) == image_index.unsqueeze(1)).all(dim=-1)  # (B, B)
    return ~same.tril(diagonal=-1).any(dim=1)
