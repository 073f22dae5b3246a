"""Factual deviation (KECL): how far a claim is from the nearest that is known of the same things.

Shapes: **B** posts, **C** claims a post, **N** known triples a claim, **D** width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Deviation(NamedTuple):
    vectors: Tensor  # (B, C, D) embedding of the claim minus that of the nearest known triple; 0 if none
    nearest: Tensor  # (B, C) which known triple; 0 where none is known
    linked: Tensor  # (B, C) bool, whether anything is known


def factual_deviation(claims: Tensor, known: Tensor, mask: Tensor) -> Deviation:
    """s = z(claim) - z*(known), both of unit length, z* being the known triple nearest to the claim.

    `claims` is (B, C, D), `known` (B, C, N, D), `mask` (B, C, N) True on what is known. C and N may be 0.
    """
    linked = mask.any(dim=-1)
    claims, known = F.normalize(claims, dim=-1), F.normalize(known, dim=-1)
    if not mask.shape[-1]:
        return Deviation(torch.zeros_like(claims), linked.long(), linked)
    similarity = (known @ claims.unsqueeze(-1)).squeeze(-1)  # (B, C, N), cosines
    nearest = similarity.masked_fill(~mask, -torch.inf).argmax(dim=-1)  # the first of equals
    index = nearest[..., None, None].expand(*nearest.shape, 1, known.shape[-1])
    vectors = claims - known.gather(2, index).squeeze(2)
    return Deviation(torch.where(linked.unsqueeze(-1), vectors, 0), nearest, linked)
