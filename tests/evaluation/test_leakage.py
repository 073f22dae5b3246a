"""Leaks that are known: a copy, a rotation, independent noise, and half of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rumorscope.errors import InputError
from rumorscope.evaluation.leakage import Leak, measure_leakage
from rumorscope.post import Label, Post

POSTS = [Post(str(n), f"text {n}", label=Label(n % 2)) for n in range(200)]


class Made(nn.Module):
    """A detector whose features are given, by the number of the post."""

    def __init__(self, private: np.ndarray[Any, Any], shared: np.ndarray[Any, Any]) -> None:
        super().__init__()
        self.features = nn.ParameterList([torch.tensor(private), torch.tensor(shared)])
        self.preprocess = _Reading()

    def forward(self, batch: Any) -> Any:
        return torch.tensor([int(post.id) for post in batch.posts])

    def disentangled(self, batch: Any, output: Tensor) -> Mapping[str, tuple[Tensor, Tensor, Tensor]]:
        private, shared = (feature[output] for feature in self.features)
        return {"text": (private, shared, output < len(POSTS))}


class _Reading:
    image_size = 1

    def prepare(self, post: Post, read: object = None) -> Post:
        return post

    def collate(self, posts: list[Post]) -> Any:
        batch = SimpleNamespace(posts=tuple(posts))
        batch.to = lambda device: batch
        return batch


def probed(private: np.ndarray[Any, Any], shared: np.ndarray[Any, Any]) -> Leak:
    checkpoint: Any = SimpleNamespace(detector=Made(private, shared), name="made", folder=Path())
    (leak,) = measure_leakage(checkpoint, POSTS)
    return leak


def noise(seed: int, width: int = 6) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=(len(POSTS), width))


def test_a_rotation_is_orthogonal_and_leaks_all() -> None:
    """What the loss cannot see: a quarter turn in each plane gives a cosine of 0 and the same content."""
    private = noise(0)
    turned = np.stack([-private[:, 1::2], private[:, ::2]], axis=2).reshape(private.shape)
    leak = probed(private, turned)
    assert leak.cosine == pytest.approx(0.0, abs=1e-9)
    assert leak.explained > 0.99
    assert leak.chance < 0.05


def test_independent_features_leak_nothing() -> None:
    leak = probed(noise(1), noise(2))
    assert leak.explained < 0.05
    assert 0.2 < leak.cosine < 0.5  # of random directions in six dimensions


def test_half_a_feature_is_half_explained() -> None:
    private, other = noise(3), noise(4)
    shared = np.concatenate([private[:, :3], other[:, :3]], axis=1)
    assert probed(private, shared).explained == pytest.approx(0.5, abs=0.1)


def test_which_feature_tells_the_label() -> None:
    shared = noise(5)
    shared[:, 0] += 4 * np.array([int(post.label or 0) for post in POSTS])
    leak = probed(noise(6), shared)
    assert leak.shared_auc is not None
    assert leak.private_auc is not None
    assert leak.shared_auc > 0.95
    assert 0.3 < leak.private_auc < 0.7


def test_a_detector_that_does_not_disentangle_is_refused() -> None:
    checkpoint: Any = SimpleNamespace(detector=nn.Linear(1, 1), name="micc", folder=Path())
    with pytest.raises(InputError, match="'micc' has no private and shared features"):
        measure_leakage(checkpoint, POSTS)


def test_too_few_posts_are_refused() -> None:
    checkpoint: Any = SimpleNamespace(detector=Made(noise(1), noise(2)), name="made", folder=Path())
    with pytest.raises(InputError, match="too few different posts"):
        measure_leakage(checkpoint, POSTS[:6])
