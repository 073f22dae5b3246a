"""Maximum mean discrepancy: how far two sets of features are apart as distributions, not pair by pair.

Gretton et al., JMLR 13, 2012, eq. 5, with Gaussian kernels, as MambaRec (arXiv 2509.09114) brings modalities
together globally: features are compared by direction, and its three bandwidths are averaged.

Shapes: **N** features of the one set, **M** of the other, **D** width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from rumorscope.errors import InputError

BANDWIDTHS = (1.0, 1.5, 2.0)
"""Those that MambaRec chooses from. Two directions are at most 2 apart."""


def maximum_mean_discrepancy(
    first: Tensor,
    second: Tensor,
    *,
    first_mask: Tensor | None = None,
    second_mask: Tensor | None = None,
    bandwidths: Sequence[float] = BANDWIDTHS,
) -> Tensor:
    """The squared discrepancy of (N, D) and (M, D), in float32: 0 for equal sets, below 2 for any.

    Where a mask, (N,) or (M,), is False, the feature does not count. A side without any gives 0, through
    which a gradient (of 0) flows. Raises InputError for a bandwidth that is not positive.
    """
    if not bandwidths or min(bandwidths) <= 0:
        raise InputError(f"bandwidths={list(bandwidths)}: give positive numbers, such as {list(BANDWIDTHS)}")
    first, second = _real(first, first_mask), _real(second, second_mask)
    if not (len(first) and len(second)):
        return (first.sum() + second.sum()) * 0.0
    first, second = F.normalize(first.float(), dim=-1), F.normalize(second.float(), dim=-1)
    within = _kernel(first, first, bandwidths).mean() + _kernel(second, second, bandwidths).mean()
    return within - 2 * _kernel(first, second, bandwidths).mean()


def _real(features: Tensor, mask: Tensor | None) -> Tensor:
    return features if mask is None else features[mask]


def _kernel(first: Tensor, second: Tensor, bandwidths: Sequence[float]) -> Tensor:
    """(N, D), (M, D) → (N, M): the mean over the bandwidths σ of exp(-distance² / 2σ²)."""
    norms = first.square().sum(dim=1).unsqueeze(1) + second.square().sum(dim=1)  # (N, M)
    squares = norms - 2 * first @ second.mT
    return torch.stack([(-squares / (2 * sigma**2)).exp() for sigma in bandwidths]).mean(dim=0)
