"""What leaks between features that should have nothing in common (KECL's private and shared ones).

That two projections are orthogonal post by post does not mean that they tell different things: each can still
be computed from the other. So a linear probe tries to. Posts that share a picture stay on one side of every
fold.

Shapes: **N** posts, **D** width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from rumorscope.detectors import Output
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError
from rumorscope.evaluation.clusters import cluster_posts
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.post import Post
from rumorscope.training.checkpoint import Checkpoint
from rumorscope.training.loading import Loader
from rumorscope.training.objective import device_of
from rumorscope.training.sampling import in_batches

FOLDS = 5
_PENALTIES = tuple(10.0**power for power in range(-2, 5))


@runtime_checkable
class Disentangles(Protocol):
    """A detector with private and shared features."""

    def disentangled(self, batch: Batch, output: Output) -> Mapping[str, tuple[Tensor, Tensor, Tensor]]:
        """By modality: private (B, D), shared (B, D), and whether the post has the modality (B,)."""
        ...


@dataclass(frozen=True)
class Leak:
    """What the two features of one modality tell of each other, and of the label."""

    modality: str
    posts: int
    cosine: float  # mean of |cos(private, shared)|, what the loss brings down
    explained: float  # share of the shared feature's variance that a linear probe finds in the private one
    chance: float  # the same for private features of other posts
    private_auc: float | None  # of telling rumors by the private feature alone; None without both classes
    shared_auc: float | None  # by the shared one


def measure_leakage(
    checkpoint: Checkpoint, posts: Sequence[Post], *, seed: int = 0, batch_size: int = 32
) -> list[Leak]:
    """Probe a trained detector on posts, cross-validated by picture.

    Raises InputError where it does not disentangle, or the posts have too few different pictures or texts.
    """
    found = _features(checkpoint, posts, batch_size)
    draw = np.random.default_rng(seed)
    return [_leak(modality, *features, draw) for modality, features in found.items()]


def _features(
    checkpoint: Checkpoint, posts: Sequence[Post], batch_size: int
) -> dict[str, tuple[Floats, Floats, list[Post]]]:
    detector = checkpoint.detector
    if not isinstance(detector, Disentangles):
        raise InputError(f"'{checkpoint.name}' has no private and shared features; name a run of 'kecl'")
    parts: dict[str, list[tuple[Tensor, Tensor]]] = {}
    members: dict[str, list[Post]] = {}
    batches = Loader(detector.preprocess, workers=0).batches(posts, in_batches(range(len(posts)), batch_size))
    with torch.inference_mode():
        for batch in batches:
            output = detector(batch.to(device_of(detector)))
            for modality, (private, shared, present) in detector.disentangled(batch, output).items():
                rows = present.nonzero().squeeze(-1)
                parts.setdefault(modality, []).append((private[rows].cpu(), shared[rows].cpu()))
                members.setdefault(modality, []).extend(batch.posts[row] for row in rows.tolist())
    return {
        modality: (
            torch.cat([private for private, _ in pairs]).double().numpy(),
            torch.cat([shared for _, shared in pairs]).double().numpy(),
            members[modality],
        )
        for modality, pairs in parts.items()
    }


def _leak(
    modality: str, private: Floats, shared: Floats, posts: Sequence[Post], draw: np.random.Generator
) -> Leak:
    groups = cluster_posts(posts).index if posts else np.zeros(0, dtype=np.int64)
    if len(np.unique(groups)) < 2 * FOLDS:
        raise InputError(f"too few different posts with {modality} to probe; give at least {2 * FOLDS}")
    cosines = (private * shared).sum(axis=1) / np.maximum(
        np.linalg.norm(private, axis=1) * np.linalg.norm(shared, axis=1), 1e-12
    )
    return Leak(
        modality,
        len(posts),
        float(np.abs(cosines).mean()),
        _explained(private, shared, groups),
        _explained(draw.permutation(private), shared, groups),
        _label_auc(private, posts, groups),
        _label_auc(shared, posts, groups),
    )


def _explained(given: Floats, sought: Floats, groups: Integers) -> float:
    probe = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
    guessed = cross_val_predict(probe, given, sought, groups=groups, cv=GroupKFold(FOLDS))
    return float(r2_score(sought, guessed, multioutput="variance_weighted"))


def _label_auc(features: Floats, posts: Sequence[Post], groups: Integers) -> float | None:
    labelled = np.array([post.label is not None for post in posts])
    labels = np.array([int(post.label or 0) for post in posts])[labelled]
    if len(np.unique(labels)) < 2:
        return None
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    scores = cross_val_predict(
        probe,
        features[labelled],
        labels,
        groups=groups[labelled],
        cv=GroupKFold(FOLDS),
        method="decision_function",
    )
    return float(roc_auc_score(labels, scores))
