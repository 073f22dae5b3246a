"""Which posts are like those that a detector learnt from: nearest neighbours among its training posts.

A post's distance is the mean cosine distance of its fused feature to the nearest training posts' features
(Sun et al. 2022, "Out-of-distribution detection with deep nearest neighbors", with the mean in place of the
k-th). How far is far comes from validation posts, which the detector did not learn from.
**B** posts, **M** training posts that are kept, **D** width of the feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from rumorscope.errors import CheckpointError

KEPT = 2000
"""Training posts that are kept, at the most, drawn at random."""

KEPT_NUMBERS = 2_000_000
"""Their numbers in all, two bytes each: with wide features fewer posts are kept."""

FEWEST = 50
"""With fewer training or validation posts a domain is not known."""

NEIGHBOURS = 5
QUANTILE = 0.99


@dataclass(frozen=True)
class Domain:
    """Training posts to compare with, and how far from them is far."""

    reference: Tensor  # (M, D) of unit length
    farthest: float  # the cosine distance that 99% of the held-out posts do not exceed
    held_out: int  # posts that this rests on

    def distance(self, features: Tensor) -> Tensor:
        """The mean cosine distance (B,) of (B, D) features to their nearest training posts, 0 to 2."""
        likeness = F.normalize(features.float(), dim=1) @ self.reference.mT.to(features.device)  # (B, M)
        return 1 - likeness.topk(min(NEIGHBOURS, len(self.reference)), dim=1).values.mean(dim=1)

    def warnings(self, features: Tensor) -> list[str | None]:
        """What to say of each of (B, D) features; None for a post like those of the training."""
        return [
            self._warning() if far else None for far in (self.distance(features) > self.farthest).tolist()
        ]

    def _warning(self) -> str:
        return (
            "this post is unlike those that the detector was trained on: farther from them than "
            f"{QUANTILE:.0%} of {self.held_out} posts that were held out; do not rely on the probability"
        )


def kept_posts(posts: int, width: int, seed: int = 0) -> list[int]:
    """Which of the training posts to keep: as many as there is room for, at random, in order."""
    room = min(KEPT, KEPT_NUMBERS // width, posts)
    generator = torch.Generator().manual_seed(seed)
    return sorted(torch.randperm(posts, generator=generator)[:room].tolist())


def fit_domain(train: Tensor, held_out: Tensor) -> Domain | None:
    """From features (M, D) of training posts and (B, D) of validation posts; None if either are few."""
    if min(len(train), len(held_out)) < FEWEST:
        return None
    reference = F.normalize(train.float(), dim=1).half().float()  # as it will be stored
    domain = Domain(reference, 2.0, len(held_out))
    distances = domain.distance(held_out).double()
    farthest = torch.quantile(distances, QUANTILE, interpolation="higher").item()
    return Domain(reference, farthest, len(held_out))


def save_domain(domain: Domain, path: Path) -> None:
    """Write a safetensors file."""
    tensors = {
        "reference": domain.reference.half().contiguous().cpu(),
        "farthest": torch.tensor(domain.farthest, dtype=torch.float64),
        "held_out": torch.tensor(domain.held_out),
    }
    save_file(tensors, path)


def load_domain(path: Path) -> Domain:
    """Read what `save_domain` wrote. Raises CheckpointError for anything else."""
    try:
        tensors = load_file(path)
        reference = tensors["reference"].float()
        domain = Domain(reference, float(tensors["farthest"]), int(tensors["held_out"]))
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        raise CheckpointError(f"{path} is cut off or describes no training domain: {error}") from error
    if reference.ndim != 2 or not len(reference) or not reference.isfinite().all():
        raise CheckpointError(
            f"{path} describes no training domain: its features are {tuple(reference.shape)}"
        )
    return domain
