"""What one row of a comparison answered for each post, seed by seed, its folds joined.

**S** seeds, **N** posts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rumorscope.evaluation.clusters import Clusters
from rumorscope.evaluation.metrics import Floats, Integers

Called = NDArray[np.bool_]


@dataclass(frozen=True)
class Pooled:
    """The answers of one row on posts that every seed tested exactly once."""

    ids: tuple[str, ...]
    labels: Integers  # (N,) 1 = rumor
    probabilities: Floats  # (S, N)
    called: Called  # (S, N) a rumor, at the threshold of the cell that answered
    events: tuple[str | None, ...]
    clusters: Clusters  # (N,)
    seeded: bool = True  # False where training does not depend on the seed, so that one seed says it all

    def __post_init__(self) -> None:
        posts = len(self.ids)
        shapes = {self.probabilities.shape, self.called.shape}
        lengths = {posts, len(self.labels), len(self.events), len(self.clusters.index)}
        if shapes != {(len(self.probabilities), posts)} or lengths != {posts}:
            raise ValueError(
                f"answers of shapes {shapes} for {lengths} posts: one row a seed, one column a post"
            )

    @property
    def seeds(self) -> int:
        return len(self.probabilities)

    def by_id(self) -> Pooled:
        """The same answers sorted by id, clusters numbered anew, so that no result depends on the order."""
        order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        groups = self.clusters.index[order].tolist()
        number = {group: position for position, group in enumerate(dict.fromkeys(groups))}
        index = np.array([number[group] for group in groups], dtype=np.int64)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in order),
            labels=self.labels[order],
            probabilities=self.probabilities[:, order],
            called=self.called[:, order],
            events=tuple(self.events[i] for i in order),
            clusters=replace(self.clusters, index=index),
        )
