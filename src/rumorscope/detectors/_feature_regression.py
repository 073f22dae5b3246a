"""Logistic regression on what frozen towers say of a post, each modality brought to unit length.

The settings are fixed and the same for every dataset. The regression weighs both classes equally, so its
probabilities are those of a population with as many rumors as non-rumors.

Shapes: **B** posts of a batch, **N** training posts, **U** distinct pictures, **I** pictures a post,
**D** width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from rumorscope.detectors._fitted import Integers, check_both_classes, log_odds
from rumorscope.encoders._interface import ImageEncoder, TextEncoder
from rumorscope.encoders.preprocess import Batch
from rumorscope.layers.masked import masked_mean
from rumorscope.layers.post_regions import regions_of_posts


class FeatureRegression(nn.Module):
    """Log-odds of rumor from (B, D) features; a post without any gets the training posts' share of rumors."""

    weights: Tensor  # (D,) float64
    bias: Tensor  # () float64
    share: Tensor  # () of rumors among all training posts

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.zeros(width, dtype=torch.float64))
        self.register_buffer("bias", torch.zeros((), dtype=torch.float64))
        self.register_buffer("share", torch.tensor(0.5, dtype=torch.float64))

    def forward(self, features: Tensor, present: Tensor | None) -> Tensor:
        """(B, D) float64 features → (B,) log-odds, float64.

        `present` is (B,): whether the post has any; None where all do.
        """
        answers = features @ self.weights + self.bias
        if present is None:
            return answers
        return torch.where(present, answers, log_odds(self.share))

    def fit(self, features: Tensor, present: Tensor | None, labels: Integers) -> None:
        """Learn from those of (N, D) that are present. Raises InputError where they are of a single class."""
        rows = slice(None) if present is None else present.cpu().numpy()
        check_both_classes(labels[rows], "training posts" + ("" if present is None else " with pictures"))
        regression = LogisticRegression(C=1, class_weight="balanced", max_iter=1000)
        regression.fit(features.cpu().numpy()[rows], labels[rows])
        self.weights.copy_(torch.from_numpy(regression.coef_[0]))
        self.bias.fill_(float(regression.intercept_[0]))
        self.share.fill_(float(labels.mean()))


def text_feature(tower: TextEncoder, batch: Batch) -> Tensor:
    """(B, D) float64 of unit length."""
    return F.normalize(tower(batch.token_ids, batch.token_mask).pooled.double(), dim=1)


def image_feature(tower: ImageEncoder, batch: Batch) -> Tensor:
    """(B, D) float64: the mean over the post's pictures at unit length, and zero where it has none."""
    pooled = tower(batch.pixels).pooled.double()  # (U, D)
    of_posts, real = regions_of_posts(pooled.unsqueeze(1), batch.image_index)  # (B, I, D), (B, I)
    return F.normalize(masked_mean(of_posts, real), dim=1)


def has_picture(batch: Batch) -> Tensor:
    """(B,) bool."""
    return (batch.image_index >= 0).any(dim=1)
