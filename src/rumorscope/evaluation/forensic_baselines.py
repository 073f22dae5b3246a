"""Plain ways to find manipulation, to hold a detector's against.

Of pictures as wholes: a few numbers of the error level; the file's size; and a look-up of the tables by which
the file's JPEG was rounded, which tells how a forgery set was made rather than what was altered. Each learns
from the training pictures at most. Of places: the error level, the middle, the whole picture, and chance.
**N** pictures, **F** features.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rumorscope.data.images import opened, read_bytes, read_image
from rumorscope.data.parallel import Progress, in_parallel, no_progress
from rumorscope.evaluation.metrics import Floats, Integers
from rumorscope.forensics.error_level import CELLS, error_level
from rumorscope.forensics.grids import cell_means, grid
from rumorscope.post import ImageSource, Post

_MIDDLE = 0.25  # standard deviation of the middle's bell, in sides of the picture


@dataclass(frozen=True)
class Answers:
    """What one way of finding manipulation says of N pictures: of each as a whole, of its places, or both."""

    name: str
    scores: Floats | None = None  # (N,) the higher, the likelier altered
    maps: Sequence[Floats] | None = None  # N of (rows, columns), 0 to 1


@dataclass(frozen=True)
class _Traces:
    """What the baselines read of one picture."""

    error_levels: Floats  # (F,)
    cells: Floats  # (rows, columns) the error level of each cell, 0 to 255
    bytes_per_pixel: float
    tables: tuple[Any, ...]  # the file's format and its quantisation tables


def tampered(posts: Sequence[Post]) -> Integers:
    """(N,) 1 where a post's picture was altered; every post must know it."""
    return np.array([int(post.manipulation is not None and post.manipulation.tampered) for post in posts])


def baselines(
    train: Sequence[Post], posts: Sequence[Post], *, seed: int = 0, progress: Progress = no_progress
) -> list[Answers]:
    """The baselines' answers on `posts`; without training pictures of both kinds, those that learn nothing.

    Raises InputError where a picture cannot be read.
    """
    learnt = len(np.unique(tampered(train))) == 2
    traces = _traces([*(train if learnt else ()), *posts], progress)
    found = traces[-len(posts) :]
    wholes = _of_wholes(traces[: -len(posts)], tampered(train), found) if learnt else []
    return [*wholes, *_of_places(found, seed)]


def _traces(posts: Sequence[Post], progress: Progress) -> list[_Traces]:
    sources = [post.images[0] for post in posts]
    return [traces for _, traces in in_parallel(_trace, sources, progress)]


def _trace(source: ImageSource) -> _Traces:
    picture = read_image(source)
    levels = error_level(picture)
    cells = cell_means(levels, grid(picture.size, CELLS))
    numbers = [levels.mean(), levels.std(), *np.quantile(cells, [0.05, 0.5, 0.95]), cells.std(), cells.max()]
    with opened(source) as file:
        tables = getattr(file, "quantization", {})
        saved = (file.format, *(tuple(table) for _, table in sorted(tables.items())))
    size = len(read_bytes(source)) / (picture.width * picture.height)
    return _Traces(np.array(numbers), cells, size, saved)


def _of_wholes(train: Sequence[_Traces], labels: Integers, found: Sequence[_Traces]) -> list[Answers]:
    numbers, sizes = _columns(train)
    numbers_found, sizes_found = _columns(found)
    regression = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(numbers, labels)
    return [
        Answers("error level, mean", _read(numbers[:, 0], labels, numbers_found[:, 0])),
        Answers("error level, regression", regression.predict_proba(numbers_found)[:, 1]),
        Answers("bytes a pixel", _read(sizes, labels, sizes_found)),
        Answers("JPEG-table look-up", _looked_up(train, labels, found)),
    ]


def _columns(traces: Sequence[_Traces]) -> tuple[Floats, Floats]:
    """(N, F) numbers of the error level, and (N,) bytes a pixel."""
    return np.stack([t.error_levels for t in traces]), np.array([t.bytes_per_pixel for t in traces])


def _read(train: Floats, labels: Integers, found: Floats) -> Floats:
    """One number as a score, its sign chosen so that it ranks the training pictures no worse than chance."""
    return found if roc_auc_score(labels, train) >= 0.5 else -found


def _looked_up(train: Sequence[_Traces], labels: Integers, found: Sequence[_Traces]) -> Floats:
    """The share altered of the training pictures with the same tables, drawn towards that of all."""
    known = Counter(traces.tables for traces in train)
    altered = Counter(traces.tables for traces, label in zip(train, labels, strict=True) if label)
    share = float(labels.mean())
    return np.array([(altered[t.tables] + share) / (known[t.tables] + 1) for t in found])


def _of_places(found: Sequence[_Traces], seed: int) -> list[Answers]:
    random = np.random.default_rng(seed)
    shapes = [traces.cells.shape for traces in found]
    levels = [traces.cells / max(traces.cells.max(), 1e-9) for traces in found]
    return [
        Answers("error level", maps=levels),
        Answers("middle of the picture", maps=[_middle(*shape) for shape in shapes]),
        Answers("whole picture", maps=[np.ones(shape) for shape in shapes]),
        Answers("chance", maps=[random.random(shape) for shape in shapes]),
    ]


def _middle(rows: int, columns: int) -> Floats:
    """A bell over the middle: 1 there, and below one half beyond 0.29 sides of the picture."""
    down, across = ((np.arange(count) + 0.5) / count - 0.5 for count in (rows, columns))
    squared = down[:, None] ** 2 + across[None, :] ** 2
    return np.exp(-squared / (2 * _MIDDLE**2))
