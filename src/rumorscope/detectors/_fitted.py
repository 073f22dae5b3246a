"""What the plain baselines share: one fit to all posts, and answers as log-odds.

Shapes: **B** posts of a batch, **N** training posts.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rumorscope.detectors._interface import Detector, Fit
from rumorscope.encoders.preprocess import Batch
from rumorscope.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SURE = 1e-7
"""The nearest that an answer comes to 0 and 1, whose log-odds are infinite."""


class Fitted(Detector):
    """A detector that learns in a single fit, whatever the seed. Before it, the odds are even."""

    seeded = False
    learnt: ClassVar[tuple[str, ...]] = ()  # vectors (by name in `state_dict`) whose length the fit decides

    @abstractmethod
    def fit(self, batches: Iterable[Batch]) -> None:
        """Learn from all training posts. Raises InputError where nothing can be learnt from them."""

    def stages(self) -> Sequence[Fit]:
        return [Fit("fit", self.fit)]

    def grow_to(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Give the vectors in `learnt` the lengths that they have in `shapes`."""
        for name, buffer in list(self.named_buffers()):
            shape = shapes.get(name, ())
            if name in self.learnt and len(shape) == 1:
                owner, _, leaf = name.rpartition(".")
                setattr(self.get_submodule(owner), leaf, buffer.new_zeros(shape))


def log_odds(probability: Tensor) -> Tensor:
    """Probabilities of any shape as log-odds, in the precision they have."""
    return torch.logit(probability, eps=SURE)


def labels_of(batch: Batch) -> Integers:
    """(B,) the label of every post, all of which have one."""
    return batch.labels.cpu().numpy().astype(np.int64)


def check_both_classes(labels: Integers, posts: str) -> None:
    """Raise InputError unless a regression can learn from the labels of `posts`, as they are called."""
    if len(np.unique(labels)) < 2:
        raise InputError(f"the {posts} are all of one class; a regression needs both")
