"""The router z-loss (ST-MoE, Zoph et al. 2022, arXiv 2202.08906, eq. 5): a gate's logits stay small.

Shapes: **B** posts, **K** experts.
"""

from __future__ import annotations

from torch import Tensor


def router_z(logits: Tensor) -> Tensor:
    """The mean over posts of log² Σ exp of the (B, K) logits."""
    return logits.logsumexp(dim=1).square().mean()
